"""What is wrong with a film, an option or a disk is said, and nothing is left half-written under the final name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest

import matteo
from matteo.errors import UnreadablePicture, UnsupportedFormat, UsageError
from matteo.video import formats
from matteo.video.cut import Made
from matteo.video.manifest import TAIL
from tests.video.clips import disc_step, make_film, picture


def cut(source: Path, target: Path, **more: Any) -> Made:
    return matteo.cut_video(source, target, **{"background": "white", "step": disc_step, **more})


def refused(source: Path, match: str, **more: Any) -> None:
    target = source.parent / "result.mp4"
    with pytest.raises(UnreadablePicture, match=match):
        cut(source, target, **more)
    assert not target.exists()


def test_no_such_film(tmp_path: Path) -> None:
    refused(tmp_path / "none.mp4", "no such file")


@pytest.mark.parametrize("data", [b"", b"hello, I am no film", bytes(range(256)) * 40])
def test_no_film(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "text.mp4").write_bytes(data)
    refused(tmp_path / "text.mp4", "no film|no picture")


def test_sound_alone(tmp_path: Path) -> None:
    source = make_film(tmp_path / "both.mp4", frames=5)
    command = ["ffmpeg", "-v", "error", "-i", str(source), "-vn", "-c", "copy", str(tmp_path / "sound.mp4")]
    subprocess.run(command, check=True)
    refused(tmp_path / "sound.mp4", "no pictures in it, only audio")


def test_no_frames(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "empty.mkv"), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        out.start_encoding()
    refused(tmp_path / "empty.mkv", "no picture|no film")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_truncated(tmp_path: Path, suffix: str, share: float) -> None:
    options = {"crf": "10", "g": "5"}
    source = make_film(tmp_path / "whole.mkv", frames=75, sound=None, options=options)
    if suffix == ".mp4":  # its index at the front, as from the web: the end alone is missing
        command = ["ffmpeg", "-v", "error", "-i", str(source), "-c", "copy", "-movflags", "+faststart"]
        command.append(str(tmp_path / "whole.mp4"))
        subprocess.run(command, check=True)
        source = tmp_path / "whole.mp4"
    data = source.read_bytes()
    part = tmp_path / f"part{suffix}"
    part.write_bytes(data[: int(len(data) * share)])
    refused(part, "truncated|damaged")


def test_a_truncated_film_can_be_taken_as_far_as_it_goes(tmp_path: Path) -> None:
    source = make_film(tmp_path / "whole.mkv", frames=75, sound=None, options={"crf": "10", "g": "5"})
    part = tmp_path / "part.mkv"
    part.write_bytes(source.read_bytes()[: int(source.stat().st_size * 0.5)])
    with pytest.raises(UnreadablePicture) as error:
        cut(part, tmp_path / "out.mp4")
    end = str(error.value).rpartition("--end ")[2]
    assert cut(part, tmp_path / "out.mp4", end=end).frames > 10


def test_a_size_that_changes(tmp_path: Path) -> None:
    for name, size in (("a", (64, 96)), ("b", (48, 64))):
        make_film(tmp_path / f"{name}.ts", frames=10, size_hw=size, codec="mpeg2video", sound=None)
    (tmp_path / "both.ts").write_bytes((tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes())
    refused(tmp_path / "both.ts", "change from 96 x 64 to 64 x 48 at 0")


def test_too_large(tmp_path: Path) -> None:
    source = make_film(tmp_path / "big.mp4", frames=2)
    with pytest.raises(matteo.LimitExceeded):
        cut(source, tmp_path / "out.mp4", limits=matteo.Limits(pixels=1000))


def test_no_transparency(tmp_path: Path) -> None:
    source = make_film(tmp_path / "s.mp4", frames=2)
    for codec in (None, "h264"):
        with pytest.raises(UsageError, match="--background"):
            cut(source, tmp_path / "out.mp4", background=None, codec=codec)
    with pytest.raises(UsageError, match="h264 holds no transparency"):
        cut(source, tmp_path / "out.mov", background=None, codec="h264")


def test_wrong_use(tmp_path: Path) -> None:
    source = make_film(tmp_path / "s.mp4", frames=4)
    with pytest.raises(UsageError, match="choose vp9 or av1"):
        cut(source, tmp_path / "out.webm", codec="h264")
    with pytest.raises(UnsupportedFormat, match=r"suffix \.wmv"):
        cut(source, tmp_path / "out.wmv")
    with pytest.raises(UsageError, match=r"frames/%06d\.png"):
        cut(source, tmp_path / "out.png")
    with pytest.raises(UsageError, match="behind the film's end"):
        cut(source, tmp_path / "out.mp4", start=10)
    with pytest.raises(UsageError, match="is empty"):
        cut(source, tmp_path / "out.mp4", start=0.1, end=0.05)
    with pytest.raises(UsageError, match="no time"):
        cut(source, tmp_path / "out.mp4", start="soon")
    with pytest.raises(UsageError, match="no quality"):
        cut(source, tmp_path / "out.mp4", quality="fair")
    assert [path.name for path in tmp_path.iterdir()] == ["s.mp4"]


def test_a_codec_that_the_build_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(formats.CODECS, "h264", formats.Codec("no_such_encoder", {(False, False): "yuv420p"}))
    with pytest.raises(UnsupportedFormat, match="no no_such_encoder, which writes h264"):
        formats.check_built("h264")


def test_missing_pictures(tmp_path: Path) -> None:
    matteo.cut_video(make_film(tmp_path / "s.mp4", frames=4), tmp_path / "f" / "%03d.png", step=disc_step)
    (tmp_path / "f" / "003.png").unlink()
    refused(tmp_path / "f" / "%03d.png", "003.png: is missing")


def test_a_disk_that_fills(tmp_path: Path) -> None:
    """A limit of the file's size stands for the disk: what was finished is kept, and a run with room goes on."""
    import numpy as np

    rng, size = np.random.default_rng(0), (320, 480)
    with av.open(str(tmp_path / "noise.mkv"), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 480, 320, "bgr0"
        for index in range(16):
            pixels = picture(index, size) if index < 8 else rng.integers(0, 255, (*size, 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(stream.encode(None))
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from matteo.effects.look import Look; from matteo.errors import OutputError\n"
        "from matteo.video.plan import planned; from matteo.remover import Remover\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "if sys.argv[3] == 'full': resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, 700_000))\n"
        "job = planned(Path(sys.argv[1]), Path(sys.argv[2]), look=Look(background='dim:0.01'),\n"
        "              codec='ffv1', segment=4, quality='draft', remover=Remover(threads=1))\n"
        "try: print(job.made().resumed)\n"
        "except OutputError as error: sys.exit(str(error))"
    )
    target = tmp_path / "out.mkv"
    run = [sys.executable, "-c", code, str(tmp_path / "noise.mkv"), str(target)]
    full = subprocess.run([*run, "full"], capture_output=True, text=True)
    assert full.returncode == 1
    assert "the disk is full" in full.stderr
    assert not target.exists()
    assert (tmp_path / f"out.mkv{TAIL}").is_dir()
    room = subprocess.run([*run, "room"], capture_output=True, text=True, check=True)
    assert int(room.stdout) >= 4
    assert target.exists()
