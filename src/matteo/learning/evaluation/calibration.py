"""Whether a confidence means what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Pictures of like confidence: how many, their mean confidence, the mean IoU that they have."""

    pictures: int
    confidence: float
    iou: float


def reliability(confidence: NDArray[np.floating], iou: NDArray[np.floating]) -> tuple[Bin, ...]:
    """N pictures in ten bins of confidence, both in [0, 1], empty ones left out (reliability diagram: DeGroot 1983)."""
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    chosen = [places == place for place in range(BINS)]
    return tuple(Bin(int(c.sum()), float(confidence[c].mean()), float(iou[c].mean())) for c in chosen if c.any())


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Expected calibration error (Naeini 2015): the mean distance of confidence and IoU, bins counting by their
    pictures; None without any."""
    pictures = sum(b.pictures for b in bins)
    return sum(b.pictures * abs(b.confidence - b.iou) for b in bins) / pictures if pictures else None
