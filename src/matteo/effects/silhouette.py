"""The subject's shape in one colour."""

from __future__ import annotations

from dataclasses import replace

from matteo.effects.entry import effect_function
from matteo.effects.shape import coloured
from matteo.picture.colour import parse_colour
from matteo.picture.cutout import Cutout, Effect


@effect_function
def silhouette(colour: str = "black") -> Effect:
    """Every pixel of the subject in `colour`; its alpha and what lies beneath it stay."""
    parse_colour(colour)

    def filled(cutout: Cutout) -> Cutout:
        return replace(cutout, rgb=coloured(colour, cutout))

    return filled
