"""Light wrap: a little of the new background's light on the subject's rim, as if it stood in that light."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from matteo.effects.background import Behind, behind_of
from matteo.effects.entry import effect_function
from matteo.effects.shape import softened
from matteo.effects.table import check
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout, Effect


@effect_function
def light_wrap(background: Behind = "white", *, strength: float = 0.4, width: float = 8) -> Effect:
    """Adds the background's light, blurred, to the subject's colours near its edge; give the same background to
    `over`, or use `background` as the last effect.

    strength: of the light at the very edge, 0 to 1. width: how far it reaches in, thousandths of the long side.
    Light is only added ("screen"), never taken away; deep inside the subject no pixel changes. Beyond the picture's
    border there is no light.
    """
    check("light_wrap", strength=strength, width=width)

    def wrapped(cutout: Cutout) -> Cutout:
        sigma = width / 1000 * max(cutout.size_hw)
        behind = behind_of(background, cutout)
        reached = softened(1 - cutout.alpha, sigma)
        light = _softly(behind.rgb, sigma * 2)
        full = np.float32(np.iinfo(cutout.rgb.dtype).max)
        rgb = cutout.rgb.copy()
        for part in strips(*cutout.size_hw):
            weight = np.float32(2 * strength) * reached[part]
            where = (weight > 1 / 512) & (cutout.alpha[part] > 0)
            if where.any():
                own = rgb[part][where].astype(np.float32) / full
                spilt = (light[part] if len(light) > 1 else np.broadcast_to(light, (*where.shape, 3)))[where] / full
                lit = 1 - (1 - own) * (1 - np.minimum(weight[where], 1)[:, None] * spilt)
                rgb[part][where] = np.rint(lit * full)
        return replace(cutout, rgb=rgb)

    return wrapped


def _softly(rgb: Any, sigma: float) -> Any:
    """The background without its detail, of the same depth; one colour stays one."""
    if rgb.shape[:2] == (1, 1):
        return rgb
    import cv2

    step = max(1, int(sigma / 2))
    small = cv2.resize(rgb, (max(1, rgb.shape[1] // step), max(1, rgb.shape[0] // step)), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), max(sigma / step, 0.3))
    return cv2.resize(blurred, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)
