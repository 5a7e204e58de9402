"""The subject's own colours in soft edges of a film's frame: the estimate of `matting.foreground`, its means found on a
coarser grid, the correction made in the pixels of the edge alone: half the time, and some levels of 255 from the full
estimate, which `--quality best` makes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.foreground import LAMBDA_FULL, estimate_means, sample
from matteo.picture.image import Alpha, Rgb

GRID = 240  # samples along the long side
NEAR = 4 / 255
MOST = 30_000  # pixels at a time: OpenCV's remap takes 32,767

Floats = NDArray[np.float32]


def edge_colours(rgb: Rgb, alpha: Alpha, opacity: Alpha | None = None) -> Rgb:
    """H x W x 3 in rgb's depth: rgb itself where alpha is 1 or 0 or so near it that nobody sees another colour, else
    the foreground's colour.

    opacity: the source's own; colours that it hides do not count.
    """
    band = cv2.inRange(alpha, NEAR, 1 - NEAR) > 0
    if not band.any():
        return rgb
    full = np.float32(np.iinfo(rgb.dtype).max)
    step = max(1, -(-max(alpha.shape) // GRID))
    small = [sample(values, step) for values in (rgb, alpha, opacity) if values is not None]
    means = estimate_means(small[0] / full, *small[1:])
    y, x = np.nonzero(band)
    foreground, background = (_at(mean, y, x, step) for mean in means)
    a = alpha[band][:, None]
    beyond = rgb[band] / full - a * foreground - (1 - a) * background
    found = foreground + beyond * a / (a * a + (1 - a) * (1 - a) + np.float32(LAMBDA_FULL))
    result = rgb.copy()
    result[band] = np.rint(np.clip(found, 0, 1) * full)
    return result


def _at(grid: Floats, y: NDArray[np.intp], x: NDArray[np.intp], step: int) -> Floats:
    """n x 3: the grid's values at pixels, linear between samples, each of which lies in the middle of its cell."""
    rows, columns = ((p.astype(np.float32) - step // 2) / np.float32(step) for p in (y, x))
    parts = max(1, -(-len(y) // MOST))
    places: list[Any] = np.array_split(np.stack([columns, rows], -1)[:, None], parts)
    empty = np.empty(0, np.int16)
    found = [cv2.remap(grid, p, empty, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[:, 0] for p in places]
    return np.asarray(np.concatenate(found), np.float32)
