"""The colours of a film going slowly from one look to another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.entry import effect_function
from matteo.picture.cutout import Cutout
from matteo.picture.image import Rgb
from matteo.video.effects.layers import beneath
from matteo.video.effects.looks import LOOKS, Tone, curves, matrix, mixed
from matteo.video.effects.moving import Moving
from matteo.video.effects.table import check
from matteo.video.frame import Frame


@effect_function
def grade(
    look: str = "warm", *, before: str = "plain", begin: float = 0.0, over: float = 5.0, strength: float = 1.0,
    where: str = "all",
) -> Moving:  # fmt: skip
    """The look `before` until `begin` (s), then evenly in each of its numbers to `look`, which is reached `over`
    seconds later. Looks are those of `matteo.video.effects.looks.LOOKS`, and work on encoded values.

    strength: how much of them, 0 leaves all as it is. where: the subject, what lies behind it (the film's own picture
    where nothing does yet), or all that is there.
    """
    check("grade", look=look, before=before, begin=begin, over=over, strength=strength, where=where)

    def graded(cutout: Cutout, frame: Frame, state: Any) -> tuple[Cutout, None]:
        gone = float(frame.time) - begin
        share = float(np.clip(gone / over, 0, 1)) if over else float(gone >= 0)
        tone = mixed(LOOKS["plain"], mixed(LOOKS[before], LOOKS[look], share), strength)
        if where == "background":
            cutout = replace(cutout, under=(beneath(cutout, "grade"),))
        if tone == Tone():
            return cutout, None
        if where != "subject":
            cutout = replace(cutout, under=tuple(replace(one, rgb=toned(one.rgb, tone)) for one in cutout.under))
        return (cutout if where == "background" else replace(cutout, rgb=toned(cutout.rgb, tone))), None

    return Moving(graded, whole=True, opaque=where == "background")


def toned(rgb: Rgb, tone: Tone) -> Rgb:
    """H x W x 3 in another look, same depth."""
    top = int(np.iinfo(rgb.dtype).max)
    table: NDArray[Any] = np.rint(curves(tone, top + 1) * top).astype(rgb.dtype)
    out = _looked_up(rgb, table)
    return out if tone.saturation == 1 else cv2.transform(out, matrix(tone))  # type: ignore[return-value]


def _looked_up(rgb: Rgb, table: NDArray[Any]) -> Any:
    if rgb.dtype == np.uint8:
        return cv2.LUT(np.ascontiguousarray(rgb), table[None])
    out = np.empty_like(rgb)
    for channel in range(3):
        np.take(table[:, channel], rgb[..., channel], out=out[..., channel])
    return out
