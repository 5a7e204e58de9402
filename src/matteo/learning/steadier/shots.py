"""Shots made of still pictures: a photograph in which the camera and the subject move, or a subject before another
scene, each with a way of its own; with motion blur, a changing exposure, noise and a film's compression.

    python -m matteo.learning.steadier.shots --data DATA --into RUN/shots --count 1500

Only pictures are used that the shipped network did not learn from (every 20th of the training tars): what it knows by
heart it does not err in. A file holds 100 shots; those that are there already are not made again.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.learning.augment_scene import subject_of
from matteo.learning.data import Pair, is_held_out, pairs_of
from matteo.learning.steadier.moves import Course, Size, course_of, positions, sway_of
from matteo.learning.steadier.seen import Shots, seen_of
from matteo.models.session import default_threads
from matteo.picture.geometry import cover
from matteo.picture.write import publish
from matteo.remover import Remover, in_order

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Generator = np.random.Generator

FRAMES = 10
PER_FILE = 100
AS_TAKEN = 0.45  # share of the shots in which the photograph stays as it is, and the camera moves
BLURRED = 0.5  # share with motion blur
EXPOSURES = 4  # of a frame with motion blur
SWAYING = 0.7
LONGEST = 400  # pixels of a frame before another scene
LEAST_SEEN = 0.015  # of a frame, of the subject, at both ends
ROOM = 12  # pixels around a subject that is cut out
SETS = (
    *(f"train-duts-{part}.tar" for part in range(4)), "train-eg1800.tar", "train-ccp.tar", "train-pets.tar",
    "train-horses.tar", "train-cats.tar",
)  # fmt: skip


@dataclass(frozen=True)
class Shot:
    """frames: T x (h x w x 3) uint8. alphas: T x (h x w) in [0, 1]."""

    frames: list[Bytes]
    alphas: list[Floats]


Moment = Callable[[float], tuple[Floats, Floats]]  # a time in frames -> colours and alpha then


def shot_of(pairs: Sequence[Pair], scenes: Sequence[Bytes], rng: Generator, count: int = FRAMES) -> Shot:
    """One shot; what chance there is comes from rng."""
    while True:
        pair = pairs[int(rng.integers(len(pairs)))]
        rgb, mask = pair.rgb, pair.mask
        if rng.random() < 0.5:
            rgb, mask = np.ascontiguousarray(rgb[:, ::-1]), np.ascontiguousarray(mask[:, ::-1])
        if rng.random() < AS_TAKEN:
            moment: Moment | None = as_taken(rgb, mask, rng, count)
        else:
            moment = before_another_scene(rgb, mask, scenes[int(rng.integers(len(scenes)))], rng, count)
        if moment is None:
            continue
        times = np.arange(EXPOSURES) / EXPOSURES * rng.uniform(0.3, 0.6) if rng.random() < BLURRED else np.zeros(1)
        mixed = [[moment(float(frame + time)) for time in times] for frame in range(count)]
        frames, alphas = ([np.mean([now[part] for now in one], 0) for one in mixed] for part in (0, 1))
        if min((alphas[end] > 0.5).mean() for end in (0, -1)) > LEAST_SEEN:
            return Shot(filmed(frames, rng), [np.asarray(alpha, np.float32) for alpha in alphas])


def as_taken(rgb: Bytes, mask: Bytes, rng: Generator, count: int) -> Moment:
    """The photograph before a camera that moves; the subject sways."""
    size_hw = mask.shape[0], mask.shape[1]
    course, scale, sway = course_of(rng, count, 0.7), rng.uniform(1.05, 1.25), None
    if rng.random() < SWAYING:
        near = cv2.dilate(mask, np.ones((9, 9), np.uint8)).astype(np.float32) / 255
        sway = sway_of(rng, size_hw, rng.uniform(1, 7), np.asarray(cv2.blur(near, (31, 31)), np.float32))
    centre_xy = size_hw[1] / 2, size_hw[0] / 2

    def moment(time: float) -> tuple[Floats, Floats]:
        at = positions(size_hw, size_hw, centre_xy, scale, course.at(time), sway.at(time) if sway else None)
        return _sampled(rgb, at), _sampled(mask, at) / np.float32(255)

    return moment


def before_another_scene(rgb: Bytes, mask: Bytes, scene: Bytes, rng: Generator, count: int) -> Moment | None:
    """The subject and what is behind it go ways of their own, or nearly one. None for a picture without a subject that
    can be moved."""
    found = subject_of(rgb, mask)
    if found is None:
        return None
    shorter = int(rng.integers(LONGEST * 3 // 5, LONGEST + 1))
    size_hw: Size = (shorter, LONGEST) if rng.random() < 0.8 else (LONGEST, shorter)
    scene = cover(scene, (round(size_hw[0] * 1.3), round(size_hw[1] * 1.3)))
    soft = cv2.GaussianBlur(found[1], (0, 0), rng.uniform(0.4, 1.2)).astype(np.float32) / 255
    alpha = np.asarray(cv2.copyMakeBorder(soft, ROOM, ROOM, ROOM, ROOM, cv2.BORDER_CONSTANT), np.float32)
    shift = np.subtract(cv2.mean(scene)[:3], cv2.mean(found[0], (found[1] > 127).astype(np.uint8))[:3])
    matched = np.clip(found[0] + shift * rng.uniform(0, 0.5), 0, 255).astype(np.uint8)
    subject = cv2.copyMakeBorder(matched, ROOM, ROOM, ROOM, ROOM, cv2.BORDER_REPLICATE)
    own_hw = alpha.shape[0], alpha.shape[1]
    scale = rng.uniform(0.4, 1.0) * min(size_hw[0] / own_hw[0], size_hw[1] / own_hw[1])
    centre_xy = rng.uniform(0.25, 0.75) * size_hw[1], rng.uniform(0.35, 0.75) * size_hw[0]
    course = course_of(rng, count)
    behind = course_of(rng, count, 0.6) if rng.random() < 0.7 else Course(np.zeros((count + 1, 4)))
    if rng.random() < 0.3:  # the camera goes with it
        course = Course(0.3 * course.poses + behind.poses)
    sway = sway_of(rng, own_hw, rng.uniform(1, 7) / scale) if rng.random() < SWAYING else None
    scene_hw, middle_xy = (scene.shape[0], scene.shape[1]), (size_hw[1] / 2, size_hw[0] / 2)

    def moment(time: float) -> tuple[Floats, Floats]:
        ground = _sampled(scene, positions(scene_hw, size_hw, middle_xy, 1.0, behind.at(time), None))
        at = positions(own_hw, size_hw, centre_xy, scale, course.at(time), sway.at(time) if sway else None)
        share = np.asarray(cv2.remap(alpha, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32)
        return ground + share[..., None] * (_sampled(np.asarray(subject), at) - ground), share

    return moment


def _sampled(values: Bytes, at: tuple[Floats, Floats]) -> Floats:
    return np.asarray(
        cv2.remap(values, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101).astype(np.float32), np.float32
    )


def filmed(frames: Sequence[NDArray[np.floating]], rng: Generator) -> list[Bytes]:
    """As a camera hands them on: brighter or darker, with noise, compressed."""
    flickers = rng.normal(0, 0.01, len(frames)) * (rng.random() < 0.4)
    gains = np.exp(np.cumsum(flickers) + rng.normal(0, 0.15))
    noise = rng.uniform(0, 6) if rng.random() < 0.6 else 0.0
    shown = []
    for frame, gain in zip(frames, gains, strict=True):
        grain = rng.normal(0, noise, (*frame.shape[:2], 1)) if noise else 0.0
        shown.append(np.clip(np.rint(frame * gain + grain), 0, 255).astype(np.uint8))
    return compressed(shown, int(rng.integers(18, 34))) if rng.random() < 0.6 else shown


def compressed(frames: Sequence[Bytes], crf: int) -> list[Bytes]:
    """Through H.264 and back."""
    import av

    height, width = (length - length % 2 for length in frames[0].shape[:2])
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        options = {"preset": "veryfast", "crf": str(crf), "threads": "1"}
        stream = container.add_stream("libx264", rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:height, :width]), format="rgb24")
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    buffer.seek(0)
    with av.open(buffer, "r") as container:
        decoded = [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]
    rest = frames[0].shape[0] - height, frames[0].shape[1] - width
    return [
        np.asarray(cv2.copyMakeBorder(one, 0, rest[0], 0, rest[1], cv2.BORDER_REPLICATE), np.uint8) for one in decoded
    ]


def make(
    data: Path, into: Path, count: int, *, seed: int = 0, threads: int = 1, say: Callable[[str], None] = print
) -> list[Path]:
    """Files of shots, in order. data: the folder of the training tars and backgrounds.tar."""
    into.mkdir(parents=True, exist_ok=True)
    paths = [into / f"shots-{number:02}.npz" for number in range(-(-count // PER_FILE))]
    if all(path.exists() for path in paths):
        return paths
    pairs = [pair for name in SETS for pair in pairs_of(data / name, is_held_out)]
    scenes = [pair.rgb for pair in pairs_of(data / "backgrounds.tar")]
    remover = Remover(threads=1)

    def one(number: int) -> Shots:
        shot = shot_of(pairs, scenes, np.random.default_rng((seed, number)))
        return seen_of(shot.frames, shot.alphas, remover)

    for number, path in enumerate(paths):
        if path.exists():
            continue
        some = range(number * PER_FILE, min(count, (number + 1) * PER_FILE))
        shots = list(in_order(one, some, threads))
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {
            f.name: np.concatenate([getattr(shot, f.name) for shot in shots]) for f in fields(Shots)
        }
        np.savez(buffer, **arrays)
        publish(buffer.getvalue(), path)
        say(f"{path}: {len(shots)} shots")
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description="Make shots of still pictures, for what makes films steady.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    say = partial(print, flush=True)
    make(options.data, options.into, options.count, seed=options.seed, threads=default_threads(), say=say)


if __name__ == "__main__":
    main()
