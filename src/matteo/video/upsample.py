"""The guided filter of `matteo.matting.guided` (He and Sun 2015) for films: the same formulas, three times as fast.

The linear model is solved only where alpha is uncertain, by cofactors, and its maps are enlarged tile by tile.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.guided import EPSILON, RADIUS
from matteo.matting.tiles import Tile, tiles_touching
from matteo.picture.image import Alpha, Rgb

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

SUM = np.ones((1, 3), np.float32)
PERIOD = 32  # pixels after which samples and pixels begin together, at most
ROOM = RADIUS + 2  # grid pixels around the uncertain ones that their windows and the enlargement reach


def upsampled(coarse: Alpha, small: NDArray[np.uint8], rgb: Rgb) -> Alpha:
    """Alpha of H x W for rgb (H x W x 3, uint8 or uint16).

    coarse: h x w in [0, 1]; small: h x w x 3, the frame on that grid. Where all of a pixel's surroundings in `coarse`
    are 0 or all are 1 the result is that, exactly.
    """
    size_hw = rgb.shape[0], rgb.shape[1]
    window = np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), np.uint8)
    bounds = np.dstack([cv2.erode(coarse, window), cv2.dilate(coarse, window)]).astype(np.float32, copy=False)
    uncertain = (bounds[..., 1] > 0) & (bounds[..., 0] < 1)
    certain = (bounds[..., 0] > 0.5).astype(np.float32)
    alpha = np.asarray(cv2.resize(certain, size_hw[::-1], interpolation=cv2.INTER_NEAREST), np.float32)
    if not uncertain.any():
        return alpha
    model = _model(coarse, small, uncertain)
    slope = model[..., :3] * np.float32(1 / np.iinfo(rgb.dtype).max)
    rest = np.dstack([model[..., 3], bounds])
    for tile in tiles_touching(uncertain, size_hw):
        offset, low, high = cv2.split(enlarged(rest, size_hw, tile))
        product = cv2.multiply(enlarged(slope, size_hw, tile), rgb[tile], dtype=cv2.CV_32F)
        alpha[tile] = cv2.min(cv2.max(cv2.add(cv2.transform(product, SUM), offset), low), high)
    return alpha


def enlarged(small: Floats, size_hw: tuple[int, int], tile: Tile) -> Floats:
    """The tile of `small` (h x w or h x w x c) brought to size_hw: linear, pixel centres aligned.

    Where samples and pixels begin together every few pixels, as on most screens' sizes, a box between two such places
    is resized, which is four times as fast as the general way.
    """
    shared = [math.gcd(length, samples) for length, samples in zip(size_hw, small.shape, strict=False)]
    periods = [length // share for length, share in zip(size_hw, shared, strict=True)]
    if max(periods) > PERIOD:
        return _by_position(small, size_hw, tile)
    box, crop, size = [], [], []
    for along, samples, share, period in zip(tile, small.shape, shared, periods, strict=False):
        first, last = max(0, along.start // period - 1), min(share, -(-along.stop // period) + 1)
        box.append(slice(first * (samples // share), last * (samples // share)))
        crop.append(slice(along.start - first * period, along.stop - first * period))
        size.append((last - first) * period)
    large = cv2.resize(small[box[0], box[1]], (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(large[crop[0], crop[1]], np.float32)


def _by_position(small: Floats, size_hw: tuple[int, int], tile: Tile) -> Floats:
    (height, width), (rows, columns) = size_hw, tile
    x_step, y_step = small.shape[1] / width, small.shape[0] / height
    to_small = np.array(
        [[x_step, 0, (columns.start + 0.5) * x_step - 0.5], [0, y_step, (rows.start + 0.5) * y_step - 0.5]], np.float64
    )
    size_wh = columns.stop - columns.start, rows.stop - rows.start
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(small, to_small, size_wh, flags=how, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _model(alpha: Alpha, small: NDArray[np.uint8], uncertain: Mask) -> Floats:
    """h x w x 4: the slope for each colour and the offset, means over the windows; 0 far from what is uncertain."""
    box = _box(uncertain)
    a, rgb = alpha[box], small[box].astype(np.float32) * np.float32(1 / 255)
    r, g, b = cv2.split(rgb)
    mean_rgb, mean_alpha = _mean(rgb), _mean(a)
    mean_ra = _mean(rgb * a[..., None])
    squares, crossed = _mean(rgb * rgb), _mean(np.dstack([r * g, r * b, g * b]))
    needed = cv2.dilate(uncertain[box].astype(np.uint8), np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), np.uint8)) > 0
    at = mean_rgb[needed], mean_alpha[needed], mean_ra[needed], squares[needed], crossed[needed]
    model = np.zeros((*a.shape, 4), np.float32)
    model[needed] = _solved(*at)
    whole = np.zeros((*alpha.shape, 4), np.float32)
    whole[box] = _mean(model)
    return whole


def _solved(rgb: Floats, alpha: Floats, ra: Floats, squares: Floats, crossed: Floats) -> Floats:
    """n x 4 from n windows' means: the colours' covariance matrix, solved by its cofactors."""
    (xx, yy, zz) = (squares - rgb * rgb + np.float32(EPSILON)).T
    r, g, b = rgb.T
    xy, xz, yz = crossed[:, 0] - r * g, crossed[:, 1] - r * b, crossed[:, 2] - g * b
    cx, cy, cz = (ra - rgb * alpha[:, None]).T
    a, b_, c = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    d, e, f = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    scale = 1 / (xx * a + xy * b_ + xz * c)
    slope = np.stack([a * cx + b_ * cy + c * cz, b_ * cx + d * cy + e * cz, c * cx + e * cy + f * cz], 1)
    slope *= scale[:, None]
    return np.concatenate([slope, alpha[:, None] - (slope * rgb).sum(1, keepdims=True)], 1)


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
