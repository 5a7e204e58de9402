"""What is written is read back the same; a file is there whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from matteo.errors import OutputError, OutputExists, UnsupportedFormat, UsageError
from matteo.picture.formats import from_suffix
from matteo.picture.image import Metadata
from matteo.picture.read import read
from matteo.picture.write import encode, encode_grey, publish

from .made import display_p3, ellipse, grey_profile, noise, opened, saved, smooth

PLAIN = Metadata()


@pytest.mark.parametrize("format", ["png", "tiff"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("size", [(40, 60), (1, 1), (1, 5000), (200, 20000), (40000, 2)])
def test_lossless_formats_keep_each_bit(format: str, dtype: type, size: tuple[int, int]) -> None:
    rgb, levels = noise(*size, dtype=dtype), noise(*size, 1, dtype=dtype)[..., 0]
    alpha = (levels / np.float32(np.iinfo(dtype).max)).astype(np.float32)
    image = read(encode(rgb, alpha, PLAIN, format))
    assert image.rgb.dtype == dtype
    assert np.array_equal(image.rgb, rgb)
    assert image.opacity is not None
    assert np.array_equal(image.opacity, alpha)
    opaque = read(encode(rgb, None, PLAIN, format))
    assert opaque.opacity is None
    assert np.array_equal(opaque.rgb, rgb)


@pytest.mark.parametrize("format", ["png", "tiff", "webp"])
def test_pillow_reads_the_same(format: str) -> None:
    rgb, alpha = noise(), ellipse()
    expected = np.dstack([rgb, np.rint(alpha * 255)]).astype(np.uint8)
    assert np.array_equal(np.asarray(opened(encode(rgb, alpha, PLAIN, format, quality=100))), expected)


def test_flat_pictures_are_small() -> None:
    """Few colours and repeated patterns want real deflate, not runs alone."""
    tile = noise(16, 16)
    rgb = np.tile(tile, (40, 40, 1))
    assert len(encode(rgb, None, PLAIN, "png")) < 1.15 * len(saved(rgb, "PNG"))


@pytest.mark.parametrize("format", ["webp", "avif"])
def test_lossy_formats_stay_close(format: str) -> None:
    rgb, alpha = smooth(200, 300), ellipse(200, 300)
    image = read(encode(rgb, alpha, PLAIN, format))
    assert image.opacity is not None
    inside = alpha == 1
    assert np.abs(image.rgb[inside].astype(int) - rgb[inside]).mean() < 2
    assert np.abs(image.opacity - alpha).max() < (0.003 if format == "webp" else 0.03)


def test_sixteen_bits_become_eight_by_rounding() -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    rgb = np.repeat(levels[..., None], 3, axis=2)
    image = read(encode(rgb, None, PLAIN, "webp", quality=100))
    assert np.array_equal(image.rgb[..., 0], np.rint(levels / 257).astype(np.uint8))


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("format", ["png", "tiff", "webp", "avif", "jpeg"])
def test_mattes(format: str, depth: int) -> None:
    alpha = ellipse()
    data = encode_grey(alpha, Metadata(icc=display_p3(), dpi=(300, 300)), format, depth=depth)
    image = read(data)
    assert image.depth == (16 if depth == 16 and format in ("png", "tiff") else 8)
    assert "icc_profile" not in opened(data).info
    top = 2**image.depth - 1
    assert np.abs(image.rgb[..., 1] / top - alpha).max() <= (0.51 / top if format in ("png", "tiff", "webp") else 0.06)


def test_a_grey_profile_may_stay_on_a_matte() -> None:
    data = encode_grey(ellipse(), Metadata(icc=grey_profile(2.2)), "png", depth=8)
    assert opened(data).info["icc_profile"] == grey_profile(2.2)


def test_what_cannot_be_written_says_what_can() -> None:
    with pytest.raises(UnsupportedFormat, match="--background"):
        encode(smooth(), ellipse(), PLAIN, "jpeg")
    with pytest.raises(UnsupportedFormat, match="png"):
        encode(smooth(), ellipse(), PLAIN, "gif")
    with pytest.raises(UsageError, match="1 to 100"):
        encode(smooth(), None, PLAIN, "jpeg", quality=101)
    with pytest.raises(UnsupportedFormat, match=r"16383.*png"):
        encode(noise(2, 20000), None, PLAIN, "webp")
    for name in ("a.gif", "a", "a.heic"):
        with pytest.raises(UnsupportedFormat, match=r"\.png \.webp"):
            from_suffix(name)
    assert from_suffix(Path("x/B.JPG")) == "jpeg"
    assert from_suffix("c.tif") == "tiff"


def test_publish(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    publish(b"one", target)
    assert target.read_bytes() == b"one"
    with pytest.raises(OutputExists, match="--overwrite"):
        publish(b"two", target)
    assert target.read_bytes() == b"one"
    publish(b"two", target, overwrite=True)
    assert target.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]
    umask = os.umask(0)
    os.umask(umask)
    assert target.stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize("how", ["same", "symlink", "hardlink"])
def test_never_over_a_source(how: str, tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    source.write_bytes(b"the source")
    target = source if how == "same" else tmp_path / "b.png"
    if how == "symlink":
        target.symlink_to(source)
    if how == "hardlink":
        os.link(source, target)
    with pytest.raises(OutputError, match="source"):
        publish(b"x", target, overwrite=True, sources=[source])
    assert source.read_bytes() == b"the source"


def test_outputs_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="make the folder"):
        publish(b"x", tmp_path / "none" / "a.png")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="folder is a file"):
        publish(b"x", tmp_path / "file" / "a.png")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError):
        publish(b"x", tmp_path / "folder.png", overwrite=True)
    with pytest.raises(OutputError, match="shorter"):
        publish(b"x", tmp_path / ("n" * 300 + ".png"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png"]


def test_where_hard_links_do_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    publish(b"one", tmp_path / "a.png")
    with pytest.raises(OutputExists):
        publish(b"two", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"one"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """64 kB of room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_full_disk(tiny_disk: Path) -> None:
    with pytest.raises(OutputError, match="free some room"):
        publish(b"x" * 1_000_000, tiny_disk / "a.png")
    assert list(tiny_disk.iterdir()) == []
    publish(b"small", tiny_disk / "a.png")
    with pytest.raises(OutputError, match="free some room"):
        publish(b"x" * 1_000_000, tiny_disk / "a.png", overwrite=True)
    assert (tiny_disk / "a.png").read_bytes() == b"small"


def test_killed_while_writing_the_output_is_whole_or_absent(tmp_path: Path) -> None:
    program = (
        "import itertools, pathlib, sys\nfrom matteo.picture.write import publish\nprint('ready', flush=True)\n"
        "for n in itertools.count():\n"
        "    publish(bytes([n % 256]) * 3_000_000, pathlib.Path(sys.argv[1]), overwrite=True)"
    )
    target = tmp_path / "out.png"
    for pause in (0.01, 0.05, 0.11):
        with subprocess.Popen([sys.executable, "-c", program, target], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
        if target.exists():
            data = target.read_bytes()
            assert len(data) == 3_000_000
            assert len(set(data)) == 1
    assert all(path.name.startswith(".") for path in tmp_path.iterdir() if path != target)
