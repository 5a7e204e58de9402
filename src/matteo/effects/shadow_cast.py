"""A cast shadow: the subject's shape laid on the floor, away from a light."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.subject import Box, standing_box
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha

WORKING = 600  # samples along the subject's longer side
LEVELS = 4  # blurs between which the growing softness is mixed
FADED = 0.5  # of its darkness is left at the far end
NARROWEST = 0.06  # of the subject's height: a flat shape cast sideways would be a line


def cast(
    cutout: Cutout, *, opacity: float = 0.45, softness: float = 0.03, angle: float = 55, length: float = 0.7
) -> Alpha:
    """H x W opacity; see `shadow` for the arguments.

    The subject is taken as flat and upright on its ground line; a part at height h falls h * length away from it, in
    the picture's plane. With h it gets softer (the light is no point) and fainter (light comes from around).
    """
    box = standing_box(cutout.alpha)
    shape, step = _upright(cutout.alpha, box, softness * box.longest)
    along = math.sin(math.radians(angle)) * length, math.cos(math.radians(angle)) * length
    rise = math.copysign(max(abs(along[1]), NARROWEST), along[1])
    pad = (shape.shape[1] * step - box.width) / 2
    # A sample (u, v) is at x = left - pad + (u + 0.5) step and h = height + pad - (v + 0.5) step above the ground; it
    # falls to (x + across h, bottom - rise h).
    across, highest = along[0], box.height + pad - step / 2
    matrix = np.array(
        [
            [step, -across * step, box.left - pad + step / 2 + across * highest - 0.5],
            [0, rise * step, box.bottom - rise * highest - 0.5],
        ],
        np.float64,
    )
    size = cutout.size_hw[1], cutout.size_hw[0]
    laid = cv2.warpAffine(shape, matrix, size, flags=cv2.INTER_LINEAR)
    return np.asarray(np.clip(laid * np.float32(opacity), 0, 1), np.float32)


def _upright(alpha: Alpha, box: Box, sigma: float) -> tuple[Alpha, float]:
    """The subject's box on fewer samples, with room around it for the blur, softer and fainter with height; and
    how many pixels a sample is."""
    step = max(1.0, box.longest / WORKING)
    size = max(1, round(box.width / step)), max(1, round(box.height / step))
    part = np.ascontiguousarray(alpha[box.top : box.bottom, box.left : box.right])
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    around = math.ceil(3 * sigma / step) + 1
    padded = np.pad(np.asarray(small, np.float32), around)
    height = np.clip((len(padded) - around - np.arange(len(padded), dtype=np.float32)) / size[1], 0, 1)
    soft = _softer(padded, sigma / step, height.astype(np.float32))
    return np.asarray(soft * (1 - (1 - np.float32(FADED)) * height)[:, None], np.float32), step


def _softer(shape: Alpha, sigma: float, height: NDArray[np.float32]) -> Alpha:
    """Each row a mix of the two nearest of LEVELS + 1 even blurs."""
    out = np.zeros_like(shape)
    for level in range(LEVELS + 1):
        weight = np.clip(1 - np.abs(height * LEVELS - level), 0, 1)
        spread = max(sigma * level / LEVELS, 0.1)
        out += cv2.GaussianBlur(shape, (0, 0), spread, borderType=cv2.BORDER_CONSTANT) * weight[:, None]
    return out
