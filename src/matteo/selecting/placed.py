"""Hints laid over one picture: drawn onto any part of it, on any grid; and imposed on its alpha."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from matteo.errors import UsageError
from matteo.picture.geometry import resize, sampled
from matteo.picture.image import Alpha
from matteo.picture.limits import Limits
from matteo.picture.mask import MaskSource, read_mask
from matteo.selecting.drawing import Map, disc, outside, paint, stroke
from matteo.selecting.hints import Hints, Places

Part = tuple[slice, slice]  # rows and columns of the picture

THICK = 3  # radius of a stroke, in samples of the grid
EXACT = 1e-6  # of a pixel that a box may be off by
THIN = 0.3  # share of a sample that is painted, from which all of it is


@dataclass(frozen=True)
class Placed:
    """size_hw: the picture's. keep, drop: points and strokes, box: x0, y0, x1, y1, all as shares of its sides.
    kept, dropped: painted areas, h x w in [0, 1], each of a size of its own."""

    size_hw: tuple[int, int]
    keep: Places = ()
    drop: Places = ()
    box: tuple[float, float, float, float] | None = None
    kept: Alpha | None = None
    dropped: Alpha | None = None

    def maps(self, part: Part, grid_hw: tuple[int, int]) -> tuple[Map, Map]:
        """What to keep and what to drop of a part of the picture, on a grid of it."""
        keep, drop = np.zeros(grid_hw, np.uint8), np.zeros(grid_hw, np.uint8)
        if self.box is not None:
            (x0, y0), (x1, y1) = self._on(part, grid_hw, (self.box[:2], self.box[2:]))
            outside(drop, keep, (x0 + 0.5, y0 + 0.5, x1 + 0.5, y1 + 0.5))  # the samples' edges
        for on, off, area in ((keep, drop, self.kept), (drop, keep, self.dropped)):
            if area is not None:
                paint(on, off, self._area(area, part, grid_hw))
        for on, off, places in ((keep, drop, self.keep), (drop, keep, self.drop)):
            for place in places:
                spots = self._on(part, grid_hw, place)
                disc(on, off, spots[0]) if len(spots) == 1 else stroke(on, off, spots, THICK)
        return keep, drop

    def impose(self, alpha: Alpha) -> None:
        """In place: alpha (H x W) is 0 outside of the box, and in painted areas what those say."""
        if self.box is not None:
            height, width = alpha.shape
            x0, y0, x1, y1 = self.box
            rows, columns = (
                slice(math.floor(start * of + EXACT), math.ceil(end * of - EXACT))
                for start, end, of in ((y0, y1, height), (x0, x1, width))
            )
            alpha[: rows.start], alpha[rows.stop :] = 0, 0
            alpha[rows, : columns.start], alpha[rows, columns.stop :] = 0, 0
        if self.kept is not None:
            cv2.max(alpha, resize(self.kept, (alpha.shape[0], alpha.shape[1])), dst=alpha)
        if self.dropped is not None:
            cv2.min(alpha, 1 - resize(self.dropped, (alpha.shape[0], alpha.shape[1])), dst=alpha)

    def _on(
        self, part: Part, grid_hw: tuple[int, int], places: tuple[tuple[float, ...], ...]
    ) -> list[tuple[float, float]]:
        """Shares of the picture as places on a grid of its part."""
        height, width = self.size_hw
        rows, columns = part
        return [
            (
                (place[0] * width - columns.start) / (columns.stop - columns.start) * grid_hw[1] - 0.5,
                (place[1] * height - rows.start) / (rows.stop - rows.start) * grid_hw[0] - 0.5,
            )
            for place in places
        ]

    def _area(self, area: Alpha, part: Part, grid_hw: tuple[int, int]) -> Map:
        """A painted area of a part of the picture, on its grid; what is thin stays."""
        coarser = [
            (side.stop - side.start) * of / whole / grid
            for side, of, whole, grid in zip(part, area.shape, self.size_hw, grid_hw, strict=True)
        ]
        if max(coarser) > 1:
            kernel = np.ones([max(1, math.ceil(step)) for step in coarser], np.uint8)
            area = np.asarray(cv2.dilate(area, kernel, borderValue=0), np.float32)
        return np.asarray(on_grid(area, part, self.size_hw, grid_hw) >= THIN, np.uint8)


def on_grid(values: Alpha, part: Part, size_hw: tuple[int, int], grid_hw: tuple[int, int]) -> Alpha:
    """What h x w values of a whole picture of size_hw are on a grid of a part of it, by linear interpolation."""
    down, across = (
        (side.start + (np.arange(grid) + 0.5) * (side.stop - side.start) / grid) * of / whole - 0.5
        for side, grid, of, whole in zip(part, grid_hw, values.shape, size_hw, strict=True)
    )
    return sampled(sampled(values, down, 0), across, 1)


def place(hints: Hints, size_hw: tuple[int, int], limits: Limits | None = None) -> Placed:
    """The hints over an upright picture of size_hw. Raises UsageError for what lies outside of it or of the box, or
    masks of another shape; PictureError for masks that cannot be read."""

    def read(mask: MaskSource | None) -> Alpha | None:
        return None if mask is None else read_mask(mask, size_hw, limits or Limits())

    keep, box = hints.places("keep", size_hw), hints.box_in(size_hw)
    if box is not None:
        for x, y in (spot for mark in keep for spot in mark):
            if not (box[0] <= x <= box[2] and box[1] <= y <= box[3]):
                raise UsageError(
                    f"what is to be kept at {x:.1%}, {y:.1%} lies outside of the box: make that larger, or leave it out"
                )
    return Placed(
        size_hw, keep, hints.places("drop", size_hw), box, read(hints.keep_mask), read(hints.drop_mask)
    )  # fmt: skip
