"""The canvas cut to head and shoulders: how large the head is and where it stands, as passport offices measure it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from matteo.effects.entry import effect_function
from matteo.effects.head import find_head, largest
from matteo.effects.placement import Placement, placed
from matteo.effects.subject import SEEN
from matteo.effects.table import check
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout, Effect

MEASURED = "crown and chin were found by outline and face: check the head's size with the office's template"
APART = "what does not hang together with the largest subject was left out"


@effect_function
def headshot(size: tuple[int, int] = (827, 1063), head: float = 0.75, top: float = 0.1, enlarge: float = 1.5) -> Effect:
    """A canvas of `size` (width, height in pixels) on which chin to crown take the share `head` of the height, below a
    room of the share `top`; of the picture only the largest subject.

    The chin is found by the face and the crown by the outline, hair and all; a note asks to check them. UsageError
    where there is no face from the front, or several, where the crown is cut off or under a hat, and where the picture
    would have to be enlarged more than `enlarge` times.
    """
    check("headshot", size=size, head=head, top=top, enlarge=enlarge)
    if head + top > 1:
        raise UsageError(f"a head of {head:g} below a room of {top:g} does not fit; lower one of them")

    def framed(cutout: Cutout) -> Cutout:
        found = find_head(cutout)
        height = found.chin - found.crown
        scale = head * size[1] / height
        if scale > enlarge:
            raise UsageError(
                f"the head is {height:.0f} pixels high and {head * size[1]:.0f} are asked for: enlarged {scale:.1f} "
                f"times it would be blurred; take a larger picture of it, or allow it (enlarge={scale:.1f})"
            )
        to = Placement(scale, size[0] / 2 - scale * found.middle, top * size[1] - scale * found.crown, size[::-1])
        moved = _alone(placed(cutout, lambda box: to, cutting=True))
        return replace(moved, notes=(*moved.notes, MEASURED))

    return framed


def _alone(cutout: Cutout) -> Cutout:
    """Without what does not hang together with the largest piece; a note says it where that is to be seen."""
    seen = cutout.alpha >= SEEN
    kept = largest(seen)
    others = cv2.dilate((seen & ~kept).view(np.uint8), np.ones((7, 7), np.uint8)).astype(bool) & ~kept
    if not others.any():
        return cutout
    alpha = np.where(others, np.float32(0), cutout.alpha)
    worth_a_word = (seen & ~kept).sum() > 0.002 * kept.sum()
    return replace(cutout, alpha=alpha, notes=(*cutout.notes, APART) if worth_a_word else cutout.notes)
