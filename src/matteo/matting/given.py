"""What a user knows beforehand: a trimap imposed on an alpha, and the alpha that a trimap alone suggests.

A trimap is H x W uint8: 0 surely background, 255 surely foreground, all between unknown.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.guided import linear_model
from matteo.picture.image import Alpha

Floats = NDArray[np.float32]
Trimap = NDArray[np.uint8]

RADIUS = 10
PASSES = 4
EPSILON = 1e-4


def impose(alpha: Alpha, trimap: Trimap) -> None:
    """In place: 0 and 1 where the trimap says so. Both of one size."""
    np.copyto(alpha, 0, where=trimap == 0)
    np.copyto(alpha, 1, where=trimap == 255)


def ramp(trimap: Trimap) -> Alpha:
    """h x w: in the unknown part the share of the way from the nearest background to the nearest foreground.

    0.5 throughout where one of the two is missing.
    """
    if (trimap == 0).any() and (trimap == 255).any():
        behind, before = (
            cv2.distanceTransform((trimap != known).astype(np.uint8), cv2.DIST_L2, 5) for known in (0, 255)
        )
        between = behind / np.maximum(behind + before, np.float32(1e-6))
    else:
        between = np.full(trimap.shape, 0.5, np.float32)
    alpha: Alpha = np.asarray(between, np.float32)
    impose(alpha, trimap)
    return alpha


def from_trimap(trimap: Trimap, rgb: Floats) -> Alpha:
    """h x w, the ramp drawn to the picture's own edges: guided filtering (He 2013) of the unknown, repeated.

    rgb: h x w x 3 in [0, 1], of the trimap's size.
    """
    alpha = ramp(trimap)
    for _ in range(PASSES):
        a, b = linear_model(alpha, rgb, RADIUS, EPSILON)
        alpha = np.asarray(np.clip(np.einsum("hwc,hwc->hw", a, rgb) + b, 0, 1), np.float32)
        impose(alpha, trimap)
    return alpha
