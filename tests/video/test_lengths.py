"""How long a film is: a last picture that is held stays so, pictures may begin later than the sound, and what is
truncated is known from both."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

import matteo
from matteo.effects.look import Look
from matteo.errors import UnreadablePicture
from matteo.video.film import open_film
from matteo.video.media import complete
from matteo.video.plan import ANYTHING, planned
from matteo.video.preview import _tiles
from matteo.video.reader import frames
from tests.video.clips import SIZE, disc_step, make_film, probe, stream, times

STEP, HELD = 40, 3000  # ms: of each picture, and of the last
BEGINS, ENDS = 4, 9  # s, of pictures that come after the sound's first
KINDS = ["copied.mkv", "made.mkv", "made.webm"]


def held(path: Path, count: int = 10, noise: bool = True) -> Path:
    """An MP4 of noise, or of plain greys, whose last picture stays for three seconds."""
    rng, base = np.random.default_rng(0), Fraction(1, 1000)
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream("libx264", rate=25, options={"bf": "0", "crf": "10", "g": "5"})
        video.height, video.width, video.pix_fmt = *SIZE, "yuv420p"
        video.codec_context.time_base = base
        packets = []
        for index in range(count):
            rgb = (
                rng.integers(0, 255, (*SIZE, 3), np.uint8) if noise else np.full((*SIZE, 3), 37 * index % 255, np.uint8)
            )
            frame = VideoFrame.from_ndarray(rgb, "rgb24")
            frame.pts, frame.time_base = STEP * index, base
            packets += video.encode(frame)
        for number, packet in enumerate([*packets, *video.encode(None)], 1):
            packet.duration = STEP if number < count else HELD
            out.mux(packet)
    return path


def copied(source: Path, target: Path, *options: str) -> Path:
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(source), "-c", "copy", *options, str(target)], check=True)
    return target


def cut(source: Path, target: Path, **more: Any) -> Path:
    matteo.cut_video(source, target, **{"background": "white", "step": disc_step, **more})
    return target


def held_as(folder: Path, kind: str, count: int = 10) -> Path:
    source, target = held(folder / "held.mp4", count), folder / kind
    if kind.startswith("copied"):
        return copied(source, target)
    return cut(source, target, codec={".mkv": "ffv1", ".webm": "vp9"}[target.suffix])


def refused(path: Path) -> None:
    with pytest.raises(UnreadablePicture, match=r"truncated|damaged"):
        list(frames(open_film(path)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_film_whose_last_picture_is_held_is_read(tmp_path: Path, kind: str) -> None:
    found = list(frames(open_film(held_as(tmp_path, kind))))
    assert len(found) == 10
    assert float(found[-1].time + found[-1].duration) == pytest.approx(3.36, abs=0.002)


@pytest.mark.parametrize("kind", KINDS)
def test_a_held_picture_is_held_in_what_is_made_of_what_was_made(tmp_path: Path, kind: str) -> None:
    again = cut(held_as(tmp_path, kind), tmp_path / "again.mp4")
    assert float(stream(again)["duration"]) == pytest.approx(3.36, abs=0.002)


def test_the_end_that_is_asked_for_ends_a_held_picture(tmp_path: Path) -> None:
    film = open_film(held_as(tmp_path, "made.webm"))
    last = list(frames(film, end=Fraction(2)))[-1]
    assert last.time + last.duration == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.55, 0.75])
@pytest.mark.parametrize("filled", [False, True])
def test_a_truncated_film_with_a_held_picture_is_refused(tmp_path: Path, kind: str, share: float, filled: bool) -> None:
    """filled: with zeros, as a download is that took its room beforehand."""
    data = held_as(tmp_path, kind, 30).read_bytes()
    part, size = tmp_path / f"part{Path(kind).suffix}", int(len(data) * share)
    part.write_bytes(data[:size].ljust(len(data) if filled else size, b"\0"))
    refused(part)


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".mp4", ".mov"])
def test_a_file_is_known_to_be_there_to_its_end(tmp_path: Path, suffix: str) -> None:
    codec = "libvpx-vp9" if suffix == ".webm" else "libx264"
    whole = make_film(tmp_path / f"whole{suffix}", codec=codec, sound=None)
    data = whole.read_bytes()
    assert complete(whole)
    for size in (0, 3, 30, len(data) // 2, len(data) - 1):
        whole.write_bytes(data[:size])
        assert not complete(whole)


def test_a_file_that_does_not_say_its_length_is_not_known_to_be_whole(tmp_path: Path) -> None:
    source = make_film(tmp_path / "film.mp4", sound=None)
    assert not complete(copied(source, tmp_path / "live.mkv", "-live", "1"))
    assert not complete(copied(source, tmp_path / "parts.mp4", "-movflags", "frag_keyframe+empty_moov"))
    assert not complete(copied(source, tmp_path / "film.ts"))


def late(path: Path) -> Path:
    """Nine seconds of sound, and pictures beside the last five."""
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"sine=d={ENDS}", "-itsoffset", str(BEGINS), "-f", "lavfi"]
    command += ["-i", f"testsrc=s=320x240:r=25:d={ENDS - BEGINS}", "-map", "1:v", "-map", "0:a", "-c:v", "libx264"]
    command += ["-fps_mode", "passthrough", "-c:a", "aac", "-preset", "ultrafast"]
    command += [] if path.suffix == ".mkv" else ["-movflags", "+faststart"]
    subprocess.run([*command, str(path)], check=True)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_pictures_that_begin_later_than_the_sound(tmp_path: Path, suffix: str) -> None:
    film = open_film(late(tmp_path / f"late{suffix}"))
    assert film.duration is not None
    assert (float(film.begins), float(film.duration)) == pytest.approx((BEGINS, ENDS), abs=0.05)
    assert film.expected == pytest.approx(25 * (ENDS - BEGINS), abs=1)
    assert float(next(frames(film, start=Fraction(7))).time) == pytest.approx(7, abs=0.05)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_part_of_pictures_that_begin_late(tmp_path: Path, suffix: str) -> None:
    source = late(tmp_path / f"late{suffix}")
    assert len(times(cut(source, tmp_path / "part.mp4", start=7, end=8))) == 25
    with pytest.raises(matteo.UsageError, match="behind the film's end at 9 s"):
        cut(source, tmp_path / "none.mp4", start=9)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_pictures_that_begin_late_and_are_truncated(tmp_path: Path, suffix: str) -> None:
    source = late(tmp_path / f"late{suffix}")
    data = source.read_bytes()
    source.write_bytes(data[: int(len(data) * 0.55)])
    refused(source)


def test_a_preview_of_pictures_that_begin_late_shows_each_once(tmp_path: Path) -> None:
    job = planned(late(tmp_path / "late.mp4"), ANYTHING, look=Look(background="white"), step=disc_step).job
    assert [float(time) for time, _ in _tiles(job)] == [4, 6, 8]


# How many pictures there are decides whether the encoder has the last one shown last in the file, too.
REORDERED = [("h264", ".mp4", 10), ("h264", ".mov", 10), ("hevc", ".mp4", 12)]


@pytest.mark.parametrize(("codec", "suffix", "count"), [*REORDERED, ("hevc", ".mp4", 10), ("av1", ".mp4", 10)])
def test_a_track_is_as_long_as_its_held_last_picture(tmp_path: Path, codec: str, suffix: str, count: int) -> None:
    source = held(tmp_path / "held.mp4", count, noise=False)
    made = cut(source, tmp_path / f"made{suffix}", codec=codec)
    packets = probe(made, "-select_streams", "v", "-show_entries", "packet=pts")["packets"]
    stamps = [packet["pts"] for packet in packets]
    assert (stamps[-1] < max(stamps)) == ((codec, suffix, count) in REORDERED)
    ends = (STEP * (count - 1) + HELD) / 1000
    assert float(stream(made)["duration"]) == pytest.approx(ends)
    assert times(made) == times(source)
    found = list(frames(open_film(made)))
    assert len(found) == count
    assert float(found[-1].time + found[-1].duration) == pytest.approx(ends)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_track_without_a_held_picture_is_no_longer_than_it_was(tmp_path: Path, codec: str) -> None:
    source = make_film(tmp_path / "film.mp4", frames=20, sound=None)
    made = cut(source, tmp_path / "made.mp4", codec=codec)
    assert float(stream(made)["duration"]) == pytest.approx(0.8)
