"""A picture behind the subject that is larger than the film and moves against it, as what is far away seems to."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from matteo.effects.entry import effect_function
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout, in_space_of, read_background
from matteo.picture.geometry import cover
from matteo.picture.image import Image, Metadata, Rgb
from matteo.picture.limits import Limits
from matteo.video.effects.follow import Followed, followed
from matteo.video.effects.layers import under_all
from matteo.video.effects.moving import Moving
from matteo.video.effects.subject import where
from matteo.video.effects.table import check
from matteo.video.frame import Frame

if TYPE_CHECKING:
    from matteo.picture.source import Source


@effect_function
def parallax(
    picture: Source | Image | None = None, *, amount: float = 0.3, zoom: float = 1.25, lag: float = 0.35,
    limits: Limits | None = None,
) -> Moving:  # fmt: skip
    """The picture scaled to cover `zoom` times the film, read now, behind everything. Where the subject is in the
    middle so is the picture; where it goes, the picture goes the other way by `amount` of that (below 0: the same way),
    as far as it reaches.

    lag: as in `follow_spot`. limits: of the reader. UsageError without a picture, and for one that is see-through.
    """
    check("parallax", amount=amount, zoom=zoom, lag=lag)
    if picture is None:
        raise UsageError("parallax needs a picture that is to be behind the subject: give one, as beach.jpg")
    found = read_background(picture, limits)
    if isinstance(found, str) or found.opacity is not None:
        raise UsageError("parallax needs a picture that is opaque and no plain colour: give a photograph, as beach.jpg")

    @lru_cache(maxsize=1)
    def large(size_hw: tuple[int, int], depth: Any, icc: bytes | None) -> Rgb:
        height, width = (max(n, round(zoom * n)) for n in size_hw)
        like = Cutout(np.zeros((1, 1, 3), depth), np.zeros((1, 1), np.float32), metadata=Metadata(icc=icc))
        return in_space_of(replace(found, rgb=cover(found.rgb, (height, width))), like).rgb

    def laid(cutout: Cutout, frame: Frame, state: Followed | None) -> tuple[Cutout, Followed | None]:
        seen = where(cutout.alpha)
        after = followed(state, None if seen is None else seen.middle, float(frame.time), lag)
        middle = (0.5, 0.5) if after is None else after.place
        ground = large(cutout.size_hw, cutout.rgb.dtype, cutout.metadata.icc)
        rgb = _window(ground, cutout.size_hw, (amount * (middle[0] - 0.5), amount * (middle[1] - 0.5)))
        return under_all(cutout, Image(rgb, None, cutout.metadata)), after

    return Moving(laid, opaque=True)


def _window(rgb: Rgb, size_hw: tuple[int, int], by_xy: tuple[float, float]) -> Rgb:
    """The part of a larger picture that is seen, moved from its middle by shares of the part's size, in parts of
    pixels, and never beyond its border."""
    spare = [(large - small) / 2 for large, small in zip(rgb.shape[:2], size_hw, strict=True)]
    top, left = (
        room + min(max(by * length, -room), room) for room, by, length in zip(spare, by_xy[::-1], size_hw, strict=True)
    )
    if top.is_integer() and left.is_integer():
        return np.ascontiguousarray(rgb[int(top) :, int(left) :][: size_hw[0], : size_hw[1]])  # type: ignore[return-value]
    shift = np.array([[1, 0, left], [0, 1, top]], np.float32)
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(rgb, shift, size_hw[::-1], flags=how, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]
