"""The rectangles that a network is to see so that all that is unknown is computed, at little cost.

A network sees each with a margin of its surroundings, which costs as much as the rectangle itself. So the unknown's
bounding box is cut in two where that costs least, and the two again; where two boxes with their margins cost more than
the one they came from, that stays.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from matteo.matting.trimap import Mask

Part = tuple[slice, slice]
Box = tuple[int, int, int, int]  # top, left, bottom, right, in blocks

MULTIPLE = 8  # pixels of a block: parts begin and end at multiples of it
MARGIN = 48  # pixels of its surroundings that the network sees beside each part: as far as its coarse maps look
NEAR = 20  # and as far as its fine ones do
FINE = 2  # what a block costs in the fine maps, when in the coarse ones it costs 1
EACH = 160  # what a part costs beside its blocks
SIDE = 896  # the longest that a part may be
SMALLEST = 32  # blocks: what is not longer is not cut

_ROOMS = ((MARGIN // MULTIPLE, 1), (-(-NEAR // MULTIPLE), FINE))


def parts(unknown: Mask, side: int = SIDE) -> Iterator[Part]:
    """(rows, columns) of the rectangles to compute, which together hold all of `unknown` (H x W).

    They begin and end at multiples of MULTIPLE, the last maybe beyond the picture's end, and are at most `side` pixels
    long, rounded up to such a multiple.
    """
    marked = in_blocks(unknown)
    if not marked.any():
        return
    _, boxes = _divided(marked, _tight(marked, (0, 0, *marked.shape)), -(-side // MULTIPLE))
    for top, left, bottom, right in boxes:
        yield slice(top * MULTIPLE, bottom * MULTIPLE), slice(left * MULTIPLE, right * MULTIPLE)


def outer(part: Part, size_hw: tuple[int, ...], margin: int = MARGIN) -> Part:
    """The part with its margin, which ends where the picture does: at the next multiple of MULTIPLE."""
    rows, columns = (
        slice(max(0, along.start - margin), min(-(-length // MULTIPLE) * MULTIPLE, along.stop + margin))
        for along, length in zip(part, size_hw, strict=True)
    )
    return rows, columns


def in_blocks(unknown: Mask) -> Mask:
    """True where a block of MULTIPLE x MULTIPLE pixels has something unknown."""
    height, width = unknown.shape
    filled = np.zeros((height, -(-width // MULTIPLE) * MULTIPLE), bool)
    filled[:, :width] = unknown
    eights = filled.view(np.uint64)  # of eight pixels at once
    return np.asarray(np.bitwise_or.reduceat(eights, np.arange(0, height, MULTIPLE), axis=0) != 0, bool)


def _divided(marked: Mask, box: Box, longest: int) -> tuple[int, list[Box]]:
    """(cost, boxes) of a tight box, cut as often as it pays."""
    top, left, bottom, right = box
    height, width = bottom - top, right - left
    own = _cost(box, marked.shape)
    if max(height, width) <= min(SMALLEST, longest):
        return own, [box]
    if max(height, width) > longest:
        cuts = [_best_cut(marked, box, 0 if height >= width else 1)]
    else:
        cuts = [_best_cut(marked, box, axis) for axis in (0, 1) if box[axis + 2] - box[axis] > SMALLEST // 2]
    _, axis, at = min(cuts)
    before, behind = ((top, left, at, right), (at, left, bottom, right))
    if axis == 1:
        before, behind = ((top, left, bottom, at), (top, at, bottom, right))
    halves = [_divided(marked, _tight(marked, part), longest) for part in (before, behind)]
    cost = sum(part[0] for part in halves)
    if cost >= own and max(height, width) <= longest:
        return own, [box]
    return cost, halves[0][1] + halves[1][1]


def _best_cut(marked: Mask, box: Box, axis: int) -> tuple[int, int, int]:
    """(cost, axis, place) of the cut across `axis`, not near the ends, whose two tight boxes cost least together.

    The picture's border, which spares some of the margin, is left out of it.
    """
    part = marked[box[0] : box[2], box[1] : box[3]]
    part = part if axis == 0 else part.T
    length = len(part)
    filled = np.flatnonzero(part.any(1))
    widths = [_widths(part), _widths(part[::-1])[::-1]]
    lowest = max(1, length // 4)
    places = np.arange(lowest, max(lowest + 1, length - length // 4))
    ends = filled[np.searchsorted(filled, places) - 1] + 1  # the first and the last line of a tight box are filled
    starts = filled[np.searchsorted(filled, places)]
    costs = np.zeros(len(places), np.intp)
    for room, price in _ROOMS:
        for lengths, across in ((ends, widths[0][places - 1]), (length - starts, widths[1][places])):
            costs += price * (lengths + 2 * room) * (across + 2 * room)
    best = int(costs.argmin())
    return int(costs[best]), axis, box[axis] + int(places[best])


def _widths(part: Mask) -> NDArray[np.intp]:
    """Of the first one, two, ... lines together: from the first filled block to the last."""
    width = part.shape[1]
    filled = part.any(1)
    first = np.where(filled, part.argmax(1), width)
    last = np.where(filled, width - part[:, ::-1].argmax(1), 0)
    return np.asarray(np.maximum.accumulate(last) - np.minimum.accumulate(first), np.intp)


def _tight(marked: Mask, box: Box) -> Box:
    """The smallest box with all that is marked in this one, in which something is."""
    top, left, bottom, right = box
    part = marked[top:bottom, left:right]
    rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
    return top + int(rows[0]), left + int(columns[0]), top + int(rows[-1]) + 1, left + int(columns[-1]) + 1


def _cost(box: Box, size_hw: tuple[int, ...]) -> int:
    """Of what the network sees, in blocks of the coarse maps."""
    top, left, bottom, right = box
    cost = EACH
    for room, price in _ROOMS:
        height = min(size_hw[0], bottom + room) - max(0, top - room)
        cost += price * height * (min(size_hw[1], right + room) - max(0, left - room))
    return cost
