"""Every line of the tables of codecs and containers, decoded again by another tool: FFmpeg, and Pillow for animations,
which Debian's FFmpeg does not read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import matteo
from matteo.video.formats import CODECS, CONTAINERS
from tests.video.clips import decoded, disc, disc_step, make_film, sound_hash, stream, times

FRAMES = 12
FILMS = [
    (suffix, codec, alpha)
    for suffix, container in CONTAINERS.items()
    if container.kind == "film"
    for codec in container.codecs
    for alpha in (False, True)
    if not alpha or CODECS[codec].holds_alpha
]
VP9_ERROR = 8  # of 255: its alpha is lossy, and 6.5 is the most that was seen with `good`
NAMES = {
    "av1": "av1",
    "hevc": "hevc",
    "h264": "h264",
    "vp9": "vp9",
    "prores": "prores",
    "qtrle": "qtrle",
    "ffv1": "ffv1",
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("source") / "talk.mp4", frames=FRAMES, texts=["one", "two"], chapters=True)


@pytest.mark.parametrize(("suffix", "codec", "alpha"), FILMS)
def test_a_codec_in_a_container(source: Path, tmp_path: Path, suffix: str, codec: str, alpha: bool) -> None:
    target = tmp_path / f"out{suffix}"
    priority = os.sched_getscheduler(0)
    made = matteo.cut_video(source, target, background=None if alpha else "#0040c0", codec=codec, step=disc_step)
    assert made.frames == FRAMES
    assert os.sched_getscheduler(0) == priority, "an encoder made this process a real-time one"
    assert stream(target)["codec_name"] == NAMES[codec]
    tick = 1e-3 if suffix in (".webm", ".mkv") else 1e-5
    assert np.abs(np.subtract(times(target), times(source))).max() <= tick
    container = CONTAINERS[suffix]
    if "aac" in container.sound or "*" in container.sound:
        assert sound_hash(target) == sound_hash(source)
    else:
        assert stream(target, "a:0")["codec_name"] == "opus"
        assert any("encoded anew" in note for note in made.notes)
    before = ["-c:v", "libvpx-vp9"] if codec == "vp9" else []
    frames = decoded(target, "rgba", *before)
    assert len(frames) == FRAMES
    if not alpha:
        assert frames[..., 3].min() == 255
        assert np.abs(frames[0, 2, 2, :3].astype(int) - (0, 0x40, 0xC0)).max() <= 4
        return
    truth = np.stack([disc(index) for index in range(FRAMES)])
    error = np.abs(frames[..., 3] - truth * 255).max()
    assert error <= (VP9_ERROR if codec == "vp9" else 2)


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("suffix", [".webp", ".avif", ".gif"])
def test_an_animation(source: Path, tmp_path: Path, suffix: str, alpha: bool) -> None:
    target = tmp_path / f"out{suffix}"
    made = matteo.cut_video(source, target, background=None if alpha else "#0040c0", step=disc_step)
    assert any("sound" in note and "left out" in note for note in made.notes)
    with PIL.Image.open(target) as image:
        assert image.n_frames == FRAMES  # type: ignore[attr-defined]
        for index in range(FRAMES):
            image.seek(index)
            image.load()
            assert image.info["duration"] == 40
            pixels = np.asarray(image.convert("RGBA"))
            truth = disc(index) if alpha else np.ones_like(disc(index))
            truth = np.where(truth < 128 / 255, 0, 1) if suffix == ".gif" else truth
            assert np.abs(pixels[..., 3] - truth * 255).max() <= 2
            inside = pixels[disc(index) == 1][:, :3].astype(int)
            assert np.abs(np.median(inside, axis=0) - (230, 90, 40)).max() <= 12


def test_numbered_pictures(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "frames" / "%06d.png"
    made = matteo.cut_video(source, target, step=disc_step)
    assert sorted(path.name for path in target.parent.iterdir()) == [f"{n:06d}.png" for n in range(1, FRAMES + 1)]
    frames = decoded(str(target))
    truth = np.stack([disc(index) for index in range(FRAMES)])
    assert np.abs(frames[..., 3] - truth * 255).max() <= 0.5 + 1e-4
    assert made.outputs == (target,)
    again = matteo.cut_video(target, tmp_path / "again.mp4", background="white", rate=12.5, step=disc_step)
    assert again.frames == FRAMES
    assert times(tmp_path / "again.mp4") == [pytest.approx(n / 12.5, abs=1e-4) for n in range(FRAMES)]


def test_a_matte_beside_it(source: Path, tmp_path: Path) -> None:
    matte = tmp_path / "m.mp4"
    matteo.cut_video(source, tmp_path / "out.mp4", background="white", matte=matte, step=disc_step)
    truth = np.stack([disc(index) for index in range(FRAMES)]) * 255
    assert np.abs(decoded(matte, "gray") - truth).mean() < 2
    assert times(matte) == times(tmp_path / "out.mp4")
