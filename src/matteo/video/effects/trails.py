"""Former selves of the subject behind it, each fainter than the next."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from matteo.effects.entry import effect_function
from matteo.picture.composite import composite
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha, Image, Metadata, Rgb
from matteo.video.effects.layers import right_under
from matteo.video.effects.moving import Moving
from matteo.video.effects.table import check
from matteo.video.frame import Frame

GONE = 1 / 512  # opacity: less is not seen with 8 bits


@dataclass(frozen=True)
class Trail:
    """All former selves in one layer. time (s): for which the opacities are; left: the number of the last self."""

    rgb: Rgb
    opacity: Alpha
    time: Fraction
    left: int


@effect_function
def trails(fade: float = 0.8, *, every: float = 0.2, strength: float = 0.6) -> Moving:
    """Every so many seconds (on the film's clock) a self is left behind, under the subject and over all other layers;
    its opacity is `strength` when it is left and falls by exp(-age / `fade`).

    They are kept as one picture: the memory is the same however long the film is. strength: 0 leaves none.
    """
    check("trails", fade=fade, every=every, strength=strength)
    step = Fraction(every).limit_denominator(10**6)

    def trailing(cutout: Cutout, frame: Frame, state: Trail | None) -> tuple[Cutout, Trail | None]:
        if strength == 0:
            return cutout, None
        past = state if state and state.opacity.shape == cutout.alpha.shape and frame.time >= state.time else None
        number = math.floor(frame.time / step)
        if past is None:
            return cutout, _left(None, cutout, strength, frame.time, number)
        trail = _faded(past, float(frame.time - past.time), fade, cutout.metadata)
        after = past if number == past.left else _left(trail, cutout, strength, frame.time, number)
        return right_under(cutout, trail), after

    return Moving(trailing)


def _faded(past: Trail, age: float, fade: float, metadata: Metadata) -> Image:
    return Image(past.rgb, past.opacity * np.float32(math.exp(-age / fade)), metadata)


def _left(below: Image | None, cutout: Cutout, strength: float, time: Fraction, number: int) -> Trail:
    """The trail with the present self on top."""
    own = cutout.alpha * np.float32(strength)
    if below is None:
        return Trail(cutout.rgb, own, time, number)
    rgb, opacity = composite([below, Image(cutout.rgb, own)])
    assert opacity is not None
    opacity[opacity < GONE] = 0
    return Trail(rgb, opacity, time, number)
