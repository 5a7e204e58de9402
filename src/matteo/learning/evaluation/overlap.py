"""Overlap of two masks: of their areas, and of their rims."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

RIM = 0.02  # a rim's width as a share of the picture's diagonal


def iou(pred: Mask, true: Mask) -> float:
    """Intersection over union of two H x W masks, 0 to 1. 1 where both are empty: nothing was there to be found."""
    union = int(np.count_nonzero(pred | true))
    return int(np.count_nonzero(pred & true)) / union if union else 1.0


def boundary_iou(pred: Mask, true: Mask) -> float:
    """Boundary IoU: Improving Object-Centric Image Segmentation Evaluation (Cheng 2021).

    The intersection over union of the two masks' inner rims. A rim is what of a mask lies within d pixels of its
    outside, d being 2 % of the picture's diagonal, at least one pixel; distance counts as a king moves in chess, and
    beyond the picture's border is outside. A large subject's edge counts as much as a small one's.
    """
    return iou(rim(pred), rim(true))


def rim(mask: Mask, share: float = RIM) -> Mask:
    """What of an H x W mask lies within share x diagonal of its outside."""
    distance = max(1, round(share * float(np.hypot(*mask.shape))))
    inside = cv2.erode(
        mask.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=distance,
        borderType=cv2.BORDER_CONSTANT, borderValue=0,
    )  # fmt: skip
    return np.asarray(mask & (inside == 0), bool)
