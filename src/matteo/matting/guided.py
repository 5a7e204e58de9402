"""Fast guided filter (He and Sun 2015): an alpha made on a small picture, brought to the large one along its edges.

In every small window alpha is taken as a linear function of the colour, alpha = a . rgb + b (He, Sun, Tang 2013);
a and b are found on the small picture, enlarged, and applied to the large picture's own pixels.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.tiles import SIDE, magnify, on_grid, tiles, tiles_touching
from matteo.picture.image import Alpha, Rgb

Floats = NDArray[np.float32]

RADIUS = 2
EPSILON = 1e-4
GRID = 640  # samples of the linear model along the long side, from which it is enlarged
SUM = np.ones((1, 3), np.float32)
LARGE_SIDE = 512  # of the tiles at full size, whose windows reach far


def guided_upsample(
    coarse: Alpha, small_rgb: Floats, rgb: Rgb, *, radius: int = RADIUS, epsilon: float = EPSILON
) -> Alpha:
    """Alpha of H x W for rgb (H x W x 3, uint8 or uint16).

    coarse: h x w in [0, 1]; small_rgb: h x w x 3 in [0, 1], the picture on that grid. radius: of the window, in small
    pixels. epsilon: how little contrast (squared, in [0, 1]) counts as flat.
    Where all of a pixel's surroundings in `coarse` are 0 or all are 1 the result is that, exactly.
    """
    size_hw = rgb.shape[0], rgb.shape[1]
    window = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    lowest, highest = cv2.erode(coarse, window), cv2.dilate(coarse, window)
    uncertain = (highest > 0) & (lowest < 1)
    a, b = linear_model(coarse, small_rgb, radius, epsilon)
    step = max(1, max(size_hw) // max(GRID, *coarse.shape))
    slope = on_grid(a * np.float32(1 / np.iinfo(rgb.dtype).max), size_hw, step)
    # The model may overshoot where colours repeat; alpha stays within what its surroundings had.
    rest = on_grid(np.dstack([b, lowest, highest]), size_hw, step)
    certain = cv2.resize((lowest > 0.5).astype(np.float32), size_hw[::-1], interpolation=cv2.INTER_NEAREST)
    alpha = np.asarray(certain, np.float32)

    for tile in tiles_touching(uncertain, size_hw, step * max(1, SIDE // step)):
        product = cv2.multiply(magnify(slope, step, tile), rgb[tile], dtype=cv2.CV_32F)
        offset, low, high = cv2.split(magnify(rest, step, tile))
        estimate = cv2.add(cv2.transform(product, SUM), offset)
        alpha[tile] = cv2.min(cv2.max(estimate, low), high)
    return alpha


def guided_filter(alpha: Alpha, rgb: Rgb, radius: int, epsilon: float = EPSILON) -> Alpha:
    """Guided filter (He, Sun, Tang 2013) of an alpha of the picture's own size, H x W for rgb (H x W x 3).

    radius: of the window, in pixels. Done in tiles with what their windows reach, where alpha is not constant.
    """
    reach = 2 * radius
    size_hw = rgb.shape[0], rgb.shape[1]
    result = alpha.copy()
    for tile in tiles(size_hw, LARGE_SIDE):
        seen = tuple(slice(max(0, s.start - reach), min(n, s.stop + reach)) for s, n in zip(tile, size_hw, strict=True))
        part = alpha[seen]
        if part.min() == part.max():
            continue
        colours = np.asarray(rgb[seen], np.float32) / np.float32(np.iinfo(rgb.dtype).max)
        a, b = linear_model(part, colours, radius, epsilon)
        window = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
        estimate = np.clip(cv2.transform(a * colours, SUM) + b, cv2.erode(part, window), cv2.dilate(part, window))
        result[tile] = estimate[
            tuple(slice(s.start - t.start, s.stop - t.start) for s, t in zip(tile, seen, strict=True))
        ]
    return result


def linear_model(alpha: Alpha, rgb: Floats, radius: int, epsilon: float) -> tuple[Floats, Floats]:
    """a (h x w x 3) and b (h x w), each the mean over the windows that hold the pixel."""
    side = (2 * radius + 1, 2 * radius + 1)

    def mean(x: Floats) -> Floats:
        return np.asarray(cv2.blur(x, side, borderType=cv2.BORDER_REFLECT), np.float32)

    mean_rgb, mean_alpha = mean(rgb), mean(alpha)
    covariance = mean(rgb * alpha[..., None]) - mean_rgb * mean_alpha[..., None]
    channels, means = cv2.split(rgb), cv2.split(mean_rgb)

    def variance(i: int, j: int) -> Floats:
        return np.asarray(mean(channels[i] * channels[j]) - means[i] * means[j] + np.float32(epsilon * (i == j)))

    sides = (variance(i, j) for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    a = np.asarray(cv2.merge(solved(*sides, *cv2.split(covariance))), np.float32)
    b = mean_alpha - cv2.transform(a * mean_rgb, SUM)
    return mean(a), mean(b)


def solved(
    m00: Floats, m01: Floats, m02: Floats, m11: Floats, m12: Floats, m22: Floats, v0: Floats, v1: Floats, v2: Floats
) -> list[Floats]:
    """Three planes, the solution x of m x = v at each pixel, for symmetric positive m: by Cholesky's method without
    roots, written out, as a general solver called for each pixel takes five times as long."""
    l10, l20 = m01 / m00, m02 / m00
    d1, rest = m11 - l10 * m01, m12 - l10 * m02
    l21 = rest / d1
    d2 = m22 - l20 * m02 - l21 * rest
    y1 = v1 - l10 * v0
    x2 = (v2 - l20 * v0 - l21 * y1) / d2
    x1 = y1 / d1 - l21 * x2
    return [np.asarray(x, np.float32) for x in (v0 / m00 - l10 * x1 - l20 * x2, x1, x2)]
