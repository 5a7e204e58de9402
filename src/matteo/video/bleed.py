"""The subject's colours carried on a little beyond its edge, where nothing is seen: a lossy codec mixes neighbours, and
mixes black into the edge otherwise."""

from __future__ import annotations

import cv2
import numpy as np

from matteo.picture.image import Alpha, Rgb

REACH = 8  # pixels: half a block of the codecs


def bled(rgb: Rgb, alpha: Alpha) -> Rgb:
    """H x W x 3: rgb where alpha is above 0; within REACH of it the mean of the subject's colours around, else 0."""
    weight = (alpha > 0).astype(np.float32)
    side = (2 * REACH + 1, 2 * REACH + 1)
    total = np.asarray(cv2.boxFilter(weight, -1, side, normalize=False), np.float32)
    near = (weight == 0) & (total > 0.5)
    result: Rgb = rgb.copy()
    result[weight == 0] = 0
    sums = np.asarray(cv2.boxFilter(result.astype(np.float32), -1, side, normalize=False), np.float32)
    result[near] = np.rint(sums[near] / total[near][:, None])
    return result
