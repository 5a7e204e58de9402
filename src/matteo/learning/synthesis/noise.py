"""Smooth random fields, and shapes cut out of them with an edge of one pixel."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Generator = np.random.Generator

STEEPEST = 2.0  # in units a pixel; keeps the edge of a flat field from growing without end
FLATTEST = 1e-4


def smooth_noise(size_hw: tuple[int, int], scale: float, rng: Generator, octaves: int = 1) -> Floats:
    """H x W of about mean 0 and deviation 1, whose hills are `scale` pixels wide; each octave halves scale and size."""
    total = np.zeros(size_hw, np.float32)
    for octave in range(octaves):
        step = max(1.0, scale / 2**octave)
        grid_hw = [int(np.ceil(length / step)) + 3 for length in size_hw]
        grid = rng.standard_normal(grid_hw, np.float32)
        reach = [max(length, round(cells * step)) for length, cells in zip(size_hw, grid_hw, strict=True)]
        large = cv2.resize(grid, (reach[1], reach[0]), interpolation=cv2.INTER_CUBIC)
        total += large[: size_hw[0], : size_hw[1]] * np.float32(0.5**octave)
    deviation = float(total.std())
    return total / np.float32(deviation) if deviation > 0 else total


def above(field: Floats, level: float | Floats) -> Floats:
    """Where the field is above the level, H x W in [0, 1], with an edge one pixel wide: the distance to the edge is
    the height over it divided by the slope."""
    height = np.asarray(field - np.float32(level) if isinstance(level, float) else field - level, np.float32)
    across = cv2.Scharr(height, cv2.CV_32F, 1, 0, scale=1 / 32, borderType=cv2.BORDER_REPLICATE)
    down = cv2.Scharr(height, cv2.CV_32F, 0, 1, scale=1 / 32, borderType=cv2.BORDER_REPLICATE)
    slope = np.clip(cv2.magnitude(across, down), FLATTEST, STEEPEST)
    return np.clip(height / slope + np.float32(0.5), 0, 1)
