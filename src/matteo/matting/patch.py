"""A rectangle of a picture as the refiner is given it: squares of 4 x 4 pixels, each a column of numbers."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.parts import Part
from matteo.matting.surroundings import BLOCK
from matteo.matting.trimap import Mask
from matteo.picture.image import Alpha, Rgb

Floats = NDArray[np.float32]

SIDE = 4  # of the pixels that one sample of the refiner's finest maps stands for


def patch(rgb: Rgb, alpha: Alpha, unknown: Mask, seen: Part) -> Floats:
    """80 x h/4 x w/4: the 16 pixels' reds, row by row, their greens, their blues and their alphas, in [-0.5, 0.5]; and
    1 where they are unknown. Where the rectangle reaches beyond the picture, its border goes on."""
    colours, coarse, marked = (reaching(array, seen) for array in (rgb, alpha, unknown.view(np.uint8)))
    height, width = coarse.shape[0] // SIDE, coarse.shape[1] // SIDE
    squares = np.empty((5, SIDE, SIDE, height, width), np.float32)
    for row in range(SIDE):  # split by OpenCV, which is several times as fast as a transpose
        planes = cv2.split(in_squares(colours, row, height, width))
        for channel in range(3):
            for column in range(SIDE):
                squares[channel, row, column] = planes[3 * column + channel]
        cv2.split(in_squares(coarse, row, height, width), list(squares[3, row]))
        for column, plane in enumerate(cv2.split(in_squares(marked, row, height, width))):
            squares[4, row, column] = plane
    squares[:3] *= np.float32(1 / np.iinfo(rgb.dtype).max)
    squares[:4] -= np.float32(0.5)
    return squares.reshape(5 * SIDE**2, height, width)


def in_squares(array: NDArray[Any], row: int, height: int, width: int) -> NDArray[Any]:
    """h/4 x w/4 x (4 pixels' values), of one of the squares' rows."""
    return np.ascontiguousarray(array[row::SIDE]).reshape(height, width, -1)


def reaching(array: NDArray[Any], seen: Part) -> NDArray[Any]:
    """That part of an array; where it ends before, its border goes on."""
    inside = array[seen]
    down, right = (along.stop - along.start - there for along, there in zip(seen, inside.shape, strict=False))
    if not (down or right):
        return inside
    return np.asarray(cv2.copyMakeBorder(np.ascontiguousarray(inside), 0, down, 0, right, cv2.BORDER_REPLICATE))


def beside(around: Floats, seen: Part) -> Floats:
    """8 x h/8 x w/8, what is known around a patch: its part of what is known around the whole picture."""
    return np.ascontiguousarray(around[:, *(slice(along.start // BLOCK, along.stop // BLOCK) for along in seen)])


def within(near: Part, seen: Part) -> NDArray[np.int64]:
    """Top, left, bottom and right of the near part in the seen one, in squares."""
    (top, bottom), (left, right) = (
        ((inner.start - along.start) // SIDE, (inner.stop - along.start) // SIDE)
        for inner, along in zip(near, seen, strict=True)
    )
    return np.array([top, left, bottom, right], np.int64)
