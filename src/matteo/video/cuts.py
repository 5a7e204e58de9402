"""Scene cuts: where one frame does not continue the one before.

Two witnesses must agree: the colours of the whole picture are others (histograms), and what motion cannot explain is
most of the picture. A fast pan has the first alone low, a flash or a fade the second.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.video.flow import Motion

Bytes = NDArray[np.uint8]

BINS = 8  # a channel
CHANGED = 0.25  # share of the pixels that would have to change their colour to make one histogram the other
LOST = 0.6  # share of the picture that motion does not explain
ALL_LOST = 0.85  # the same, where colours alone would not tell: a cut between two views of one room


def is_cut(before: Bytes, after: Bytes, motion: Motion) -> bool:
    """Whether `after` begins another scene; both h x w x 3, `motion` the way from one to the other."""
    lost = 1 - float(motion.trust.mean())
    return lost > ALL_LOST or (lost > LOST and colours_changed(before, after) > CHANGED)


def colours_changed(before: Bytes, after: Bytes) -> float:
    """Half the distance of the colour histograms, 0 to 1."""
    return float(np.abs(_histogram(before) - _histogram(after)).sum() / 2)


def _histogram(rgb: Bytes) -> NDArray[np.float32]:
    counts = cv2.calcHist([rgb], [0, 1, 2], None, [BINS] * 3, [0, 256] * 3)
    return np.asarray(counts / counts.sum(), np.float32)
