"""A line of one colour around the subject."""

from __future__ import annotations

import numpy as np

from matteo.effects.entry import effect_function
from matteo.effects.shape import Length, check_length, coloured, pixels, widened, with_under
from matteo.effects.table import check
from matteo.picture.colour import parse_colour
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.layers.drawn import Drawn


@effect_function
def outline(width: Length = 6, colour: str = "white", opacity: float = 1.0) -> Effect:
    """A layer beneath the subject that stands out by `width` on every side, with a smooth edge.

    width: thousandths of the picture's long side, "0.6%" of it, or "12px". The canvas stays: what is beyond it is cut
    off. A width of 0 is no line.
    """
    check("outline", opacity=opacity)
    check_length(width)
    parse_colour(colour)

    def outlined(cutout: Cutout) -> Cutout:
        reach = pixels(width, cutout.size_hw)
        if reach == 0:
            return cutout
        wide = widened(cutout.alpha, reach)
        wide *= np.float32(opacity)
        return with_under(cutout, Drawn(coloured(colour, cutout), wide, cutout.metadata, name="outline"))

    return outlined
