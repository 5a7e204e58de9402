"""Light around the subject."""

from __future__ import annotations

import numpy as np

from matteo.effects.entry import effect_function
from matteo.effects.shape import Length, check_length, coloured, pixels, softened, widened, with_under
from matteo.effects.table import check
from matteo.picture.colour import parse_colour
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.layers.drawn import Drawn


@effect_function
def glow(size: Length = 25, colour: str = "#ffe6a8", strength: float = 0.9) -> Effect:
    """A layer beneath the subject that is strongest at its edge and fades over about `size`.

    size: thousandths of the picture's long side, "2.5%" of it, or "40px". strength: opacity at the edge, 0 to 1.
    The canvas stays. A size of 0 is no glow.
    """
    check("glow", strength=strength)
    check_length(size)
    parse_colour(colour)

    def glowing(cutout: Cutout) -> Cutout:
        reach = pixels(size, cutout.size_hw)
        if reach == 0 or strength == 0:
            return cutout
        # Widened by half before it is blurred, so that it is full where the subject ends and gone where `size` ends.
        halo = softened(widened(cutout.alpha, reach / 2), reach / 4)
        light = Drawn(coloured(colour, cutout), halo * np.float32(strength), cutout.metadata, name="glow")
        return with_under(cutout, light)

    return glowing
