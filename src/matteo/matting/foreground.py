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

from matteo.matting.tiles import Tile, enlarge, for_each, tiles
from matteo.picture.geometry import resize
from matteo.picture.image import Alpha, Rgb

Floats = NDArray[np.float32]

WORKING = 640  # long side of the picture on which means are taken
WIDE, NARROW = 0.045, 0.004  # radii of the two means, as shares of the working picture's long side
SHARPNESS = 4
TINY = 1e-7
ROWS = 256
BETWEEN = (float(np.nextafter(np.float32(0), np.float32(1))), float(np.nextafter(np.float32(1), np.float32(0))))


def estimate_foreground(rgb: Rgb, alpha: Alpha) -> Rgb:
    """H x W x 3 in rgb's depth: rgb itself where alpha is 0 or 1, the estimated foreground's colour between."""
    size_hw = alpha.shape[0], alpha.shape[1]
    small_rgb, small_alpha = _sampled(rgb, alpha)
    means = np.dstack(estimate_means(small_rgb, small_alpha)).transpose(2, 0, 1)
    full = np.float32(np.iinfo(rgb.dtype).max)
    means *= full
    result = rgb.copy()

    def correct(tile: Tile) -> None:
        t = alpha[tile]
        band = cv2.inRange(t, *BETWEEN)
        if not cv2.countNonZero(band):
            return
        near = enlarge(means, size_hw, tile)
        seen = np.stack(cv2.split(np.ascontiguousarray(rgb[tile])), dtype=np.float32)
        corrected = fuse(seen, near[:3], near[3:], t, full)
        pixels = cv2.merge([np.rint(plane).astype(rgb.dtype) for plane in corrected])
        result[tile] = cv2.copyTo(pixels, band, np.ascontiguousarray(result[tile]))

    for_each(correct, tiles(size_hw))
    return result


def hide_background(rgb: Rgb, alpha: Alpha) -> None:
    """Zeroes, in place, the colours where alpha is 0, so that nothing of the background stays in the file."""
    for top in range(0, len(rgb), ROWS):
        rows = slice(top, top + ROWS)
        seen = (alpha[rows] > 0).view(np.uint8)
        rgb[rows] = cv2.bitwise_and(rgb[rows], rgb[rows], mask=seen).reshape(rgb[rows].shape)


def fuse(rgb: Floats, foreground: Floats, background: Floats, alpha: Alpha, full: float | np.float32 = 1) -> Floats:
    """What the pixels show beyond the means is given to the foreground; `full` is the largest value a colour takes.

    Any arrays that NumPy brings to one shape: planes before the pixels, or pixels before the channels.
    """
    beyond = rgb - background - alpha * (foreground - background)
    corrected: Floats = np.clip(foreground + alpha * beyond, 0, full)
    return corrected


def estimate_means(rgb: Floats, alpha: Alpha) -> tuple[Floats, Floats]:
    """Foreground and background colours around every pixel, h x w x 3 each."""
    longest = max(alpha.shape)
    a = alpha[..., None]
    foreground, background = _means(rgb, rgb, alpha, round(longest * WIDE))
    foreground = fuse(rgb, foreground, background, a)
    return _means(foreground, background, alpha, round(longest * NARROW))


def _means(foreground: Floats, background: Floats, alpha: Alpha, radius: int) -> tuple[Floats, Floats]:
    return _mean(foreground, alpha**SHARPNESS, radius), _mean(background, (1 - alpha) ** SHARPNESS, radius)


def _mean(rgb: Floats, weight: Floats, radius: int) -> Floats:
    side = (2 * radius + 1, 2 * radius + 1)
    total = cv2.blur(weight, side)[..., None]
    return np.asarray(cv2.blur(rgb * weight[..., None], side) / (total + TINY), np.float32)


def _sampled(rgb: Rgb, alpha: Alpha) -> tuple[Floats, Alpha]:
    """Picture and alpha at the same pixels of a coarser grid: in single pixels, not in means, alpha F + (1 - alpha) B
    holds exactly."""
    scale = min(1.0, WORKING / max(alpha.shape))
    size_hw = max(1, round(alpha.shape[0] * scale)), max(1, round(alpha.shape[1] * scale))
    unit = np.float32(1 / np.iinfo(rgb.dtype).max)
    return resize(rgb, size_hw, smooth=False).astype(np.float32) * unit, resize(alpha, size_hw, smooth=False)
