"""Filters whose answers are known, in the place of the refiner's network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from matteo.matting.patch import SIDE
from matteo.matting.refine import Run

Floats = NDArray[np.float32]
Filter = Callable[[Floats, Floats], Floats]  # B x 5 x h x w, all in [0, 1], and what is around -> B x 1 x h x w


def as_pixels(squares: Floats) -> Floats:
    """B x 5 x h x w, rgb, alpha and band in [0, 1], from what the network is given."""
    count, _, height, width = squares.shape
    split = squares.reshape(count, 5, SIDE, SIDE, height, width).transpose(0, 1, 4, 2, 5, 3)
    pixels = split.reshape(count, 5, SIDE * height, SIDE * width).copy()
    pixels[:, :4] += 0.5
    return pixels


def filtering(pixelwise: Filter) -> Run:
    """As the network is called: of what the filter makes of the whole patch, the part that is wanted."""

    def run(squares: Floats, around: Floats, inside: NDArray[np.int64]) -> Floats:
        top, left, bottom, right = SIDE * inside
        return pixelwise(as_pixels(squares), around)[:, :, top:bottom, left:right]

    return run


as_it_was = filtering(lambda patches, _: patches[:, 3:4])
