"""Errors over time of a film's alphas, against the truth or against the frames' own motion.

Motion is found at the frames' own size by a slower search than the one that makes alpha steady, and counts where the
path back and forth closes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.video.flow import warped

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

STILL = 0.5  # pixels from one frame to the next
CLOSES = 1.0, 0.05  # pixels, and share of the path
LEAST_STILL = 0.02  # of the frame: with less of it still, there is nothing to measure


@dataclass(frozen=True)
class Pair:
    """From a frame to the next: back, H x W x 2 in pixels; seen: where it is known; still: where nothing moves."""

    back: Floats
    seen: Mask
    still: Mask


def motions(frames: Sequence[Bytes]) -> Iterator[Pair]:
    search: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    for before, after in pairwise(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames):
        back, forth = search.calc(after, before, None), search.calc(before, after, None)
        path = np.linalg.norm(back, axis=2)
        seen = np.linalg.norm(back + warped(forth, back), axis=2) < CLOSES[0] + CLOSES[1] * path
        yield Pair(np.asarray(back, np.float32), seen, seen & (path < STILL))


def iou(alphas: Sequence[Floats], true: Sequence[Floats]) -> float:
    """Mean over the frames, at one half."""
    found = [((a > 0.5) & (t > 0.5)).sum() / ((a > 0.5) | (t > 0.5)).sum() for a, t in zip(alphas, true, strict=True)]
    return float(np.mean(found))


def dtssd(alphas: Sequence[Floats], true: Sequence[Floats]) -> float:
    """The change from frame to frame against the truth's (Erofeev 2015): root mean square, mean over the frames."""
    changes = [(later - before) for before, later in pairwise(alphas)]
    truth = [(later - before) for before, later in pairwise(true)]
    return float(np.mean([np.sqrt(((c - t) ** 2).mean()) for c, t in zip(changes, truth, strict=True)]))


def warping_error(alphas: Sequence[Floats], pairs: Sequence[Pair]) -> float:
    """Mean difference of alpha to that of the frame before, brought along the motion, where that is known."""
    return float(
        np.mean(
            [
                np.abs(after - warped(before, pair.back))[pair.seen].mean()
                for (before, after), pair in zip(pairwise(alphas), pairs, strict=True)
            ]
        )
    )


def still_change(alphas: Sequence[Floats], pairs: Sequence[Pair]) -> float:
    """Mean change of alpha from frame to frame where the motion is under STILL; NaN where all moves."""
    found = [
        np.abs(after - before)[pair.still].mean()
        for (before, after), pair in zip(pairwise(alphas), pairs, strict=True)
        if pair.still.mean() > LEAST_STILL
    ]
    return float(np.mean(found)) if found else float("nan")
