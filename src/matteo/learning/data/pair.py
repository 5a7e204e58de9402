"""One picture with its mask in memory. Knows no files."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

EVERY = 20


@dataclass(frozen=True)
class Pair:
    """rgb: H x W x 3 uint8. mask: H x W uint8, 255 = foreground, between where alpha is soft."""

    key: str
    rgb: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def shrink(array: NDArray[np.uint8], longest: int | None) -> NDArray[np.uint8]:
    """H x W or H x W x 3, brought down to `longest` pixels on its long side; never made larger."""
    height, width = array.shape[:2]
    if longest is None or max(height, width) <= longest:
        return array
    scale = longest / max(height, width)
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(array, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def is_held_out(index: int) -> bool:
    """Every 20th pair of a training tar is never trained on: it stands in for a test set in daily work."""
    return index % EVERY == 0
