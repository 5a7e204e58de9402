"""The subject as a sticker: a broad outline of one colour and the soft shadow of both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matteo.effects.entry import effect_function
from matteo.effects.shape import Length, check_length, coloured, moved, pixels, softened, widened, with_room, with_under
from matteo.effects.table import check
from matteo.picture.colour import parse_colour
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.layers.drawn import Drawn
from matteo.picture.limits import Limits

DROP = 0.35  # of the outline's width: how far the shadow falls
SOFT = 0.45  # of the outline's width: its blur
REACH = 1 + DROP + 3 * SOFT


@effect_function
def sticker(width: Length = 16, colour: str = "white", shadow: float = 0.45, *, limits: Limits | None = None) -> Effect:
    """Two layers beneath the subject, shadow and outline; the canvas grows where they would be cut off. Faint wisps
    beyond the outline go, as if it were cut with scissors.

    width: of the outline, thousandths of the picture's long side, "1.6%" of it, or "40px". shadow: its darkness,
    0 to 1. A width of 0 leaves the cut-out as it is. limits: of the canvas, the reader's where None.
    """
    check("sticker", shadow=shadow)
    check_length(width)
    parse_colour(colour)

    def stuck(cutout: Cutout) -> Cutout:
        wide = pixels(width, cutout.size_hw)
        if wide == 0:
            return cutout
        roomy = with_room(cutout, REACH * wide + 1, limits)
        paper = widened(roomy.alpha, wide)
        roomy = replace(roomy, alpha=np.minimum(roomy.alpha, paper))
        dark = moved(softened(paper, SOFT * wide), 0, DROP * wide)
        dark *= np.float32(shadow)
        return with_under(
            roomy,
            Drawn(coloured("black", roomy), dark, roomy.metadata, name="sticker shadow"),
            Drawn(coloured(colour, roomy), paper, roomy.metadata, name="sticker outline"),
        )

    return stuck
