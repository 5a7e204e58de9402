"""The subject stays the subject: what appears apart from it must last before it is let in.

A passer-by, a reflection or a slip of the network is an island of alpha that touches nothing of what the subject was a
moment ago. It waits for some looks of the network; what is still there then was meant.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.picture.image import Alpha

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

SHOWS = 0.1  # alpha from which something is an island at all
IS_ONE = 0.5  # and which it reaches somewhere if it is more than a haze
NEAR = 0.02  # of the grid's long side: so far from the subject an island is a part of it
KEPT = 0.1  # share of the subject that the network still sees, below which it has lost it


def without_strangers(seen: Alpha, before: Alpha, waited: Floats, patience: int) -> tuple[Alpha, Floats]:
    """What the network sees without what has not waited long enough, and how long each pixel's island has waited.

    All h x w. before: alpha of the frame before, carried to this one; where that shows nothing, nothing is a stranger.
    waited: looks so far, carried too.
    """
    subject = cv2.dilate((before > IS_ONE).astype(np.uint8), _square(max(before.shape)))
    none = np.zeros_like(seen)
    if not subject.any():
        return seen, none
    count, found = cv2.connectedComponents((seen > SHOWS).astype(np.uint8), connectivity=8)
    labels = np.asarray(found, np.intp)
    apart = np.ones(count, bool)
    apart[0] = False
    apart[labels[subject > 0]] = False
    if not apart.any():
        return seen, none
    highest, longest = np.zeros(count, np.float32), np.zeros(count, np.float32)
    np.maximum.at(highest, labels.ravel(), seen.ravel())
    np.maximum.at(longest, labels.ravel(), waited.ravel())
    stranger = apart & (highest > IS_ONE)
    if not stranger.any():
        return seen, none
    longest = np.where(stranger, longest + 1, np.float32(0))
    shut_out = (stranger & (longest <= patience))[labels]
    return np.where(shut_out, np.float32(0), seen), longest[labels].astype(np.float32)


def is_lost(seen: Alpha, before: Alpha) -> bool:
    """Whether the network sees nearly nothing of what was the subject."""
    subject = before > IS_ONE
    return bool(subject.any() and (seen[subject] > IS_ONE).mean() < KEPT)


def _square(longest: int) -> NDArray[np.uint8]:
    side = 2 * max(1, round(NEAR * longest)) + 1
    return np.ones((side, side), np.uint8)
