"""The film's own picture behind the subject."""

from __future__ import annotations

from typing import Any

from matteo.effects.entry import effect_function
from matteo.effects.original import unmixed
from matteo.effects.subject import source_of
from matteo.picture.cutout import Cutout
from matteo.video.effects.layers import under_all
from matteo.video.effects.moving import Moving
from matteo.video.frame import Frame


@effect_function
def original() -> Moving:
    """The frame itself as the lowest layer, the subject's share of soft edges taken out of it, so that the whole is the
    film again, and other effects can be drawn between the two. UsageError without a source."""

    def laid(cutout: Cutout, frame: Frame, state: Any) -> tuple[Cutout, None]:
        return under_all(cutout, unmixed(source_of(cutout, "original"), cutout)), None

    return Moving(laid, opaque=True)
