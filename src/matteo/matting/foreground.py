"""The subject's own colours: blur fusion (Forte 2021, "Approximate Fast Foreground Colour Estimation"), coarse to fine.

In the band a pixel shows I = alpha F + (1 - alpha) B. F and B begin as the means of the colours around, weighted by
alpha^4 and (1 - alpha)^4; what the pixel shows beyond them, r = I - alpha F - (1 - alpha) B, is given to both in the
way that changes them least (Levin 2008 and Germer 2020 pose the same problem):

    F += alpha r / (alpha^2 + (1 - alpha)^2 + lambda),    B += (1 - alpha) r / (alpha^2 + (1 - alpha)^2 + lambda)

and the means are taken again, of a grid twice as fine and so over half the distance, level by level. Wide soft parts
get their colours from afar, strands from beside them. The means are smooth, so the finest grid may be smaller than the
picture; the pixels themselves are corrected at full size, and only where it shows.

(The paper has two levels, weighs by alpha itself and leaves B as it is. The fourth power keeps the band's mixed
colours out of the means. benchmarks/foreground.py measures it beside pymatting's multi-level estimate.)
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.tiles import SIDE, magnify, tiles
from matteo.picture.image import Alpha, Rgb

Floats = NDArray[np.float32]

WORKING = 800  # samples along the long side of the finest grid, at most
COARSEST = 24  # and of the coarsest, at least
RADIUS = 2  # of the means, in samples of their grid
SHARPNESS = 4
LAMBDA = 0.1
LAMBDA_FULL = 0.4  # at full size alpha is least certain: more of what is beyond the means is taken for its error
PRIOR = 1e-3  # weight of the coarser level's mean, which holds where nothing else is near
ROWS = 256
LARGEST_BELOW_1 = float(np.nextafter(np.float32(1), np.float32(0)))
SMALLEST = float(np.nextafter(np.float32(0), np.float32(1)))


def estimate_foreground(
    rgb: Rgb,
    alpha: Alpha,
    opacity: Alpha | None = None,
    *,
    shown: Alpha | None = None,
    radius: int = RADIUS,
    lasting: float = LAMBDA_FULL,
) -> Rgb:
    """H x W x 3 in rgb's depth: rgb itself where alpha is 1 or nothing shows, else the estimated foreground's colour.

    opacity: the source's own, where it had one; colours that it hides do not count. shown: the alpha to be shown, if
    that is another: where it is above 0 the colours go on beyond alpha's edge, where it is 1 they are rgb's.
    radius: of the means, in samples; a larger one takes F and B for smoother. lasting: lambda at full size.
    """
    step = max(1, -(-max(alpha.shape) // WORKING))
    small = [sample(values, step) for values in (rgb, alpha, opacity) if values is not None]
    full = np.float32(np.iinfo(rgb.dtype).max)
    foreground, background = (means * full for means in estimate_means(small[0] / full, *small[1:], radius=radius))
    depth = cv2.CV_8U if rgb.dtype == np.uint8 else cv2.CV_16U
    shown = alpha if shown is None else shown
    result = rgb.copy()

    for tile in tiles((alpha.shape[0], alpha.shape[1]), step * max(1, SIDE // step)):
        t = alpha[tile]
        band = cv2.bitwise_and(cv2.inRange(t, 0, LARGEST_BELOW_1), cv2.inRange(shown[tile], SMALLEST, LARGEST_BELOW_1))
        if not cv2.countNonZero(band):
            continue
        f, b = magnify(foreground, step, tile), magnify(background, step, tile)
        share = _thrice(t * _scale(t, lasting))
        given = cv2.multiply(_beyond(rgb[tile], f, b, _thrice(t)), share)
        corrected = cv2.add(f, given, dtype=depth)  # rounds and saturates
        result[tile] = cv2.copyTo(corrected, band, np.ascontiguousarray(result[tile]))
    return result


def hide_background(rgb: Rgb, alpha: Alpha) -> None:
    """Zeroes, in place, the colours where alpha is 0, so that nothing of the background stays in the file."""
    for top in range(0, len(rgb), ROWS):
        rows = slice(top, top + ROWS)
        seen = (alpha[rows] > 0).view(np.uint8)
        rgb[rows] = cv2.bitwise_and(rgb[rows], rgb[rows], mask=seen).reshape(rgb[rows].shape)


def estimate_means(
    rgb: Floats, alpha: Alpha, opacity: Alpha | None = None, *, radius: int = RADIUS
) -> tuple[Floats, Floats]:
    """Foreground and background colours around every pixel, h x w x 3 each in [0, 1]."""
    inside, outside = alpha**SHARPNESS, (1 - alpha) ** SHARPNESS
    if opacity is not None:
        inside, outside = inside * opacity, outside * opacity
    foreground, background = (_overall(rgb, weight) for weight in (inside, outside))
    for step in _steps(max(alpha.shape)):
        i, a, w_f, w_b = (sample(values, step) for values in (rgb, alpha, inside, outside))
        foreground, background = _enlarged(foreground, a.shape), _enlarged(background, a.shape)
        f, b = fuse(i, foreground, background, a)
        foreground, background = _mean(f, w_f, foreground, radius), _mean(b, w_b, background, radius)
    return foreground, background


def fuse(rgb: Floats, foreground: Floats, background: Floats, alpha: Alpha) -> tuple[Floats, Floats]:
    """What the pixels show beyond the means is given to both. Colours H x W x 3 in [0, 1], alpha H x W."""
    scale = _scale(alpha, LAMBDA)
    beyond = _beyond(rgb, foreground, background, _thrice(alpha))
    f = cv2.add(foreground, cv2.multiply(beyond, _thrice(alpha * scale)))
    b = cv2.add(background, cv2.multiply(beyond, _thrice((1 - alpha) * scale)))
    return np.asarray(np.clip(f, 0, 1), np.float32), np.asarray(np.clip(b, 0, 1), np.float32)


def _scale(alpha: Alpha, constant: float) -> Floats:
    rest = 1 - alpha
    return np.asarray(1 / (alpha * alpha + rest * rest + np.float32(constant)), np.float32)


def _beyond(rgb: Rgb | Floats, foreground: Floats, background: Floats, alpha3: Floats) -> Floats:
    """I - alpha F - (1 - alpha) B; by OpenCV, which is several times faster here."""
    behind = cv2.subtract(rgb, background, dtype=cv2.CV_32F)
    return np.asarray(cv2.subtract(behind, cv2.multiply(alpha3, cv2.subtract(foreground, background))), np.float32)


def _mean(rgb: Floats, weight: Floats, prior: Floats, radius: int) -> Floats:
    side = (2 * radius + 1, 2 * radius + 1)
    sums = cv2.blur(cv2.multiply(rgb, _thrice(weight)), side)
    total = np.asarray(cv2.blur(weight, side), np.float32) + np.float32(PRIOR)
    return np.asarray(cv2.divide(cv2.scaleAdd(prior, PRIOR, sums), _thrice(total)), np.float32)


def _overall(rgb: Floats, weight: Floats) -> Floats:
    """The mean of the whole picture, 1 x 1 x 3; grey where nothing weighs."""
    total = float(weight.sum(dtype=np.float64))
    mean = np.einsum("hwc,hw->c", rgb, weight, dtype=np.float64) / total if total > 0 else np.full(3, 0.5)
    return np.asarray(mean, np.float32).reshape(1, 1, 3)


def _steps(longest: int) -> list[int]:
    """1, 2, 4, … as long as the grid is not coarser than the coarsest; the largest first."""
    return [1 << k for k in range(16) if k == 0 or longest >> k >= COARSEST][::-1]


def _enlarged(means: Floats, size_hw: tuple[int, ...]) -> Floats:
    """The means of a grid on one twice as fine: a coarse sample lies between two fine ones, as resize takes it."""
    if means.shape[:2] == (1, 1):
        return np.ascontiguousarray(np.broadcast_to(means, (*size_hw[:2], 3)))
    double = cv2.resize(means, (2 * means.shape[1], 2 * means.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(double[: size_hw[0], : size_hw[1]])


def _thrice(values: Floats) -> Floats:
    return np.asarray(cv2.merge([values, values, values]), np.float32)


def sample(values: NDArray[Any], step: int) -> Floats:
    """Every step-th pixel, as float32: in single pixels, not in means, alpha F + (1 - alpha) B is exact."""
    ys, xs = (np.minimum(np.arange(step // 2, n + step // 2, step), n - 1) for n in values.shape[:2])
    return np.asarray(values[ys][:, xs], np.float32)
