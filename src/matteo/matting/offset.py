"""An alpha made larger or smaller by a distance, or softer: grow, shrink, feather. Distances may be parts of a pixel.

Growing is grey dilation by a disc (Sternberg 1986), shrinking erosion: an edge moves by the distance with its softness
kept, a strand gets thicker. What lies beyond the picture counts neither way, so a subject at its border stays there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.errors import UsageError
from matteo.matting.tiles import tiles
from matteo.picture.image import Alpha

Floats = NDArray[np.float32]

LARGEST_DISC = 8  # pixels: larger ones are several in turn
ROUND = 0.3  # added to a disc's radius, so that slanting edges move as far as upright ones
DIRECTIONS = 16
SIDE = 512


def pixels(amount: float | str, size_hw: tuple[int, int]) -> float:
    """A distance in pixels: a number, or a text such as "1.5", "1.5px" or "0.2%" (of the long side).

    UsageError for anything else, and for what is negative or more than a tenth of the long side.
    """
    number, relative = _parsed(amount)
    distance = number * max(size_hw) / 100 if relative else number
    if distance > max(size_hw) / 10:
        raise UsageError(f"{amount} is more than a tenth of the picture: give less")
    return distance


def check_distance(amount: float | str) -> None:
    """UsageError for what `pixels` refuses whatever the picture's size."""
    number, relative = _parsed(amount)
    if relative and number > 10:
        raise UsageError(f"{amount} is more than a tenth of the picture: give less")


def _parsed(amount: float | str) -> tuple[float, bool]:
    """The number, and whether it is in per cent."""
    match = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*(px|%)?\s*", str(amount))
    if match is None:
        raise UsageError(f"{amount!r} is no distance: give pixels or per cent of the long side, as in 2, 1.5 or 0.2%")
    return float(match[1]), match[2] == "%"


def grow(alpha: Alpha, distance: float) -> Alpha:
    """H x W, the highest alpha within `distance` pixels of each; alpha itself where that is 0."""
    whole, part = int(distance), distance - int(distance)
    for radius in _radii(whole):
        alpha = _in_tiles(alpha, radius, partial(_highest_within, kernel=_disc(radius)))
    return _in_tiles(alpha, 1, partial(_highest_around, distance=part)) if part > 1e-3 else alpha


def shrink(alpha: Alpha, distance: float) -> Alpha:
    """H x W, the lowest alpha within `distance` pixels of each."""
    return 1 - grow(1 - alpha, distance) if distance > 0 else alpha


def feather(alpha: Alpha, width: float) -> Alpha:
    """H x W with its edges softer: a hard one becomes a ramp about `width` pixels wide, its middle where it was."""
    if width <= 0:
        return alpha
    kernel = _tent(width)
    reach = len(kernel) // 2

    def soften(values: Floats) -> Floats:
        return np.asarray(cv2.sepFilter2D(values, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE), np.float32)

    return np.clip(_in_tiles(alpha, reach, soften), 0, 1)


def _in_tiles(alpha: Alpha, reach: int, function: Callable[[Floats], Floats]) -> Alpha:
    """function, which sees `reach` pixels far and keeps what is constant, of the whole, where there is work to do."""
    result = alpha.copy()
    for tile in tiles((alpha.shape[0], alpha.shape[1]), SIDE):
        seen = tuple(
            slice(max(0, s.start - reach), min(n, s.stop + reach)) for s, n in zip(tile, alpha.shape, strict=True)
        )
        part = alpha[seen]
        if part.min() < part.max():
            inner = tuple(slice(s.start - t.start, s.stop - t.start) for s, t in zip(tile, seen, strict=True))
            result[tile] = function(np.ascontiguousarray(part))[inner]
    return result


def _radii(whole: int) -> list[int]:
    """Discs whose radii sum up to `whole`, as equal as they can be."""
    count = math.ceil(whole / LARGEST_DISC)
    return [whole // count + (i < whole % count) for i in range(count)] if count else []


def _disc(radius: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(x * x + y * y <= (radius + ROUND) ** 2, np.uint8)


def _highest_within(alpha: Floats, kernel: NDArray[np.uint8]) -> Floats:
    return np.asarray(cv2.dilate(alpha, kernel), np.float32)


def _highest_around(alpha: Floats, distance: float) -> Floats:
    """The highest of alpha and of its values on a circle of less than a pixel, interpolated linearly."""
    result = alpha
    padded = np.pad(alpha, 1, mode="edge")
    for k in range(DIRECTIONS):
        angle = 2 * math.pi * k / DIRECTIONS
        dx, dy = distance * math.cos(angle), distance * math.sin(angle)
        kernel = np.zeros((3, 3), np.float32)
        column, row = int(np.sign(round(dx, 9))), int(np.sign(round(dy, 9)))
        kernel[1, 1] += (1 - abs(dx)) * (1 - abs(dy))
        kernel[1, 1 + column] += abs(dx) * (1 - abs(dy))
        kernel[1 + row, 1] += (1 - abs(dx)) * abs(dy)
        kernel[1 + row, 1 + column] += abs(dx) * abs(dy)
        shifted = cv2.filter2D(padded, -1, kernel)[1:-1, 1:-1]
        result = np.maximum(result, shifted)
    return np.asarray(np.clip(result, 0, 1), np.float32)


def _tent(width: float) -> Floats:
    """A triangle `width` pixels wide, its share in each pixel, sum 1: twice a box blur of half the width."""
    half = width / 2
    reach = math.ceil(half + 0.5)
    edges = np.clip(np.arange(-reach, reach + 2) - 0.5, -half, half) / half
    area = np.where(edges < 0, (1 + edges) ** 2 / 2, 1 - (1 - edges) ** 2 / 2)
    return np.diff(area).astype(np.float32).reshape(-1, 1)
