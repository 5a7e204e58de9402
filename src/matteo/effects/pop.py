"""Colour pop: the subject in colour, the place it was taken in grey."""

from __future__ import annotations

import numpy as np

from matteo.effects.background import Background
from matteo.effects.entry import effect_function
from matteo.effects.luminance import greyed
from matteo.effects.subject import source_of
from matteo.effects.table import check
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image, Rgb


@effect_function
def pop(strength: float = 1.0) -> Background:
    """A whole picture: the subject over its own background, whose colour is taken out.

    strength: 1 leaves grey, 0 the original. The greys are of the same luminance as the colours were.
    UsageError where the cut-out has no source.
    """
    check("pop", strength=strength)

    def behind(cutout: Cutout) -> Image:
        source = source_of(cutout, "pop")
        rgb = _mixed(source.rgb, greyed(source.rgb, cutout.metadata), strength)
        return Image(rgb, source.opacity, cutout.metadata)

    return Background(behind)


def _mixed(colour: Rgb, grey: Rgb, strength: float) -> Rgb:
    if strength in (0, 1):
        return grey if strength else colour
    out: Rgb = np.empty_like(colour)
    for part in strips(*colour.shape[:2]):
        out[part] = np.rint(colour[part] + (grey[part].astype(np.float32) - colour[part]) * np.float32(strength))
    return out
