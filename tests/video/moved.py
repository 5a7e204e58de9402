"""Films made of stills: a person who moves by a known path before a wall."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo import Remover
from matteo.picture.geometry import cover, resize
from tests.pictures import photograph

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIZE_HW = 288, 512
NOISE = 2.0  # levels of 255


@cache
def subject(remover: Remover) -> tuple[Floats, Floats]:
    """The astronaut's colours and alpha, small."""
    cutout = remover.remove(photograph("astronaut"))
    return resize(cutout.rgb, (240, 240)).astype(np.float32), resize(cutout.alpha, (240, 240))


def wall() -> Floats:
    bricks = cover(np.dstack([photograph("brick")] * 3), SIZE_HW)
    return cv2.GaussianBlur(bricks, (0, 0), 2.0).astype(np.float32) * np.array([0.75, 0.9, 0.8], np.float32)


def film(remover: Remover, lefts: Iterable[float]) -> Iterator[tuple[Bytes, Floats]]:
    """A frame and its true alpha for each place of the subject's left side, in pixels; with noise."""
    rgb, alpha = subject(remover)
    behind, rng = wall(), np.random.default_rng(0)
    for left in lefts:
        to_place = np.array([[1, 0, left], [0, 1, SIZE_HW[0] - 240]], np.float64)
        a = np.asarray(cv2.warpAffine(alpha, to_place, SIZE_HW[::-1]), np.float32)
        colours = cv2.warpAffine(rgb, to_place, SIZE_HW[::-1], borderMode=cv2.BORDER_REPLICATE)
        shown = a[..., None] * colours + (1 - a[..., None]) * behind + rng.normal(0, NOISE, (*SIZE_HW, 1))
        yield np.clip(np.rint(shown), 0, 255).astype(np.uint8), a
