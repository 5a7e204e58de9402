"""The parts of a large picture where there is work to do, and small maps brought to the size of such a part.

A matte is certain nearly everywhere; the work at full size is done only in the tiles that its uncertain band touches.
A tile's values never depend on how the picture was tiled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Tile = tuple[slice, slice]

SIDE = 128


def on_grid(small: Floats, size_hw: tuple[int, int], step: int) -> Floats:
    """`small` (h x w, or h x w x c), a map of a whole picture of size_hw, at the centres of its step x step blocks.

    By linear interpolation: the centre of block j lies at (j + 0.5) step h / H - 0.5 of `small`; beyond the outer
    centres the outer sample holds. The last blocks may reach beyond the picture.
    """
    down, across = (step * samples / length for samples, length in zip(small.shape, size_hw, strict=False))
    spare = [math.ceil(scale) + 1 for scale in (down, across)]  # that no block of the last ones is missing
    longer = cv2.copyMakeBorder(small, 0, spare[0], 0, spare[1], cv2.BORDER_REPLICATE)
    enlarged = cv2.resize(longer, None, fx=1 / across, fy=1 / down, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(enlarged[: -(-size_hw[0] // step), : -(-size_hw[1] // step)], np.float32)


def magnify(small: Floats, step: int, tile: Tile) -> Floats:
    """The tile of `small` (h x w x 3) enlarged `step` times: sample j stands at the centre of pixels j step to j step +
    step - 1."""
    parts, crops = [], []
    for along, samples in zip(tile, small.shape, strict=False):
        first, last = along.start // step, -(-along.stop // step)
        start = max(first - 1, 0)  # a sample to spare on either side, for pixels before the first centre
        parts.append(slice(start, min(last + 1, samples)))
        offset = along.start - start * step
        crops.append(slice(offset, offset + along.stop - along.start))
    block = small[parts[0], parts[1]]
    size_wh = block.shape[1] * step, block.shape[0] * step
    return np.asarray(cv2.resize(block, size_wh, interpolation=cv2.INTER_LINEAR)[crops[0], crops[1]], np.float32)


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
