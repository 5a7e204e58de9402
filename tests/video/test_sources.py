"""Films as cameras, recorders and broadcasts leave them: every frame is there, a reading that goes on behind any frame
is the rest of one from the beginning (on which a killed run that goes on depends), and their sound reaches the end."""

from __future__ import annotations

import hashlib
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import matteo
from matteo.errors import OutputError
from matteo.video.encoded import RATES
from matteo.video.film import open_film
from matteo.video.formats import CONTAINERS
from matteo.video.frame import Frame
from matteo.video.reader import frames
from tests.video.clips import disc_step, make_film, probe, samples, sound_hash, stream, times

FRAMES = 36
X264 = "-c:v libx264 -bf 3 -g 12"
X265 = "-c:v libx265 -x265-params log-level=error:keyint=12:bframes=3:open-gop=1"
KINDS = {
    "closed.mp4": f"{X264} -c:a aac",
    "open.mp4": f"{X264} -x264-params open-gop=1 -c:a aac",
    "hevc.mp4": f"{X265} -c:a aac",
    "hevc.mkv": f"{X265} -c:a aac",
    "broadcast.ts": "-c:v mpeg2video -bf 2 -g 12 -c:a mp2",
    "camera.ts": f"{X264} -c:a ac3",
    "disc.mpg": "-c:v mpeg2video -bf 2 -g 12 -c:a mp2",
    "stream.flv": f"{X264} -c:a aac",
    "b-frames.avi": f"{X264} -c:a mp3",
    "camera.avi": "-c:v mjpeg -c:a pcm_s16le",
    "old.avi": "-c:v mpeg4 -bf 2 -g 12 -c:a mp3",
    "live.webm": "-c:v libvpx -g 12 -c:a libopus -live 1",
    "windows.wmv": "-c:v wmv2 -g 12 -c:a wmav2",
    "theora.ogv": "-c:v libtheora -g 12 -c:a libvorbis",
    "bare.h264": f"{X264} -an",
    "bare.m2v": "-c:v mpeg2video -bf 2 -g 12 -an",
    "animation.gif": "",
}
HELD = {"theora.ogv"}  # says with empty packets that a picture stays: there are fewer frames
SILENT = {"bare.h264", "bare.m2v", "animation.gif"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a film of every kind."""
    folder = tmp_path_factory.mktemp("kinds")
    base = make_film(folder / "base.mkv", frames=FRAMES, codec="ffv1", pix_fmt="yuv420p", sound="flac")
    for name, how in KINDS.items():
        command = ["ffmpeg", "-v", "error", "-i", str(base), *how.split(), str(folder / name)]
        subprocess.run(command, check=True, capture_output=True)
    return folder


def told(frame: Frame) -> tuple[Fraction, int, str]:
    return frame.time, frame.index, hashlib.sha256(frame.image.rgb.tobytes()).hexdigest()


@pytest.mark.parametrize("name", KINDS)
def test_a_reading_that_goes_on_is_the_rest_of_the_whole(made: Path, name: str) -> None:
    film = open_film(made / name)
    whole = list(frames(film))
    assert len(whole) == FRAMES or (name in HELD and 12 < len(whole) < FRAMES)
    known = [told(frame) for frame in whole]
    for number in range(0, len(whole) - 1, 5):
        assert [told(frame) for frame in frames(film, after=whole[number])] == known[number + 1 :]
    begin = whole[17]
    part = [told(frame) for frame in frames(film, start=begin.time)]
    assert [(time, pixels) for time, _, pixels in part] == [(time, pixels) for time, _, pixels in known[17:]]
    rest = frames(film, start=begin.time, after=Frame(begin.image, part[6][0], 6))
    assert [told(frame) for frame in rest] == part[7:]


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
@pytest.mark.parametrize("name", sorted(KINDS.keys() - SILENT))
def test_the_sound_reaches_the_end(made: Path, tmp_path: Path, name: str, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    cut = matteo.cut_video(made / name, target, background="white", step=disc_step, quality="draft")
    assert stream(target)["nb_frames" if suffix == ".mp4" else "index"] == (str(cut.frames) if suffix == ".mp4" else 0)
    before, after = samples(made / name), samples(target)
    wanted = FRAMES / 25 * 48000
    assert min(len(before), len(after)) > wanted - 64  # nothing of the end is missing
    loud = slice(4800, int(wanted) - 4800)
    assert np.abs(after[loud]).std() == pytest.approx(np.abs(before[loud]).std(), rel=0.15)


def test_recordings_that_were_put_one_behind_the_other(made: Path, tmp_path: Path) -> None:
    (tmp_path / "both.ts").write_bytes(2 * (made / "broadcast.ts").read_bytes())
    target = tmp_path / "out.mp4"
    cut = matteo.cut_video(tmp_path / "both.ts", target, background="white", step=disc_step, quality="draft")
    assert cut.frames == 2 * FRAMES
    assert np.diff(times(target)) == pytest.approx(1 / 25, abs=1e-4)
    assert times(target, "a:0")[-1] == pytest.approx(2 * FRAMES / 25, abs=0.1)


SOUNDS = {
    "aac": "aac", "mp3": "libmp3lame", "ac3": "ac3", "eac3": "eac3", "alac": "alac", "opus": "libopus", "flac": "flac",
    "vorbis": "libvorbis", "pcm_s16le": "pcm_s16le", "pcm_s24le": "pcm_s24le", "mp2": "mp2", "wmav2": "wmav2",
}  # fmt: skip


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_every_sound_is_copied_where_it_is_held_else_encoded_and_said(tmp_path: Path, sound: str, suffix: str) -> None:
    source, target = tmp_path / "s.mkv", tmp_path / f"out{suffix}"
    plain = make_film(tmp_path / "plain.mkv", frames=5, sound="flac")
    command = ["ffmpeg", "-v", "error", "-i", str(plain), "-c:v", "copy", "-c:a", SOUNDS[sound], str(source)]
    subprocess.run(command, check=True)
    codec = None if suffix == ".webm" else "h264"
    cut = matteo.cut_video(source, target, background="white", step=disc_step, quality="draft", codec=codec)
    container = CONTAINERS[suffix]
    if sound in container.sound or (suffix == ".mkv" and sound != "wmav2"):  # which Matroska has no name for
        assert stream(target, "a:0")["codec_name"] == sound
        assert sound_hash(target) == sound_hash(source)
        assert not cut.notes
    else:
        assert stream(target, "a:0")["codec_name"] == (container.sound_as or "").removeprefix("lib")
        assert any("encoded anew" in note for note in cut.notes)


@pytest.mark.parametrize("layout", ["mono", "2.1", "4.0", "5.0(side)", "5.1(side)", "7.1"])
@pytest.mark.parametrize("rate", [11025, 44100, 192000])
def test_sound_of_any_shape_can_be_encoded(tmp_path: Path, layout: str, rate: int) -> None:
    plain = make_film(tmp_path / "plain.mkv", frames=5, sound="flac")
    source = tmp_path / "s.mkv"
    command = ["ffmpeg", "-v", "error", "-i", str(plain), "-c:v", "copy", "-c:a", "pcm_s16le"]
    command += ["-af", f"aresample={rate},aformat=channel_layouts={layout}", str(source)]
    subprocess.run(command, check=True)
    channels = stream(source, "a:0")["channels"]
    for suffix in (".mp4", ".webm"):
        matteo.cut_video(source, tmp_path / f"out{suffix}", background="white", step=disc_step, quality="draft")
        assert stream(tmp_path / f"out{suffix}", "a:0")["channels"] == channels


def test_damaged_sound_becomes_silence_and_is_said(made: Path, tmp_path: Path) -> None:
    data = bytearray((made / "camera.ts").read_bytes())
    entries = probe(made / "camera.ts", "-select_streams", "a", "-show_entries", "packet=pos")["packets"]
    at = [int(packet["pos"]) for packet in entries if "pos" in packet][2]
    data[at + 20 : at + 180] = bytes(160)
    (tmp_path / "damaged.ts").write_bytes(data)
    cut = matteo.cut_video(tmp_path / "damaged.ts", tmp_path / "out.webm", background="white", step=disc_step)
    assert any("damaged packet" in note for note in cut.notes)
    assert len(samples(tmp_path / "out.webm")) > FRAMES / 25 * 48000 - 64


def test_sound_that_cannot_be_written_is_said_before_the_long_run(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A WebM whose table would be wrong: Opus has no such rate."""
    monkeypatch.setitem(RATES, "libopus", (48000, 44100))
    source = make_film(made / "cd.mkv", frames=3, sound=None)
    command = ["ffmpeg", "-v", "error", "-i", str(source), "-f", "lavfi", "-i", "sine=sample_rate=44100:duration=0.1"]
    subprocess.run([*command, "-c:v", "copy", "-c:a", "pcm_s16le", str(made / "cd-sound.mkv")], check=True)
    with pytest.raises(OutputError, match=r"\(pcm_s16le\) cannot be written into \.webm .*\.mkv holds every"):
        matteo.cut_video(made / "cd-sound.mkv", tmp_path / "out.webm", background="white", step=disc_step)
    assert list(tmp_path.iterdir()) == []
