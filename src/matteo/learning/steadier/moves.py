"""How a layer of a shot moves: along a path, as a whole, and swaying in itself as what is alive does."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Size = tuple[int, int]
Generator = np.random.Generator

STILL = 0.15  # chance that nothing moves
SPEED = 0.15, 14.0  # pixels a frame, evenly in its logarithm
TO_AND_FRO = 0.3  # chance
WAVES = 3


@dataclass(frozen=True)
class Pose:
    """Where a layer's centre is moved to from where it begins, x and y in pixels; the logarithm of its scale; its angle
    in degrees."""

    x: float = 0.0
    y: float = 0.0
    zoom: float = 0.0
    angle: float = 0.0


@dataclass(frozen=True)
class Course:
    """poses: n x 4, one for each frame, x, y, zoom and angle."""

    poses: NDArray[np.float64]

    def at(self, time: float) -> Pose:
        frames = np.arange(len(self.poses))
        return Pose(*(float(np.interp(time, frames, values)) for values in self.poses.T))


def course_of(rng: Generator, frames: int, calm: float = 1.0) -> Course:
    """A way of so many frames, at rest in its middle. calm: what the speed is multiplied by."""
    speed = 0.0 if rng.random() < STILL else calm * math.exp(rng.uniform(*np.log(SPEED)))
    time, angle = np.arange(frames + 1), rng.uniform(0, 2 * np.pi)
    velocity = speed * np.array([np.cos(angle), np.sin(angle)])
    poses = np.zeros((frames + 1, 4))
    if rng.random() < TO_AND_FRO:
        pace = rng.uniform(0.3, 1.2)
        poses[:, :2] = velocity / pace * np.sin(pace * time + rng.uniform(0, 6))[:, None]
    else:
        poses[:, :2] = time[:, None] * velocity + 0.5 * (time**2)[:, None] * rng.normal(0, 0.08 * speed, 2)
    if rng.random() < 0.5:
        poses[:, :2] += rng.normal(0, rng.uniform(0, 0.6), (frames + 1, 2))  # a hand that holds the camera
    if rng.random() < 0.5:
        poses[:, 2] = time * rng.normal(0, 0.006)
    if rng.random() < 0.5:
        poses[:, 3] = time * rng.normal(0, 0.5)
    return Course(poses - poses[frames // 2])


@dataclass(frozen=True)
class Sway:
    """A layer bends: waves of some lengths, each to and fro in a direction of its own. waves: n x h x w; directions,
    phases: n x 2; where: h x w, how far it does there."""

    amount: float
    pace: float
    waves: Floats
    directions: NDArray[np.float64]
    phases: NDArray[np.float64]
    where: Floats | None = None

    def at(self, time: float) -> Floats:
        """h x w x 2, pixels."""
        moved = self.directions * np.sin(self.pace * time + self.phases)
        shift = np.tensordot(self.waves, moved.astype(np.float32), (0, 0)) * np.float32(self.amount / math.sqrt(WAVES))
        return np.asarray(shift if self.where is None else shift * self.where[..., None], np.float32)


def sway_of(rng: Generator, size_hw: Size, amount: float, where: Floats | None = None) -> Sway:
    y, x = np.mgrid[: size_hw[0], : size_hw[1]].astype(np.float32)
    waves = []
    for _ in range(WAVES):
        across, down = rng.normal(0, 1, 2) * 2 * np.pi / (max(size_hw) * rng.uniform(0.3, 1.0))
        waves.append(np.sin(np.float32(across) * x + np.float32(down) * y + np.float32(rng.uniform(0, 6))))
    directions, phases = rng.normal(0, 1, (WAVES, 2)), rng.uniform(0, 6, (WAVES, 1))
    return Sway(amount, rng.uniform(0.2, 0.9), np.asarray(waves, np.float32), directions, phases, where)


def positions(
    layer_hw: Size, frame_hw: Size, centre_xy: tuple[float, float], scale: float, pose: Pose, bent: Floats | None
) -> tuple[Floats, Floats]:
    """Of each pixel of a frame where it lies in a layer, x and y. centre_xy: of the layer in the frame, before it
    moves. bent: layer_hw x 2, a sway."""
    zoom, angle = scale * math.exp(pose.zoom), math.radians(pose.angle)
    cosine, sine = np.float32(math.cos(angle) / zoom), np.float32(math.sin(angle) / zoom)
    y, x = np.mgrid[: frame_hw[0], : frame_hw[1]].astype(np.float32)
    x -= np.float32(centre_xy[0] + pose.x)
    y -= np.float32(centre_xy[1] + pose.y)
    across = cosine * x + sine * y + np.float32(layer_hw[1] / 2)
    down = cosine * y - sine * x + np.float32(layer_hw[0] / 2)
    if bent is None:
        return across, down
    more = cv2.remap(bent, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return across + more[..., 0], down + more[..., 1]
