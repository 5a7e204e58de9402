"""The subject's own colours: Approximate Fast Foreground Colour Estimation (Forte 2021), "blur fusion".

In the band a pixel shows alpha F + (1 - alpha) B. F and B are first the means of the colours around, weighted by
alpha^4 and (1 - alpha)^4; then what the pixel shows beyond them is given to F:

    F = F_mean + alpha (I - alpha F_mean - (1 - alpha) B_mean)

(The paper weighs by alpha itself, which lets the mixed colours of the band into the means: a quarter more error on
known composites.) Done twice, first wide, then narrow. The means are smooth, so they are found on a smaller picture;
the pixels themselves are corrected at full size, and only where alpha is neither 0 nor 1.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.tiles import SIDE, magnify, tiles
from matteo.picture.image import Alpha, Rgb

Floats = NDArray[np.float32]

WORKING = 640  # samples along the long side, of which means are taken
WIDE, NARROW = 0.045, 0.004  # radii of the two means, as shares of the working picture's long side
SHARPNESS = 4
TINY = 1e-7
ROWS = 256
BETWEEN = (float(np.nextafter(np.float32(0), np.float32(1))), float(np.nextafter(np.float32(1), np.float32(0))))


def estimate_foreground(rgb: Rgb, alpha: Alpha, opacity: Alpha | None = None) -> Rgb:
    """H x W x 3 in rgb's depth: rgb itself where alpha is 0 or 1, the estimated foreground's colour between.

    opacity: the source's own, where it had one; colours that it hides do not count.
    """
    step = max(1, -(-max(alpha.shape) // WORKING))
    small = [sample(values, step) for values in (rgb, alpha, opacity) if values is not None]
    full = np.float32(np.iinfo(rgb.dtype).max)
    foreground, background = (means * full for means in estimate_means(small[0] / full, *small[1:]))
    depth = cv2.CV_8U if rgb.dtype == np.uint8 else cv2.CV_16U
    result = rgb.copy()

    for tile in tiles((alpha.shape[0], alpha.shape[1]), step * max(1, SIDE // step)):
        t = alpha[tile]
        band = cv2.inRange(t, *BETWEEN)
        if not cv2.countNonZero(band):
            continue
        f, b = magnify(foreground, step, tile), magnify(background, step, tile)
        a = cv2.merge([t, t, t])
        # `fuse`, by OpenCV, which is several times faster here; the last sum rounds and saturates.
        beyond = cv2.subtract(rgb[tile], b, dtype=cv2.CV_32F)
        beyond = cv2.subtract(beyond, cv2.multiply(a, cv2.subtract(f, b)))
        corrected = cv2.add(f, cv2.multiply(a, beyond), dtype=depth)
        result[tile] = cv2.copyTo(corrected, band, np.ascontiguousarray(result[tile]))
    return result


def hide_background(rgb: Rgb, alpha: Alpha) -> None:
    """Zeroes, in place, the colours where alpha is 0, so that nothing of the background stays in the file."""
    for top in range(0, len(rgb), ROWS):
        rows = slice(top, top + ROWS)
        seen = (alpha[rows] > 0).view(np.uint8)
        rgb[rows] = cv2.bitwise_and(rgb[rows], rgb[rows], mask=seen).reshape(rgb[rows].shape)


def fuse(rgb: Floats, foreground: Floats, background: Floats, alpha: Alpha) -> Floats:
    """What the pixels show beyond the means is given to the foreground. Colours H x W x 3, alpha H x W."""
    a = alpha[..., None]
    corrected: Floats = np.clip(foreground + a * (rgb - background - a * (foreground - background)), 0, 1)
    return corrected


def estimate_means(rgb: Floats, alpha: Alpha, opacity: Alpha | None = None) -> tuple[Floats, Floats]:
    """Foreground and background colours around every pixel, h x w x 3 each."""
    longest = max(alpha.shape)
    inside, outside = alpha**SHARPNESS, (1 - alpha) ** SHARPNESS
    if opacity is not None:
        inside, outside = inside * opacity, outside * opacity
    wide, narrow = round(longest * WIDE), round(longest * NARROW)
    foreground, background = _mean(rgb, inside, wide), _mean(rgb, outside, wide)
    foreground = fuse(rgb, foreground, background, alpha)
    return _mean(foreground, inside, narrow), _mean(background, outside, narrow)


def _mean(rgb: Floats, weight: Floats, radius: int) -> Floats:
    side = (2 * radius + 1, 2 * radius + 1)
    total = cv2.blur(weight, side)[..., None]
    return np.asarray(cv2.blur(rgb * weight[..., None], side) / (total + TINY), np.float32)


def sample(values: NDArray[Any], step: int) -> Floats:
    """Every step-th pixel, as float32: in single pixels, not in means, alpha F + (1 - alpha) B is exact."""
    ys, xs = (np.minimum(np.arange(step // 2, n + step // 2, step), n - 1) for n in values.shape[:2])
    return np.asarray(values[ys][:, xs], np.float32)
