"""The guided filter of `matteo.matting.guided` (He and Sun 2015) for films: the same formulas, several times as fast,
and what is nearly certain becomes certain.

The linear model is solved only where alpha is uncertain, and its maps are enlarged tile by tile.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.clean import snap
from matteo.matting.edges import CLEAR, SOLID
from matteo.matting.guided import EPSILON, RADIUS, solved
from matteo.matting.tiles import Tile, tiles_touching
from matteo.picture.image import Alpha, Rgb

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

PERIOD = 32  # pixels after which samples and pixels begin together, at most
ROOM = RADIUS + 2  # grid pixels around the uncertain ones that their windows and the enlargement reach


def upsampled(coarse: Alpha, small: NDArray[np.uint8], rgb: Rgb) -> Alpha:
    """Alpha of H x W for rgb (H x W x 3, uint8 or uint16).

    coarse: h x w in [0, 1]; small: h x w x 3, the frame on that grid. What is nearly certain becomes certain, as in a
    still picture. Where all of a pixel's surroundings in `coarse` are 0 or all are 1 the result is that, exactly.
    """
    size_hw = rgb.shape[0], rgb.shape[1]
    window = np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), np.uint8)
    low, high = (np.asarray(f(coarse, window), np.float32) for f in (cv2.erode, cv2.dilate))
    uncertain = (high > 0) & (low < 1)
    certain = (low > 0.5).astype(np.float32)
    alpha = np.asarray(cv2.resize(certain, size_hw[::-1], interpolation=cv2.INTER_NEAREST), np.float32)
    if not uncertain.any():
        return alpha
    *slopes, offset = _model(coarse, small, uncertain)
    slopes = [slope * np.float32(1 / np.iinfo(rgb.dtype).max) for slope in slopes]
    for tile in tiles_touching(uncertain, size_hw):
        *by_colour, found, least, most = enlarged((*slopes, offset, low, high), size_hw, tile)
        for slope, colour in zip(by_colour, cv2.split(rgb[tile]), strict=True):
            cv2.accumulateProduct(slope, colour.astype(np.float32), found)
        within = np.asarray(cv2.min(cv2.max(found, least), most), np.float32)
        alpha[tile] = snap(within, CLEAR, 1 - SOLID)
    return alpha


def enlarged(planes: Sequence[Floats], size_hw: tuple[int, int], tile: Tile) -> list[Floats]:
    """The tile of each plane (h x w, all alike) brought to size_hw: linear, pixel centres aligned.

    Where samples and pixels begin together every few pixels, as on most screens' sizes, a box between two such places
    is resized, which is four times as fast as the general way.
    """
    shared = [math.gcd(length, samples) for length, samples in zip(size_hw, planes[0].shape, strict=True)]
    periods = [length // share for length, share in zip(size_hw, shared, strict=True)]
    if max(periods) > PERIOD:
        return [_by_position(plane, size_hw, tile) for plane in planes]
    box, crop, size = [], [], []
    for along, samples, share, period in zip(tile, planes[0].shape, shared, periods, strict=True):
        first, last = max(0, along.start // period - 1), min(share, -(-along.stop // period) + 1)
        box.append(slice(first * (samples // share), last * (samples // share)))
        crop.append(slice(along.start - first * period, along.stop - first * period))
        size.append((last - first) * period)
    large = (cv2.resize(plane[box[0], box[1]], size[::-1], interpolation=cv2.INTER_LINEAR) for plane in planes)
    return [np.asarray(values[crop[0], crop[1]], np.float32) for values in large]


def _by_position(small: Floats, size_hw: tuple[int, int], tile: Tile) -> Floats:
    (height, width), (rows, columns) = size_hw, tile
    x_step, y_step = small.shape[1] / width, small.shape[0] / height
    to_small = np.array(
        [[x_step, 0, (columns.start + 0.5) * x_step - 0.5], [0, y_step, (rows.start + 0.5) * y_step - 0.5]], np.float64
    )
    size_wh = columns.stop - columns.start, rows.stop - rows.start
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(small, to_small, size_wh, flags=how, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _model(alpha: Alpha, small: NDArray[np.uint8], uncertain: Mask) -> list[Floats]:
    """Four of h x w: the slope for each colour and the offset, means over the windows; 0 far from what is uncertain."""
    box = _box(uncertain)
    a = np.ascontiguousarray(alpha[box])
    colours = [plane.astype(np.float32) * np.float32(1 / 255) for plane in cv2.split(small[box])]
    needed = cv2.dilate(uncertain[box].astype(np.uint8), np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), np.uint8))
    places = np.flatnonzero(needed)

    def there(values: Floats) -> Floats:
        """The mean of the values over the window, where it is needed."""
        return _mean(values).ravel()[places]

    means, mean = [there(colour) for colour in colours], there(a)

    def together(i: int, j: int) -> Floats:
        return there(colours[i] * colours[j]) - means[i] * means[j] + np.float32(EPSILON * (i == j))

    sides = (together(i, j) for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    slopes = solved(*sides, *(there(c * a) - m * mean for c, m in zip(colours, means, strict=True)))
    offset = mean - sum(slope * m for slope, m in zip(slopes, means, strict=True))
    model = []
    for values in (*slopes, offset):
        plane, whole = np.zeros_like(a), np.zeros_like(alpha)
        plane.ravel()[places] = values
        whole[box] = _mean(plane)
        model.append(whole)
    return model


def _mean(values: Floats) -> Floats:
    side = 2 * RADIUS + 1
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)


def _box(uncertain: Mask) -> tuple[slice, slice]:
    """The rectangle around what is uncertain, with room for its windows."""
    rows, columns = np.flatnonzero(uncertain.any(1)), np.flatnonzero(uncertain.any(0))
    return tuple(
        slice(max(0, int(at[0]) - 2 * ROOM), min(length, int(at[-1]) + 1 + 2 * ROOM))
        for at, length in zip((rows, columns), uncertain.shape, strict=True)
    )  # type: ignore[return-value]
