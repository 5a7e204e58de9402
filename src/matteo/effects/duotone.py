"""The subject in two colours, one for its darkest tones and one for its brightest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matteo.effects.entry import effect_function
from matteo.effects.luminance import greyed
from matteo.effects.shape import coloured
from matteo.effects.table import check
from matteo.picture.colour import parse_colour
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Rgb


@effect_function
def duotone(dark: str = "#1b1464", light: str = "#ffd36e", strength: float = 1.0) -> Effect:
    """Black becomes `dark`, white becomes `light`, and what is between by its brightness, on encoded values.

    strength: 1 for the two colours alone, 0 for the subject as it is.
    """
    check("duotone", strength=strength)
    parse_colour(dark), parse_colour(light)

    def toned(cutout: Cutout) -> Cutout:
        ends = [coloured(name, cutout)[0, 0].astype(np.float32) for name in (dark, light)]
        top = np.float32(np.iinfo(cutout.rgb.dtype).max)
        grey = greyed(cutout.rgb, cutout.metadata)
        out: Rgb = np.empty_like(grey)
        for part in strips(*cutout.size_hw):
            tone = ends[0] + (ends[1] - ends[0]) * (grey[part] / top)
            own = cutout.rgb[part].astype(np.float32)
            out[part] = np.rint(own + (tone - own) * np.float32(strength))
        return replace(cutout, rgb=out)

    return toned
