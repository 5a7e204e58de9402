"""The coarse alpha that a refiner will meet: the true one made as rough as a network's, a user's mask, or a trimap."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.learning.synthesis.layer import Floats, Generator, floats
from matteo.learning.synthesis.noise import smooth_noise
from matteo.matting.trimap import unknown_band

Mask = NDArray[np.bool_]
TRIMAP = 0.25  # share for which there is a trimap and nothing else
ENLARGED = (cv2.INTER_CUBIC, cv2.INTER_LINEAR)


def ellipse(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def rough(alpha: Floats, rng: Generator) -> tuple[Floats, Mask]:
    """(coarse alpha, unknown band) for the true alpha, H x W each."""
    if rng.random() < TRIMAP:
        return trimap_alone(alpha, rng)
    coarse = without_strands(alpha, rng) if rng.random() < 0.25 else alpha
    factor = float(np.exp(rng.uniform(np.log(1.2), np.log(7))))
    height, width = alpha.shape
    size_wh = max(8, round(width / factor)), max(8, round(height / factor))
    small = worsened(floats(cv2.resize(coarse, size_wh, interpolation=cv2.INTER_AREA)), rng)
    return enlarged(small, (height, width), rng)


def enlarged(small: Floats, size_hw: tuple[int, int], rng: Generator) -> tuple[Floats, Mask]:
    """The small alpha at full size, and its band, found on its own grid as at runtime, a little wider at times."""
    coarse = cv2.resize(small, size_hw[::-1], interpolation=ENLARGED[int(rng.integers(2))])
    band = unknown_band(small, int(rng.integers(2, 5)))
    unknown = cv2.resize(band.astype(np.uint8), size_hw[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return np.clip(coarse, 0, 1).astype(np.float32), np.asarray(unknown, bool)


def without_strands(alpha: Floats, rng: Generator) -> Floats:
    """What a network that never saw a strand gives: thin things gone, or filled, between."""
    radius = int(rng.integers(1, 9))
    operation = cv2.MORPH_OPEN if rng.random() < 0.7 else cv2.MORPH_CLOSE
    return np.asarray(cv2.morphologyEx(alpha, operation, ellipse(radius)), np.float32)


def worsened(small: Floats, rng: Generator) -> Floats:
    """A small alpha, blurred, shifted, grown, hardened, quantised, as chance has it."""
    hw = (small.shape[0], small.shape[1])
    if rng.random() < 0.25:
        y, x = np.mgrid[: hw[0], : hw[1]].astype(np.float32)
        strength = np.float32(rng.uniform(0.2, 1.0))
        moved = [axis + strength * smooth_noise(hw, max(hw) / 6, rng) for axis in (x, y)]
        small = floats(cv2.remap(small, moved[0], moved[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    if rng.random() < 0.15:
        change = cv2.erode if rng.random() < 0.5 else cv2.dilate
        small = floats(change(small, ellipse(1)))
    if rng.random() < 0.2:
        small = (small > rng.uniform(0.25, 0.75)).astype(np.float32)
    if rng.random() < 0.7:
        small = floats(cv2.GaussianBlur(small, (0, 0), rng.uniform(0.3, 1.8)))
    if rng.random() < 0.3:
        small = np.clip((small - 0.5) * rng.uniform(0.7, 2.5) + 0.5, 0, 1)
    if rng.random() < 0.3:
        small = np.clip(small + 0.05 * smooth_noise(hw, rng.uniform(2, 9), rng) * (small * (1 - small) * 4), 0, 1)
    return np.asarray(small, np.float32)


def trimap_alone(alpha: Floats, rng: Generator) -> tuple[Floats, Mask]:
    """Alpha one half in the unknown region, which is the true one grown by up to 12 pixels; else 0 and 1."""
    soft = ((alpha > 0.02) & (alpha < 0.98)).astype(np.uint8)
    edge = cv2.dilate(alpha, ellipse(1)) - cv2.erode(alpha, ellipse(1)) > 0.5
    unknown = cv2.dilate(soft | edge.astype(np.uint8), ellipse(int(rng.integers(2, 13)))) > 0
    return np.where(unknown, np.float32(0.5), (alpha > 0.5).astype(np.float32)), np.asarray(unknown, bool)
