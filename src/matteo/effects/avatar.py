"""A square picture of a profile page: the subject's upper part on a colour, in a circle or a rounded square."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.entry import effect_function
from matteo.effects.placement import Placement, placed
from matteo.effects.shape import coloured
from matteo.effects.subject import SEEN, Box
from matteo.effects.table import check
from matteo.picture.colour import parse_colour
from matteo.picture.composite import composite
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Alpha, Image

SHAPES = ("circle", "rounded", "square")
BESIDE = 0.33  # of the largest piece's area: a smaller one beside it, a bag or a bicycle, does not count
HEAD = 0.25  # of the subject's height, from its top: where its head is
ROUNDING = 0.22  # the radius of a rounded square's corners, as a share of its side


@effect_function
def avatar(
    shape: str = "circle", background: str = "#dfe7ef", size: int = 512, zoom: float = 1.0, top: float = 0.1
) -> Effect:
    """A whole picture of size x size pixels, see-through outside of the shape.

    The square is as wide as the subject's box, from a little above it (`top`, a share of the side), with what is seen
    there in its middle: of somebody standing, head and shoulders. A subject that is wider than high is shown whole,
    or, where the picture's border cuts it off, as much of it around its head as has no cut edge. zoom: beyond 1
    nearer, below 1 farther.
    """
    check("avatar", shape=shape, size=size, zoom=zoom, top=top)
    parse_colour(background)

    def framed(cutout: Cutout) -> Image:
        to = _placement(_main(cutout.alpha), size=size, zoom=zoom, top=top)
        square = placed(cutout, lambda box: to, cutting=True)
        layers = [*square.under, Image(square.rgb, square.alpha)]
        rgb, _ = composite([Image(coloured(background, square)), *layers])
        opacity = None if shape == "square" else frame(shape, size)
        return Image(rgb, opacity, square.metadata, square.format, square.notes)

    return framed


def _main(alpha: Alpha) -> NDArray[np.bool_]:
    """Where the subject's large pieces are; everywhere where there is none."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.inRange(alpha, SEEN, 2.0), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not areas.size:
        return np.ones(alpha.shape, bool)
    large: NDArray[np.bool_] = np.concatenate([[False], areas >= BESIDE * areas.max()])[labels]
    return large


def _placement(main: NDArray[np.bool_], *, size: int, zoom: float, top: float) -> Placement:
    left, upper, width, height = cv2.boundingRect(main.view(np.uint8))
    box = Box(left, upper, left + width, upper + height)
    side = box.width / zoom  # in the picture's pixels
    above = top * side
    if box.height < side * (1 - top):  # lower than wide: in the middle
        if box.top == 0 or box.bottom == len(main):
            side = box.height / zoom
        above = (side - box.height) / 2
    scale = size / side
    return Placement(scale, -_start(main, box, side, above) * scale, -(box.top - above) * scale, (size, size))


def _start(main: NDArray[np.bool_], box: Box, side: float, above: float) -> float:
    """The square's first column: around what is seen within its rows, or around the head where that is too wide. A
    border that cuts the subject does not come into it."""
    rows = slice(max(0, int(box.top - above)), max(box.top + 1, math.ceil(box.top - above + side)))
    columns = np.flatnonzero(main[rows].any(axis=0))
    middle = float(columns[0] + columns[-1] + 1) / 2
    if columns[-1] + 1 - columns[0] > side:
        head = main[box.top : box.top + max(1, round(HEAD * box.height))].sum(axis=0)
        middle = float(np.average(np.arange(len(head)) + 0.5, weights=head))
    left = middle - side / 2
    if side <= box.width:
        left = max(left, 0) if box.left == 0 else left
        left = min(left, box.right - side) if box.right == main.shape[1] else left
    return left


def frame(shape: str, size: int) -> Alpha:
    """The coverage of a circle or rounded square that touches the picture's sides: size x size in [0, 1]."""
    half = size / 2
    radius = half if shape == "circle" else ROUNDING * size
    offset = np.abs(np.arange(size, dtype=np.float32) + np.float32(0.5 - half))
    corner = np.maximum(offset - np.float32(half - radius), 0)
    within: Alpha = np.clip(np.float32(radius + 0.5) - np.hypot(corner[:, None], corner), 0, 1)
    return within
