"""What is known around a band: the mean colours of the sure foreground and of the sure background, with their evidence.

Sampling-based matting (Wang and Cohen 2007) with means, and of all that is near: they tell a refiner what may be mixed
in the band, from farther away than its convolutions see.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BLOCK = 8  # pixels along a side that one sample of the maps stands for
CHANNELS = 8
EVIDENCE = 0.001  # share of known pixels around that counts as nothing seen
FAR = 0.05  # weight of what is farther than some 12 pixels, against what is nearer


def surroundings(rgb: NDArray[Any], alpha: Floats, unknown: NDArray[np.bool_]) -> Floats:
    """8 x h/8 x w/8 (rounded up) for a picture of h x w: rgb (h x w x 3; uint8, uint16, or float32 in [0, 1]), alpha in
    [0, 1], and where that is unknown.

    Three channels are the mean colour of the known foreground around, less a half, and towards 0 where none is near;
    the fourth is its evidence from 0 to 1; then the background's four. What is within some 12 pixels counts most;
    beyond 60 nothing does.
    """
    known = (~unknown).astype(np.float32)
    before = _halved(alpha * known)
    behind = _halved(known) - before
    colours = _halved(rgb).astype(np.float32)
    if rgb.dtype != np.float32:
        colours *= np.float32(1 / np.iinfo(rgb.dtype).max)
    colours -= 0.5
    maps = np.concatenate([_mean_around(colours, weight) for weight in (before, behind)], 2)
    return np.ascontiguousarray(maps.transpose(2, 0, 1))


def _halved(array: NDArray[Any]) -> NDArray[Any]:
    """At half the size, after its border went on to a multiple of BLOCK."""
    height, width = (-(-length // BLOCK) * BLOCK for length in array.shape[:2])
    down, right = height - array.shape[0], width - array.shape[1]
    padded = cv2.copyMakeBorder(array, 0, down, 0, right, cv2.BORDER_REPLICATE) if down or right else array
    return np.asarray(cv2.resize(padded, (width // 2, height // 2), interpolation=cv2.INTER_AREA))


def _mean_around(colours: Floats, weight: Floats) -> Floats:
    """h/8 x w/8 x 4: the weighted mean of the colours around, and its evidence."""
    weighted = cv2.merge([*(channel * weight for channel in cv2.split(colours)), weight])
    size_wh = weight.shape[1] * 2 // BLOCK, weight.shape[0] * 2 // BLOCK
    blocks = cv2.resize(weighted, size_wh, interpolation=cv2.INTER_AREA)
    near = far = cv2.blur(blocks, (3, 3), borderType=cv2.BORDER_CONSTANT)
    for _ in range(3):
        far = cv2.blur(far, (5, 5), borderType=cv2.BORDER_CONSTANT)
    maps = np.asarray(near + np.float32(FAR) * far, np.float32)
    share = maps[..., 3:].copy()
    maps[..., 3] = 1
    maps[..., 3:] *= share
    return np.asarray(maps / (share + np.float32(EVIDENCE)), np.float32)
