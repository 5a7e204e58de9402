"""Where the subject is in its picture."""

from __future__ import annotations

from typing import NamedTuple

import cv2

from matteo.errors import UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha, Image

SEEN = 0.1  # from this alpha on a pixel counts for the subject's box: fainter ones are stray hairs and veils

SOLID = 0.5  # and from this on for the ground line: fainter ones beneath the feet would hold them off the floor


class Box(NamedTuple):
    """Pixels [left, right) x [top, bottom). `bottom` is the subject's ground line."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def longest(self) -> int:
        return max(self.width, self.height)


def subject_box(alpha: Alpha, threshold: float = SEEN) -> Box | None:
    """The box of all pixels whose alpha is at least `threshold`; None where there are none."""
    left, top, width, height = cv2.boundingRect(cv2.inRange(alpha, threshold, 2.0))
    return Box(left, top, left + width, top + height) if width else None


def box_or_all(alpha: Alpha) -> Box:
    """The subject's box, or the whole picture where nothing is in it."""
    return subject_box(alpha) or Box(0, 0, alpha.shape[1], alpha.shape[0])


def standing_box(alpha: Alpha) -> Box:
    """The subject's box, or the whole picture, down to its ground line: the lowest row that is half opaque or more."""
    box, solid = box_or_all(alpha), subject_box(alpha, SOLID)
    return box._replace(bottom=solid.bottom) if solid else box


def source_of(cutout: Cutout, effect: str) -> Image:
    """The original picture. UsageError where the cut-out was made without it."""
    if cutout.source is None:
        raise UsageError(
            f"{effect} needs the original picture and this cut-out has none; make it with keep_source=True"
        )
    return cutout.source
