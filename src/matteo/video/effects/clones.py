"""The subject left standing in the picture at given times, while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from matteo.effects.entry import effect_function
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha, Image, Rgb
from matteo.video.effects.layers import before, right_under
from matteo.video.effects.moving import Moving
from matteo.video.effects.table import check
from matteo.video.effects.times import parse_times
from matteo.video.frame import Frame

LEAST = 1 / 255  # of alpha: fainter pixels are not kept


@dataclass(frozen=True)
class Standing:
    """A subject as it was: the part of the picture that it took, its upper left pixel at (top, left)."""

    rgb: Rgb
    alpha: Alpha
    top: int
    left: int


@dataclass(frozen=True)
class Clones:
    """Those that stand, and the time (s) up to which the film was seen."""

    time: Fraction
    standing: tuple[Standing, ...] = ()


@effect_function
def clones(at: Any = None, *, opacity: float = 1.0, where: str = "behind") -> Moving:
    """At each of the times the subject is left behind as it is in the first frame that is not before it, and stays
    until a scene or the film ends.

    at: times from the film's beginning, as `parse_times` takes them. where: right behind the subject, later ones over
    earlier ones, or before it, which makes them part of the cut-out. Where a film is entered in the middle, what would
    have been left before is not there. UsageError without a time.
    """
    check("clones", opacity=opacity, where=where)
    if at is None or at == "":
        raise UsageError("clones needs the times at which the subject is left standing: give at, as 2s+4.5s")
    times = parse_times("at", at)

    def cloned(cutout: Cutout, frame: Frame, state: Clones | None) -> tuple[Cutout, Clones]:
        past = state if state is not None and state.time < frame.time else None
        since = frame.time - max(frame.duration, Fraction(1, 1000)) if past is None else past.time
        standing = () if past is None else past.standing
        shown = _shown(cutout, standing, opacity, where)
        if any(since < time <= frame.time for time in times):
            standing = (*standing, *_standing(cutout))
        return shown, Clones(frame.time, standing)

    return Moving(cloned)


def _standing(cutout: Cutout) -> list[Standing]:
    left, top, width, height = cv2.boundingRect(cv2.inRange(cutout.alpha, LEAST, 2.0))
    if not width:
        return []
    part = slice(top, top + height), slice(left, left + width)
    return [Standing(cutout.rgb[part].copy(), cutout.alpha[part].copy(), top, left)]


def _shown(cutout: Cutout, standing: tuple[Standing, ...], opacity: float, where: str) -> Cutout:
    for one in standing if opacity else ():
        rgb, alpha = np.zeros_like(cutout.rgb), np.zeros_like(cutout.alpha)
        rows, columns = (
            slice(a, min(a + n, m)) for a, n, m in zip((one.top, one.left), one.alpha.shape, alpha.shape, strict=True)
        )
        within = slice(max(0, rows.stop - rows.start)), slice(max(0, columns.stop - columns.start))
        rgb[rows, columns], alpha[rows, columns] = one.rgb[within], one.alpha[within] * np.float32(opacity)
        layer = Image(rgb, alpha, cutout.metadata)
        cutout = right_under(cutout, layer) if where == "behind" else before(cutout, layer)
    return cutout
