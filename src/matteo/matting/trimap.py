"""A trimap from an alpha: what is surely foreground, surely background, and the band between that is to be refined.

The band's width follows the alpha's own uncertainty. Around a clean edge, whose ramp is as narrow as its grid allows,
it is a few grid pixels wide; where the ramp is wider (hair, blur, doubt) it reaches further out. Made on the grid on
which the alpha was found, its width grows with the picture.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.picture.image import Alpha

Mask = NDArray[np.bool_]

DOUBT = 0.04  # alpha nearer than this to 0 or 1 is taken for certain
REACH = 2  # grid pixels around doubt that belong to the band
CLEAN = 4  # grid pixels: a ramp not wider than this is a clean edge
FARTHER = 3  # additional grid pixels around wider ramps
FARTHEST = 12  # grid pixels from the outline up to which a network's doubt is about the edge
HINT = 0.025  # of a network's alpha before it is cleaned: nearer to 0 or 1 it is certain
HINTED = 20  # grid pixels from the outline up to which such a hint is one of hair


def unknown_band(alpha: Alpha, reach: int = REACH) -> Mask:
    """H x W, True where alpha (H x W in [0, 1]) is to be refined. reach: in pixels of this grid."""
    # Doubt, or a step from certain foreground to certain background without a pixel between.
    lowest, highest = cv2.erode(alpha, _disc(1)), cv2.dilate(alpha, _disc(1))
    doubt = ((highest > DOUBT) & (lowest < 1 - DOUBT)).astype(np.uint8)
    wide = cv2.morphologyEx(doubt, cv2.MORPH_OPEN, np.ones((CLEAN + 3, CLEAN + 3), np.uint8))  # + 2: grown just now
    near, far = cv2.dilate(doubt, _disc(reach - 1)), cv2.dilate(wide, _disc(reach - 1 + FARTHER))
    return np.asarray(cv2.max(near, far) > 0, bool)


def near_outline(alpha: Alpha, reach: float = FARTHEST) -> Mask:
    """H x W, True within `reach` pixels of where alpha passes one half. Doubt farther away (a veil over the background,
    a part that may or may not belong) is a question of what the subject is, not of its edge."""
    inside = np.pad((alpha > 0.5).astype(np.uint8), 1, mode="edge")
    if inside.min() == inside.max():
        return np.zeros(alpha.shape, bool)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 3) + cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
    return np.asarray(distance[1:-1, 1:-1] <= reach, bool)


def guessed_band(alpha: Alpha, hints: Alpha | None = None) -> Mask:
    """H x W, True where a network's guess is to be refined: its doubt near the outline.

    hints: its alpha of that size before it was cleaned, if at hand. In hair it is faintly above 0 well beyond the
    outline that is left after cleaning; there the band reaches farther out.
    """
    if hints is None:
        return unknown_band(alpha) & near_outline(alpha)
    faint = np.asarray(cv2.dilate(((hints > HINT) & (hints < 1 - HINT)).astype(np.uint8), _disc(REACH)) > 0, bool)
    return np.asarray((unknown_band(alpha) | faint) & near_outline(alpha, HINTED), bool)


def band_radius(unknown: Mask) -> float:
    """Half the width of the band where it is widest, in pixels; 0 where there is none."""
    if not unknown.any():
        return 0.0
    padded = np.pad(unknown.astype(np.uint8), 1)
    return float(cv2.distanceTransform(padded, cv2.DIST_L2, 3).max())


def _disc(radius: int) -> NDArray[np.uint8]:
    side = 2 * max(0, radius) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
