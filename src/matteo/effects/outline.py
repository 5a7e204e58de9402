"""A line of one colour around the subject."""

from __future__ import annotations

from matteo.effects.shape import Length, check_length, coloured, pixels, widened, with_under
from matteo.effects.table import check
from matteo.picture.colour import parse_colour
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Image


def outline(width: Length = 6, colour: str = "white", opacity: float = 1.0) -> Effect:
    """A layer beneath the subject that stands out by `width` on every side, with a smooth edge.

    width: thousandths of the picture's long side, "0.6%" of it, or "12px". The canvas stays: what is beyond it is cut
    off.
    """
    check("outline", opacity=opacity)
    check_length(width)
    parse_colour(colour)

    def outlined(cutout: Cutout) -> Cutout:
        wide = widened(cutout.alpha, pixels(width, cutout.size_hw))
        return with_under(cutout, Image(coloured(colour, cutout), wide * opacity, cutout.metadata))

    return outlined
