"""A square picture of a profile page: the subject's upper part on a colour, in a circle or a rounded square."""

from __future__ import annotations

import cv2
import numpy as np

from matteo.effects.entry import effect_function
from matteo.effects.placement import Placement, placed
from matteo.effects.shape import coloured
from matteo.effects.subject import SEEN, Box, box_or_all
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

    The square is as wide as the subject's box, from a little above it (`top`, a share of the side): of somebody
    standing, head and shoulders. A subject that is wider than high is shown whole, or, where the picture's border
    cuts it off, as much of it around its head as has no cut edge. zoom: beyond 1 nearer, below 1 farther.
    """
    check("avatar", shape=shape, size=size, zoom=zoom, top=top)
    parse_colour(background)

    def framed(cutout: Cutout) -> Image:
        main, head = _main(cutout.alpha)
        to = _placement(main, head, whole_hw=cutout.size_hw, size=size, zoom=zoom, top=top)
        square = placed(cutout, lambda box: to, cutting=True)
        layers = [*square.under, Image(square.rgb, square.alpha)]
        rgb, _ = composite([Image(coloured(background, square)), *layers])
        opacity = None if shape == "square" else frame(shape, size)
        return Image(rgb, opacity, square.metadata, square.format, square.notes)

    return framed


def _main(alpha: Alpha) -> tuple[Box, float]:
    """The box of the subject's large pieces, and the column of the middle of its head."""
    seen = cv2.inRange(alpha, SEEN, 2.0)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(seen, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not areas.size:
        box = box_or_all(alpha)
        return box, (box.left + box.right) / 2
    large = np.concatenate([[False], areas >= BESIDE * areas.max()])[labels]
    left, top, width, height = cv2.boundingRect(large.view(np.uint8))
    upper = large[top : top + max(1, round(HEAD * height))].sum(axis=0)
    middle = np.average(np.arange(len(upper)) + 0.5, weights=upper)
    return Box(left, top, left + width, top + height), float(middle)


def _placement(box: Box, head: float, *, whole_hw: tuple[int, int], size: int, zoom: float, top: float) -> Placement:
    side = box.width / zoom  # in the picture's pixels
    above = top * side
    if box.height < side * (1 - top):  # lower than wide: in the middle
        if box.top == 0 or box.bottom == whole_hw[0]:
            side = box.height / zoom
        above = (side - box.height) / 2
    scale = size / side
    left = (box.left + box.right) / 2 - side / 2
    if side < box.width:  # not all of it is seen: its head is
        left = head - side / 2
        left = max(left, 0) if box.left == 0 else left
        left = min(left, box.right - side) if box.right == whole_hw[1] else left
    return Placement(scale, -left * scale, -(box.top - above) * scale, (size, size))


def frame(shape: str, size: int) -> Alpha:
    """The coverage of a circle or rounded square that touches the picture's sides: size x size in [0, 1]."""
    half = size / 2
    radius = half if shape == "circle" else ROUNDING * size
    offset = np.abs(np.arange(size, dtype=np.float32) + np.float32(0.5 - half))
    corner = np.maximum(offset - np.float32(half - radius), 0)
    within: Alpha = np.clip(np.float32(radius + 0.5) - np.hypot(corner[:, None], corner), 0, 1)
    return within
