"""How noisy and how dark a picture is, and less of both: for what a network looks at, never for what is given out.

A picture that is brought down to a network's size loses most of its noise on the way; what is left there is what
counts, so the estimate is made on the small picture, not on the source.
"""

from __future__ import annotations

import numpy as np

from matteo.picture.image import Rgb

NOISY = 8.0  # levels of 255: of 764 photographs at 320 x 320 none came to it without added noise (the noisiest: 7.6)
WINDOW, WIDTH, NEAR = 5, 3.0, 1.5  # pixels; times the noise's deviation; pixels

DIM, BRIGHT = 0.4, 0.6  # of 1: what 98 % of a dark picture's pixels stay under in all channels, and its new bound
GAMMA = 2.2

BLOCK = 16  # pixels; 256 responses tell the deviation to about 5 %
SMOOTH = 0.2  # the share of blocks taken as smooth
LOW, HIGH = 0.02, 0.98  # of the range: what is clipped shows no noise

# The difference of two Laplacians (Immerkaer 1996): it does not see planes or straight edges along the axes, and its
# response to white noise of deviation 1 has deviation 6, so a mean absolute value of 6 sqrt(2 / pi).
_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_MEAN = 6 * (2 / np.pi) ** 0.5


def estimate_sigma(rgb: Rgb) -> float:
    """The deviation of the noise in H x W x 3, in levels of 0 to 255; 0 where no block is fit to tell.

    "Fast noise variance estimation" (Immerkaer 1996), of the green channel, and block by block instead of once for the
    picture, as texture passes for noise: it is in some blocks, noise is in all. So the blocks that respond least are
    asked, those at the SMOOTH-quantile. Blocks near black or white are left out: clipping hides noise.
    """
    import cv2

    levels = np.float32(np.iinfo(rgb.dtype).max)
    green = np.ascontiguousarray(rgb[..., 1], np.float32)
    response = np.abs(cv2.filter2D(green, cv2.CV_32F, _MASK, borderType=cv2.BORDER_REFLECT_101))
    height, width = (max(1, length // BLOCK) for length in green.shape)
    level, found = (cv2.resize(x, (width, height), interpolation=cv2.INTER_AREA) for x in (green, response))
    seen = (level > LOW * levels) & (level < HIGH * levels)
    return float(np.quantile(found[seen], SMOOTH)) / _MEAN * 255 / float(levels) if seen.any() else 0.0


def reduce_noise(rgb: Rgb, sigma: float) -> Rgb:
    """H x W x 3 in the same depth, smoother where it is not an edge: a bilateral filter (Tomasi 1998).

    sigma: the noise's deviation, in levels of 0 to 255. Of the ways tried it left a network the most; non-local means,
    better to the eye, left it less (docs/preprocessing.md).
    """
    import cv2

    levels = np.float32(np.iinfo(rgb.dtype).max)
    unit = np.ascontiguousarray(rgb / levels, np.float32)
    smooth = cv2.bilateralFilter(unit, WINDOW, WIDTH * sigma / 255, NEAR)
    out: Rgb = np.empty_like(rgb)
    out[...] = np.rint(np.clip(smooth, 0, 1) * levels)
    return out


def brighten(rgb: Rgb) -> Rgb:
    """Linear light multiplied until the brightest 2 % of an underexposed picture are bright; others are as they are."""
    import cv2

    levels = float(np.iinfo(rgb.dtype).max)
    red, green, blue = cv2.split(rgb)
    highest = cv2.max(cv2.max(red, green), blue)  # a deep red is not dark
    if np.count_nonzero(highest >= DIM * levels) > 0.02 * highest.size + 1:  # no need to know how bright it is
        return rgb
    reached = float(np.quantile(highest, 0.98)) / levels
    if reached >= DIM:
        return rgb
    gain = (BRIGHT / max(reached, DIM / 8)) ** GAMMA
    light = (np.arange(int(levels) + 1) / levels) ** GAMMA
    curve = np.rint(np.clip(light * gain, 0, 1) ** (1 / GAMMA) * levels).astype(rgb.dtype)
    out: Rgb = np.empty_like(rgb)
    out[...] = curve[rgb]
    return out


def made_plain(rgb: Rgb) -> Rgb:
    """The picture brightened where it is dark, and then, or where there is much of it, with less noise.

    Where it is neither dark nor noisy, the very same array.
    """
    lit = brighten(rgb)
    sigma = estimate_sigma(lit)
    return reduce_noise(lit, sigma) if sigma >= NOISY or lit is not rgb else rgb
