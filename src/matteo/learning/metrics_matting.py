"""Errors of a matte: A Perceptually Motivated Online Benchmark for Image Matting (Rhemann 2009).

Each takes alpha as H x W floats in [0, 1], `pred` beside `true`, and `where`: the pixels that count, H x W bool, all
where None. Sums are in thousands, as the field prints them. No alpha is stretched to its own range first.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Where = NDArray[np.bool_] | None

SIGMA = 1.4  # of the derivative of a Gaussian, in pixels
REACH = 4  # its taps on either side: beyond, the Gaussian is under 0.01
LEVELS = 10  # thresholds 0.1, 0.2, ... 1.0 of the connectivity error
TOLERATED = 0.15  # how far alpha may rise above the level at which its pixel is connected


def sad(pred: Floats, true: Floats, where: Where = None) -> float:
    """Sum of absolute differences, in thousands."""
    return float(_chosen(np.abs(pred - true), where).sum(dtype=np.float64) / 1000)


def mse(pred: Floats, true: Floats, where: Where = None) -> float:
    """Mean squared error, a share: papers print thousandths. 0 where nothing is chosen."""
    squared = _chosen(np.square(pred - true), where)
    return float(squared.mean(dtype=np.float64)) if squared.size else 0.0


def gradient_error(pred: Floats, true: Floats, where: Where = None) -> float:
    """Sum of squared differences of the gradients' lengths, in thousands.

    The gradient is that of a Gaussian of 1.4 pixels; its two-dimensional filter has unit length (in the L2 norm), and
    the picture's border is continued outwards.
    """
    squared = np.square(gradient_length(pred) - gradient_length(true))
    return float(_chosen(squared, where).sum(dtype=np.float64) / 1000)


def connectivity_error(pred: Floats, true: Floats, where: Where = None) -> float:
    """Sum of the differences in connectedness, in thousands.

    A pixel's level is the last threshold at which it belongs to the largest region, 4-connected, where both mattes
    reach the threshold. What its alpha has above its level, from 0.15 on, is what is disconnected.
    """
    level = connected_level(np.minimum(pred, true))
    pred_above, true_above = pred - level, true - level
    pred_loose = np.where(pred_above >= TOLERATED, pred_above, 0)
    true_loose = np.where(true_above >= TOLERATED, true_above, 0)
    return float(_chosen(np.abs(pred_loose - true_loose), where).sum(dtype=np.float64) / 1000)


def gradient_length(alpha: Floats) -> Floats:
    """Length of alpha's gradient, H x W."""
    x = np.arange(-REACH, REACH + 1, dtype=np.float64)
    bell = np.exp(-(x**2) / (2 * SIGMA**2))
    slope = -x * bell
    bell, slope = bell / np.linalg.norm(bell), slope / np.linalg.norm(slope)
    values = np.asarray(alpha, np.float32)
    across = cv2.sepFilter2D(values, cv2.CV_32F, slope, bell, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(values, cv2.CV_32F, bell, slope, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def connected_level(lower: Floats) -> Floats:
    """0, 0.1, ... 1.0: the level up to which each pixel stays, without a gap, in the largest region of lower >= level.

    lower: H x W, the smaller of the two mattes.
    """
    level = np.zeros(lower.shape, np.float32)
    still = np.ones(lower.shape, bool)
    for step in range(1, LEVELS + 1):
        still &= largest_region(lower >= np.float32(step / LEVELS))
        level[still] = step / LEVELS
    return level


def largest_region(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest 4-connected region of a mask; none where the mask is empty."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count == 1:
        return np.zeros(mask.shape, bool)
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])), bool)


def _chosen(values: Floats, where: Where) -> Floats:
    return values if where is None else values[where]
