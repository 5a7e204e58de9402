"""How well a score tells positives from negatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def auroc(score: Floats, positive: NDArray[np.bool_], weights: Floats | None = None) -> Floats:
    """The chance that a positive scores higher than a negative, ties counting half (Hanley 1982).

    score, positive: N. weights: B x N, how often each of the N counts in each of B resamples; once where None. Gives B
    values in [0, 1], NaN where a resample lacks one of the two kinds.
    """
    counts = np.ones((1, len(score))) if weights is None else weights
    order = np.argsort(score, kind="stable")
    counts, positive = counts[:, order], positive[order]
    firsts = np.flatnonzero(np.diff(score[order], prepend=np.nan) != 0)  # where each group of equal scores begins
    high = np.add.reduceat(counts * positive, firsts, axis=1)
    low = np.add.reduceat(counts * ~positive, firsts, axis=1)
    below = np.cumsum(low, axis=1) - low
    wins = (high * (below + low / 2)).sum(1)
    pairs = high.sum(1) * low.sum(1)
    chance: Floats = np.divide(wins, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)
    return chance
