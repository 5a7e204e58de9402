"""A spotlight on the subject that follows it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from matteo.effects.entry import effect_function
from matteo.effects.shape import coloured
from matteo.picture.colour import parse_colour
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha
from matteo.video.effects.follow import Followed, box_of, followed
from matteo.video.effects.layers import beneath, towards
from matteo.video.effects.moving import Moving
from matteo.video.effects.subject import EVERYWHERE, Where, where
from matteo.video.effects.table import check
from matteo.video.frame import Frame

AROUND = 0.1  # of the box's longer side: by this the light is wider than the box
STEP = 4  # pixels: the light's edge is soft, so that a quarter of the samples says it
HARD = 0.02  # of the radius: the least softness that leaves no jagged edge


@effect_function
def follow_spot(
    strength: float = 0.6, radius: float | None = None, softness: float = 0.6, colour: str = "black", lag: float = 0.25
) -> Moving:
    """What lies behind the subject, darker outside an ellipse around the subject's box or a circle at its middle. The
    subject itself stays as it is.

    strength: 0 leaves all as it is, 1 is all `colour`. radius: of the circle, as a share of the picture's long side.
    softness: of the way from the middle to the edge, over how much the light falls off. lag: seconds that it is behind
    a subject that moves evenly; it follows as a critically damped spring does. UsageError where neither a background
    nor a source is there.
    """
    check("follow-spot", strength=strength, radius=radius, softness=softness, lag=lag)
    parse_colour(colour)

    def lit(cutout: Cutout, frame: Frame, state: Followed | None) -> tuple[Cutout, Followed | None]:
        after = followed(state, where(cutout.alpha), float(frame.time), lag)
        ground = beneath(cutout, "follow-spot")
        dark = _dark(box_of(after) or EVERYWHERE, cutout.size_hw, radius, softness) * np.float32(strength)
        rgb = towards(ground.rgb, coloured(colour, cutout)[0, 0], dark) if strength else ground.rgb
        return replace(cutout, under=(replace(ground, rgb=rgb),)), after

    return Moving(lit, whole=True, opaque=True)


def _dark(box: Where, size_hw: tuple[int, int], radius: float | None, softness: float) -> Alpha:
    """0 in the light to 1 out of it, smooth between (Hermite)."""
    height, width = size_hw
    if radius is None:
        half = (box.right - box.left) * width / 2, (box.bottom - box.top) * height / 2
        across, down = (one + AROUND * max(half) * 2 for one in half)
    else:
        across = down = radius * max(size_hw)
    small = -(-height // STEP), -(-width // STEP)
    y, x = ((np.arange(n, dtype=np.float32) + 0.5) * STEP for n in small)
    from_middle = np.hypot((y[:, None] - box.middle[1] * height) / down, (x - box.middle[0] * width) / across)
    soft = max(softness, HARD)
    t = np.clip((from_middle - (1 - soft / 2)) / (1.5 * soft), 0, 1)
    fall = cv2.resize(t * t * (3 - 2 * t), (small[1] * STEP, small[0] * STEP), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(fall[:height, :width], np.float32)
