"""The canvas cut to head and shoulders: how large the head is and where it stands, as passport offices measure it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from matteo.effects.placement import Placement, placed
from matteo.effects.shape import EDGE
from matteo.effects.subject import Box, box_or_all
from matteo.effects.table import check
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Alpha

MEASURED = "chin and crown were taken from the outline alone: check the head's size with the office's template"
CHIN = 1.25  # from the crown, in widths of the head with its hair: what is likely, within what the neck allows
LEAN = 1.4  # a row up to this times the narrowest one belongs to the neck
NECK, SHOULDERS = 0.85, 1.15  # widths, as shares of the head's, that tell the one and the other


class Head(NamedTuple):
    """Rows of crown and chin and the middle's column, in pixels."""

    crown: float
    chin: float
    middle: float


def headshot(size: tuple[int, int] = (827, 1063), head: float = 0.75, top: float = 0.1) -> Effect:
    """A canvas of `size` (width, height in pixels) on which chin to crown take the share `head` of the height, below a
    room of the share `top`.

    The head is found by the outline: it widens, narrows to a neck and widens to shoulders. Long hair, collars and
    several people defeat that, so a note asks to check it. UsageError where there is no neck to be seen.
    """
    check("headshot", size=size, head=head, top=top)
    if head + top > 1:
        raise UsageError(f"a head of {head:g} below a room of {top:g} does not fit; lower one of them")

    def framed(cutout: Cutout) -> Cutout:
        found = find_head(cutout.alpha)
        if found is None:
            raise UsageError("no head on shoulders is to be seen in the outline; use crop and place it yourself")
        scale = head * size[1] / (found.chin - found.crown)
        to = Placement(scale, size[0] / 2 - scale * found.middle, top * size[1] - scale * found.crown, size[::-1])
        moved = placed(cutout, lambda box: to)
        return replace(moved, notes=(*moved.notes, MEASURED))

    return framed


def find_head(alpha: Alpha) -> Head | None:
    """The head of a person seen from the front, by the widths of the outline's rows; None where they tell none."""
    box: Box = box_or_all(alpha)
    solid = alpha[box.top : box.bottom, box.left : box.right] >= EDGE
    span = max(1, len(solid) // 60)
    widths = np.convolve(solid.sum(1), np.ones(span) / span, mode="same")
    widest = np.maximum.accumulate(widths)
    narrow = np.flatnonzero((widths < NECK * widest) & (np.arange(len(widths)) > 2 * span))
    if not len(narrow):
        return None
    wide_again = np.flatnonzero(widths[narrow[0] :] > SHOULDERS * widest[narrow[0]])
    if not len(wide_again):
        return None
    between = widths[narrow[0] : narrow[0] + wide_again[0]]
    neck = narrow[0] + np.flatnonzero(between <= LEAN * between.min())
    chin = float(np.clip(CHIN * widest[narrow[0]], neck[0], neck[-1]))
    columns = np.nonzero(solid[: int(neck[-1])])[1]
    return Head(box.top, box.top + chin, box.left + float(columns.mean()))
