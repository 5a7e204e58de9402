"""Bootstrap Methods: Another Look at the Jackknife (Efron 1979): how far a score would move with other pictures.

A resample draws as many pictures as there are, with replacement. It is held as counts, so that every score of every
network sees the same resamples and differences are of pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVEL = 0.95
ENOUGH = 0.5  # share of resamples that must give a value at all


@dataclass(frozen=True)
class Estimate:
    """A score with the ends of its 95 % interval; they are None where too few resamples give the score at all."""

    value: float
    low: float | None
    high: float | None


def resamples(pictures: int, times: int, seed: int = 0) -> Floats:
    """times x pictures: how often each picture is drawn in each resample."""
    rng = np.random.default_rng(seed)
    counts = np.empty((times, pictures))
    for row in counts:  # one at a time, as the drawn indices of all would take as much room again
        row[:] = np.bincount(rng.integers(pictures, size=pictures), minlength=pictures)
    return counts


def estimate(value: float, resampled: Floats) -> Estimate:
    """The percentile interval of a score's values over the resamples; those that are NaN do not count."""
    known = resampled[~np.isnan(resampled)]
    if len(known) == 0 or len(known) < ENOUGH * len(resampled):
        return Estimate(value, None, None)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))
