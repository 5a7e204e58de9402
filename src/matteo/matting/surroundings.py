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
OUTSIDE = cv2.BORDER_CONSTANT  # nothing is known there
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
    scale = np.float32(1 if rgb.dtype == np.float32 else 1 / np.iinfo(rgb.dtype).max)
    colours = [channel * scale - np.float32(0.5) for channel in cv2.split(_halved(rgb))]
    return np.stack([plane for weight in (before, behind) for plane in _mean_around(colours, weight)])


def _halved(array: NDArray[Any]) -> NDArray[Any]:
    """At half the size, after its border went on to a multiple of BLOCK."""
    height, width = (-(-length // BLOCK) * BLOCK for length in array.shape[:2])
    down, right = height - array.shape[0], width - array.shape[1]
    padded = cv2.copyMakeBorder(array, 0, down, 0, right, cv2.BORDER_REPLICATE) if down or right else array
    return np.asarray(cv2.resize(padded, (width // 2, height // 2), interpolation=cv2.INTER_AREA))


def _mean_around(colours: list[Floats], weight: Floats) -> list[Floats]:
    """h/8 x w/8 each: the three channels of the weighted mean of the colours around, and its evidence."""
    size_wh = weight.shape[1] * 2 // BLOCK, weight.shape[0] * 2 // BLOCK
    weighted = (*(channel * weight for channel in colours), weight)
    near = far = cv2.merge([cv2.blur(_in_blocks(plane, size_wh), (3, 3), borderType=OUTSIDE) for plane in weighted])
    for _ in range(3):
        far = cv2.blur(far, (5, 5), borderType=OUTSIDE)
    *sums, share = cv2.split(cv2.scaleAdd(far, FAR, near))
    part = 1 / (share + np.float32(EVIDENCE))
    return [np.asarray(plane * part, np.float32) for plane in (*sums, share)]


def _in_blocks(plane: Floats, size_wh: tuple[int, int]) -> Floats:
    return np.asarray(cv2.resize(plane, size_wh, interpolation=cv2.INTER_AREA), np.float32)
