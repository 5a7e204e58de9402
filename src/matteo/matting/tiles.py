"""The parts of a large picture where there is work to do, and small maps brought to the size of such a part.

A matte is certain nearly everywhere; the work at full size is done only in the tiles that its uncertain band touches.
A tile's values never depend on how the picture was tiled.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Tile = tuple[slice, slice]

SIDE = 256


@lru_cache(maxsize=8)
def weights(small: int, large: int) -> Floats:
    """large x small: the linear interpolation of `small` samples at the centres of `large` pixels over the same span.

    The centre of pixel i of `large` lies at (i + 0.5) small / large - 0.5 of `small`; beyond the outer centres the
    outer sample holds.
    """
    centres = (np.arange(large, dtype=np.float64) + 0.5) * small / large - 0.5
    centres = np.clip(centres, 0, small - 1)
    left = np.minimum(centres.astype(np.intp), max(small - 2, 0))
    part = (centres - left).astype(np.float32)
    matrix = np.zeros((large, small), np.float32)
    rows = np.arange(large)
    matrix[rows, left] = 1 - part
    if small > 1:
        matrix[rows, left + 1] = part
    return matrix


def enlarge(planes: Floats, size_hw: tuple[int, int], tile: Tile) -> Floats:
    """The tile of `planes` (h x w, or c x h x w) enlarged to size_hw by linear interpolation, centres aligned.

    Planes and not pixels, as each is two products of small dense matrices: the rows' weights, the plane, the columns'.
    """
    rows, row_part = _nonzero_part(weights(planes.shape[-2], size_hw[0])[tile[0]])
    columns, column_part = _nonzero_part(weights(planes.shape[-1], size_hw[1])[tile[1]])
    enlarged: Floats = rows @ np.ascontiguousarray(planes[..., row_part, column_part]) @ columns.T
    return enlarged


def _nonzero_part(matrix: Floats) -> tuple[Floats, slice]:
    """Rows of an interpolation use a run of samples: from the first row's first to the last row's last."""
    first = int(matrix[0].argmax()) - 1
    last = int(matrix[-1].argmax()) + 1
    part = slice(max(first, 0), min(last, matrix.shape[1] - 1) + 1)
    return matrix[:, part], part


def tiles(size_hw: tuple[int, int], side: int = SIDE) -> Iterator[Tile]:
    """Every tile of a picture of size_hw, the last ones of a row or column narrower."""
    for top in range(0, size_hw[0], side):
        for left in range(0, size_hw[1], side):
            yield slice(top, min(top + side, size_hw[0])), slice(left, min(left + side, size_hw[1]))


def tiles_touching(needed: NDArray[np.bool_], size_hw: tuple[int, int], side: int = SIDE) -> Iterator[Tile]:
    """The tiles of a picture of size_hw in which a pixel of the smaller map `needed` lies, with one pixel to spare."""
    grown = cv2.dilate(needed.astype(np.uint8), np.ones((3, 3), np.uint8))
    down, across = grown.shape[0] / size_hw[0], grown.shape[1] / size_hw[1]
    for rows, columns in tiles(size_hw, side):
        top, bottom = int(rows.start * down), int(np.ceil(rows.stop * down))
        left, right = int(columns.start * across), int(np.ceil(columns.stop * across))
        if grown[top:bottom, left:right].any():
            yield rows, columns


def for_each(work: Callable[[Tile], None], chosen: Iterable[Tile]) -> None:
    """work(tile) for all, in as many threads as there are processors, four at most: NumPy and OpenCV let go of the
    interpreter's lock. Raises the first error that work raises."""
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="matteo-tiles") as pool:
        for _ in pool.map(work, chosen):
            pass
