"""Studio backdrops, made: plain paper, gradients, uneven light. Pictures without a subject, to put subjects before and
to be shown empty: a network that has seen photographs only finds a subject in white paper.
"""

from __future__ import annotations

import cv2
import numpy as np

from matteo.learning.augment_place import Bytes, as_bytes
from matteo.learning.data import Pair

SIZES = ((300, 400), (400, 300), (400, 400))  # height and width in pixels
PAPER = ((255, 255, 255), (245, 245, 245), (238, 236, 232), (0, 0, 0), (40, 40, 42), (128, 128, 128))


def backdrops(count: int, rng: np.random.Generator) -> list[Pair]:
    """So many of them, each with an empty mask; the generator decides all."""
    made = [backdrop(SIZES[int(rng.integers(len(SIZES)))], rng) for _ in range(count)]
    return [Pair(f"backdrop-{i}", rgb, np.zeros(rgb.shape[:2], np.uint8)) for i, rgb in enumerate(made)]


def backdrop(size_hw: tuple[int, int], rng: np.random.Generator) -> Bytes:
    """One of a single colour, with a gradient between two, or with the fall-off of a lamp; H x W x 3 uint8."""
    height, width = size_hw
    first = _colour(rng)
    kind = rng.random()
    if kind < 0.3:
        return np.broadcast_to(first.round().astype(np.uint8), (height, width, 3)).copy()
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    if kind < 0.7:
        angle = rng.uniform(0, 2 * np.pi)
        along = (x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)
        share = 1 / (1 + np.exp(-along * rng.uniform(2, 9)))  # no kink: an edge would be a thing
        second = _colour(rng) if rng.random() < 0.5 else first * np.float32(rng.uniform(0.5, 1.1))
    else:
        centre, reach = rng.uniform(0, 1, 2), rng.uniform(0.5, 1.2) * max(height, width)
        share = 1 - np.exp(-((y - centre[0] * height) ** 2 + (x - centre[1] * width) ** 2) / reach**2)
        second = first * np.float32(rng.uniform(0.3, 0.9))
    rgb = first + share[..., None].astype(np.float32) * (second - first)
    grain = rng.normal(0, rng.uniform(0, 3), (height, width, 1)).astype(np.float32)
    if rng.random() < 0.3:  # cloth, plaster
        grain = grain + 40 * cv2.GaussianBlur(grain, (0, 0), rng.uniform(2, 12))[..., None]
    return as_bytes(np.clip(rgb + grain, 0, 255).round().astype(np.uint8))


def _colour(rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    if rng.random() < 0.5:
        return np.array(PAPER[int(rng.integers(len(PAPER)))], np.float32)
    hsv = np.array([[[rng.uniform(0, 180), rng.uniform(0, 200), rng.uniform(40, 255)]]]).astype(np.uint8)
    colour: np.ndarray[tuple[int], np.dtype[np.float32]] = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0].astype(np.float32)
    return colour
