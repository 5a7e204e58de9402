"""The subject's own colours: Approximate Fast Foreground Colour Estimation (Forte 2021), "blur fusion".

In the band a pixel shows alpha F + (1 - alpha) B. F and B are first the means of the colours around, weighted by
alpha^4 and (1 - alpha)^4; then what the pixel shows beyond them is given to F:

    F = F_mean + alpha (I - alpha F_mean - (1 - alpha) B_mean)

(The paper weighs by alpha itself, which lets the mixed colours of the band into the means: a quarter more error on
known composites.) Done twice, first wide, then narrow. The means are smooth, so they are found on a smaller picture;
the pixels themselves are corrected at full size, and only where alpha is neither 0 nor 1.
"""

from __future__ import annotations

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


def estimate_foreground(rgb: Rgb, alpha: Alpha) -> Rgb:
    """H x W x 3 in rgb's depth: rgb itself where alpha is 0 or 1, the estimated foreground's colour between."""
    step = max(1, -(-max(alpha.shape) // WORKING))
    foreground, background = estimate_means(*sample(rgb, alpha, step))
    full = float(np.iinfo(rgb.dtype).max)
    depth = cv2.CV_8U if rgb.dtype == np.uint8 else cv2.CV_16U
    result = rgb.copy()

    for tile in tiles((alpha.shape[0], alpha.shape[1]), step * max(1, SIDE // step)):
        t = alpha[tile]
        band = cv2.inRange(t, *BETWEEN)
        if not cv2.countNonZero(band):
            continue
        f, b = magnify(foreground, step, tile), magnify(background, step, tile)
        a = cv2.merge([t, t, t])
        # `fuse`, by OpenCV, which is several times faster here and lets go of the interpreter's lock.
        beyond = cv2.subtract(cv2.multiply(rgb[tile], 1 / full, dtype=cv2.CV_32F), b)
        beyond = cv2.subtract(beyond, cv2.multiply(a, cv2.subtract(f, b)))
        corrected = cv2.multiply(cv2.add(f, cv2.multiply(a, beyond)), full, dtype=depth)  # rounds and saturates
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


def estimate_means(rgb: Floats, alpha: Alpha) -> tuple[Floats, Floats]:
    """Foreground and background colours around every pixel, h x w x 3 each."""
    longest = max(alpha.shape)
    foreground, background = _means(rgb, rgb, alpha, round(longest * WIDE))
    foreground = fuse(rgb, foreground, background, alpha)
    return _means(foreground, background, alpha, round(longest * NARROW))


def _means(foreground: Floats, background: Floats, alpha: Alpha, radius: int) -> tuple[Floats, Floats]:
    return _mean(foreground, alpha**SHARPNESS, radius), _mean(background, (1 - alpha) ** SHARPNESS, radius)


def _mean(rgb: Floats, weight: Floats, radius: int) -> Floats:
    side = (2 * radius + 1, 2 * radius + 1)
    total = cv2.blur(weight, side)[..., None]
    return np.asarray(cv2.blur(rgb * weight[..., None], side) / (total + TINY), np.float32)


def sample(rgb: Rgb, alpha: Alpha, step: int) -> tuple[Floats, Alpha]:
    """Every step-th pixel of picture and alpha: in single pixels, not in means, alpha F + (1 - alpha) B is exact."""
    ys, xs = (np.minimum(np.arange(step // 2, n + step // 2, step), n - 1) for n in alpha.shape)
    unit = np.float32(1 / np.iinfo(rgb.dtype).max)
    return rgb[ys][:, xs].astype(np.float32) * unit, alpha[ys][:, xs]
