"""Out of focus as a lens does it: every point of light becomes a disc, and light adds up linearly."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.picture.composite import strips
from matteo.picture.light import Light

Floats = NDArray[np.float32]

WORKING = 12  # pixels: a larger disc is laid on a smaller picture, where its radius is this at least
ROWS = 512
FINE = 8  # samples per pixel and axis, for the disc's edge


def lens_blur(
    rgb: NDArray[Any], radius: float, light: Light, rows: slice | None = None
) -> Iterator[tuple[slice, Floats]]:
    """H x W x 3 integers with every point spread over a disc of `radius` pixels: rows in turn, as linear light.

    A disc of 24 pixels or more is laid on a picture that is smaller by a whole factor. Of the blurred picture, which
    has no detail finer than its disc, that loses the disc's hard rim alone: it becomes soft over a twelfth of the
    radius. The disc's second moment is kept. Beyond the border the picture goes on mirrored.
    """
    factor = max(1, int(radius // WORKING))
    # The mean over factor x factor pixels is a little blur of its own: variances add up, r^2 / 4 of a disc and
    # (f^2 - 1) / 12 of a square.
    own = math.sqrt(max(radius**2 - (factor**2 - 1) / 3, 0)) / factor
    kernel = disc(own)
    halo = (kernel.shape[0] // 2 + 2) * factor
    wanted = rows or slice(0, len(rgb))
    step = ROWS if factor == 1 else len(rgb)
    for top in range(wanted.start, wanted.stop, step):
        bottom = min(top + step, wanted.stop)
        first = max(0, (top - halo) // factor * factor)
        last = min(len(rgb), bottom + halo)
        small = _reduced(rgb[first:last], factor, light)
        small = np.asarray(cv2.filter2D(small, -1, kernel, borderType=cv2.BORDER_REFLECT), np.float32)
        for part, values in _magnified(small, factor, slice(top - first, bottom - first), rgb.shape[1]):
            yield slice(part.start + first, part.stop + first), values


def disc(radius: float) -> Floats:
    """The disc's share of every pixel around, n x n with n odd; its sum is 1."""
    reach = max(0, math.ceil(radius - 0.5))
    side = 2 * reach + 1
    fine = (np.arange(side * FINE, dtype=np.float32) + 0.5) / FINE - side / 2
    inside = (fine[:, None] ** 2 + fine**2 <= max(radius, 0.5) ** 2).astype(np.float32)
    share = inside.reshape(side, FINE, side, FINE).mean(axis=(1, 3), dtype=np.float32)
    return np.asarray(share / share.sum(), np.float32)


def _reduced(rgb: NDArray[Any], factor: int, light: Light) -> Floats:
    """Means of factor x factor of linear light; what is missing at the lower and right border is mirrored."""
    height, width = (-(-n // factor) for n in rgb.shape[:2])
    small = np.empty((height, width, 3), np.float32)
    across = width * factor - rgb.shape[1]
    for part in strips(height, width * factor * factor):
        piece = light.linear(rgb[part.start * factor : part.stop * factor])
        down = (part.stop - part.start) * factor - len(piece)
        if down or across:
            piece = np.asarray(cv2.copyMakeBorder(piece, 0, down, 0, across, cv2.BORDER_REFLECT), np.float32)
        small[part] = cv2.resize(piece, (width, part.stop - part.start), interpolation=cv2.INTER_AREA)
    return small


def _magnified(small: Floats, factor: int, rows: slice, width: int) -> Iterator[tuple[slice, Floats]]:
    """The wanted rows of the picture `factor` times as large, in turn."""
    if factor == 1:
        yield rows, small[rows]
        return
    for part in strips(rows.stop - rows.start, width):
        top, bottom = part.start + rows.start, part.stop + rows.start
        first, last = max(0, top // factor - 2), min(len(small), -(-bottom // factor) + 2)
        size = small.shape[1] * factor, (last - first) * factor
        large = np.asarray(cv2.resize(small[first:last], size, interpolation=cv2.INTER_CUBIC), np.float32)
        yield slice(top, bottom), large[top - first * factor : bottom - first * factor, :width]
