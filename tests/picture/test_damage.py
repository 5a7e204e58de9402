"""Damaged, hostile and mistaken input: one clear error of ours each, quickly, and nothing on stderr."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import tifffile

from matteo.errors import LimitExceeded, MatteoError, PictureError, UnreadablePicture, UnsupportedFormat, UsageError
from matteo.picture.limits import Limits
from matteo.picture.read import read

from .made import exif, noise, png, png_of, saved, smooth
from .test_read import FILES


def _deep_tiff(compression: str | None) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, noise(dtype=np.uint16), photometric="rgb", compression=compression, rowsperstrip=4)
    return stream.getvalue()


ALL = {
    **FILES,
    "png16": png_of(noise(dtype=np.uint16)),
    "tiff16": _deep_tiff(None),
    "tiff16-zlib": _deep_tiff("zlib"),
    "tiff-lzw": saved(smooth(), "TIFF", compression="tiff_lzw"),
    "tiff-jpeg": saved(smooth(), "TIFF", compression="jpeg"),
    "webp-alpha": saved(noise(channels=4), "WEBP"),
    "jpeg-exif": saved(smooth(), "JPEG", exif=b"Exif\0\0" + exif(gps=True, thumbnail=saved(smooth(8, 8), "JPEG"))),
}


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("part", [0.01, 0.1, 0.3, 0.6, 0.9])
def test_truncated(kind: str, part: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(ALL[kind][: max(1, int(len(ALL[kind]) * part))])
    with pytest.raises(UnreadablePicture) as caught:
        read(path)
    _one_clear_line(caught.value, "cut.png")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ALL)
def test_any_byte_may_be_wrong(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A picture or an error of ours, whatever is flipped; never anything else, never a word on stderr."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        data = bytearray(ALL[kind])
        for at in rng.integers(0, min(len(data), 400) if rng.random() < 0.6 else len(data), 3):
            data[at] = rng.integers(256)
        try:
            read(bytes(data), limits=Limits(pixels=1_000_000))
        except MatteoError as error:
            _one_clear_line(error, "")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", FILES)
def test_random_bytes_behind_a_magic(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    for seed in range(20):
        data = FILES[kind][:24] + np.random.default_rng(seed).bytes(5000)
        with pytest.raises(PictureError):
            read(data)
    assert capfd.readouterr() == ("", "")


def test_random_bytes() -> None:
    for seed in range(50):
        with pytest.raises(PictureError):
            read(b"\0" + np.random.default_rng(seed).bytes(2000))


def _one_clear_line(error: MatteoError, name: str) -> None:
    text = str(error)
    assert name in text
    assert "\n" not in text
    assert ";" in text  # what is wrong; the remedy
    assert len(text) < 500


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (b"", UnreadablePicture, "empty"),
        (b"Dear Sir or Madam,\n", UnreadablePicture, "text"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnsupportedFormat, "SVG.*export"),
        (b"<?xml version='1.0'?><svg/>", UnsupportedFormat, "SVG.*export"),
        (b"<!DOCTYPE html><html>", UnsupportedFormat, "web page"),
        (b"%PDF-1.7", UnsupportedFormat, "PDF.*export"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", UnsupportedFormat, "PostScript"),
        (b"8BPS\0\1", UnsupportedFormat, "Photoshop"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", UnsupportedFormat, "video"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", UnsupportedFormat, "JPEG XL"),
    ],
)
def test_what_is_no_picture(data: bytes, error: type[MatteoError], said: str, tmp_path: Path) -> None:
    path = tmp_path / "named.jpg"
    path.write_bytes(data)
    with pytest.raises(error, match=f"named.jpg.*{said}"):
        read(path)


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadablePicture, match="no such file"):
        read(tmp_path / "none.jpg")
    with pytest.raises(UnreadablePicture, match="folder"):
        read(tmp_path)
    with pytest.raises(UnreadablePicture):
        read("a\0b")
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(UnreadablePicture):
        read(closed)
    with pytest.raises(UsageError, match="binary"):
        read(io.StringIO("x"))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="numpy array"):
        read(7)  # type: ignore[arg-type]


def test_no_right_to_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.png"
    path.write_bytes(FILES["png"])
    path.chmod(0)
    program = (
        "import os, pathlib, sys\n"
        "from matteo.picture.source import _load_path\nfrom matteo.picture.limits import Limits\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "try: _load_path(pathlib.Path(sys.argv[1]), Limits())\nexcept Exception as error: print(error)"
    )
    for folder in (tmp_path, *tmp_path.parents):
        if os.getuid() == 0 and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
        if folder.parent == folder:
            break
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    assert "no right to read" in done.stdout, done.stderr


def test_a_tiny_file_that_claims_a_huge_picture() -> None:
    bomb = png(60000, 60000, 8, 2, b"\0" * 100)
    assert len(bomb) < 200
    with pytest.raises(LimitExceeded, match="3600 megapixels"):
        read(bomb)
    with pytest.raises(UnreadablePicture, match="fewer"):
        read(bomb, limits=Limits(pixels=10**10))


@pytest.mark.parametrize("kind", ALL)
def test_pixel_limit_holds_for_each_format(kind: str) -> None:
    with pytest.raises(LimitExceeded, match="limit"):
        read(ALL[kind], limits=Limits(pixels=40 * 60 - 1))
    assert read(ALL[kind], limits=Limits(pixels=40 * 60)).size_hw == (40, 60)


def test_limits_hold_for_arrays_and_pil() -> None:
    small = Limits(pixels=10)
    with pytest.raises(LimitExceeded):
        read(noise(), limits=small)
    with pytest.raises(LimitExceeded):
        read(PIL.Image.new("RGB", (60, 40)), limits=small)


def test_byte_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(FILES["png"])
    for source in (path, FILES["png"], io.BytesIO(FILES["png"])):
        with pytest.raises(LimitExceeded, match="MiB"):
            read(source, limits=Limits(bytes=100))
    with pytest.raises(LimitExceeded):
        read("/dev/zero", limits=Limits(bytes=1000))


def test_pillows_own_limit_is_neither_used_nor_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)
    for kind in ("jpeg", "png", "bmp", "avif"):
        assert read(FILES[kind]).size_hw == (40, 60)
    assert PIL.Image.MAX_IMAGE_PIXELS == 100


def test_a_gif_with_endless_frames_costs_one() -> None:
    frame = b"\x21\xf9\x04\0\0\0\0\0" + b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    image = read(head + frame * 2_000_000 + b";")
    assert image.size_hw == (1, 1)
    assert "animation" in image.notes[0]


def test_a_read_only_source_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(FILES["jpeg"])
    path.chmod(0o444)
    before = path.stat()
    read(path)
    after = path.stat()
    assert path.read_bytes() == FILES["jpeg"]
    assert (before.st_mtime_ns, before.st_ino, before.st_mode) == (after.st_mtime_ns, after.st_ino, after.st_mode)


@pytest.mark.parametrize(("module", "extra", "head"), [
    ("pillow_heif", "heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    ("rawpy", "raw", b"FUJIFILMCCD-RAW 0201"),
])  # fmt: skip
def test_missing_extras_give_the_install_line(module: str, extra: str, head: bytes) -> None:
    """In a process of its own, where the package cannot be found."""
    program = (
        f"import sys; sys.modules[{module!r}] = None\nfrom matteo.picture.read import read\n"
        f"try: read({head!r})\nexcept Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "MissingExtra the picture given as bytes: " in done.stdout
    assert f'pip install "matteo[{extra}]"' in done.stdout


def test_a_raw_inside_a_tiff_goes_to_the_raw_reader() -> None:
    stream = io.BytesIO()
    tifffile.imwrite(stream, noise(), photometric="rgb", extratags=[(50706, 1, 4, b"\1\4\0\0", True)])
    with pytest.raises(UnreadablePicture):  # LibRaw's word: there is no sensor data in it
        read(stream.getvalue())
