"""Hints as a network sees them: two maps on its grid, 1 where something is wanted and where something is not.

What is drawn later holds: a stroke to keep takes away what was to be dropped beneath it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.uint8]  # h x w, 0 or 1
Spot = tuple[float, float]  # x, y on the grid

RADIUS = 5  # of a point's disc, in samples of the grid


def disc(on: Map, off: Map, spot: Spot, radius: int = RADIUS) -> None:
    """A point, drawn into `on` and wiped out of `off`."""
    for target, value in ((on, 1), (off, 0)):
        cv2.circle(target, _whole(spot), radius, value, -1)


def stroke(on: Map, off: Map, spots: Sequence[Spot], radius: int = RADIUS, within: Map | None = None) -> None:
    """A line through all spots with round ends, drawn as `disc` is. within: no further than there."""
    line = np.zeros_like(on)
    cv2.polylines(line, [np.array([_whole(spot) for spot in spots], np.int32)], False, 1, 2 * radius + 1)
    for spot in (spots[0], spots[-1]):
        cv2.circle(line, _whole(spot), radius, 1, -1)
    paint(on, off, line if within is None else line & within)


def paint(on: Map, off: Map, where: Map) -> None:
    """A painted area, drawn as `disc` is."""
    on |= where
    off &= ~where & 1


def outside(on: Map, off: Map, box: tuple[float, float, float, float]) -> None:
    """All but a box, x0, y0, x1, y1 by the samples' edges: 0 is where the grid begins."""
    x0, y0, x1, y1 = (math.floor(at + 0.5) for at in box)
    where = np.ones_like(on)
    where[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = 0
    paint(on, off, where)


def _whole(spot: Spot) -> tuple[int, int]:
    return round(spot[0]), round(spot[1])
