"""The scores of a set, one table: each is a function of the pictures' columns and of how often each picture counts.

That form serves the score itself (every picture once) and all its bootstrap resamples alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matteo.learning.evaluation.auroc import auroc
from matteo.learning.evaluation.scores import Columns

Floats = NDArray[np.float64]
Statistic = Callable[[Columns, Floats], Floats]  # columns of N pictures, weights B x N -> B values

FAILED = 0.8  # an IoU under this is a failure, which the confidence is to find


@dataclass(frozen=True)
class Measure:
    """One score. what: a sentence for the report's reader, with the paper. soft: only where true alpha is soft."""

    name: str
    title: str
    higher_is_better: bool
    statistic: Statistic
    what: str
    soft: bool = False
    decimals: int = 4


def mean(name: str) -> Statistic:
    """The mean over the pictures that have the number."""

    def statistic(columns: Columns, weights: Floats) -> Floats:
        known = ~np.isnan(columns[name])
        counts = weights[:, known]
        total = counts.sum(1)
        average: Floats = np.divide(
            counts @ columns[name][known], total, out=np.full(len(total), np.nan), where=total > 0
        )
        return average

    return statistic


def mean_curve(name: str) -> Statistic:
    """B x 256: the curve's mean over the pictures."""
    return lambda columns, weights: weights @ columns[name] / weights.sum(1, keepdims=True)


def best_of(name: str) -> Statistic:
    return lambda columns, weights: mean_curve(name)(columns, weights).max(1)


def average_of(name: str) -> Statistic:
    return lambda columns, weights: mean_curve(name)(columns, weights).mean(1)


def found_failures(columns: Columns, weights: Floats) -> Floats:
    known = ~np.isnan(columns["confidence"])
    return auroc(-columns["confidence"][known], columns["iou"][known] < FAILED, weights[:, known])


MEASURES = (
    Measure("iou", "IoU", True, mean("iou"), "Overlap with the true mask, alpha cut at 0.5: shared area / joint area."),
    Measure(
        "boundary_iou", "boundary IoU", True, mean("boundary_iou"),
        "The same overlap of the two masks' rims, 2 % of the picture's diagonal wide: how good the edge is "
        "(Cheng 2021).",
    ),
    Measure("mae", "MAE", False, mean("mae"), "Mean absolute error of alpha against the mask (Perazzi 2012)."),
    Measure(
        "max_f", "max F", True, best_of("f"),
        "F with beta² 0.3, which favours precision, averaged over the pictures; at the best of 256 thresholds, one "
        "for the whole set (Achanta 2009).",
    ),
    Measure("mean_f", "mean F", True, average_of("f"), "The same F averaged over all 256 thresholds."),
    Measure(
        "weighted_f", "weighted F", True, mean("weighted_f"),
        "F without a threshold; errors weigh more the farther they are from the subject (Margolin 2014).",
    ),
    Measure("s", "S", True, mean("s"), "Likeness of structure, by regions and by object (Fan 2017)."),
    Measure("mean_e", "mean E", True, average_of("e"), "Enhanced alignment, over all thresholds (Fan 2018)."),
    Measure("max_e", "max E", True, best_of("e"), "Enhanced alignment at the set's best threshold (Fan 2018)."),
    Measure(
        "sad", "SAD", False, mean("sad"),
        "Sum of absolute differences to the soft true alpha over the picture, in thousands (Rhemann 2009).",
        soft=True, decimals=3,
    ),
    Measure("mse", "MSE", False, mean("mse"), "Mean squared error against the soft true alpha.", soft=True),
    Measure(
        "gradient", "gradient", False, mean("gradient"),
        "Squared differences of the alphas' gradients, in thousands (Rhemann 2009).", soft=True, decimals=3,
    ),
    Measure(
        "connectivity", "connectivity", False, mean("connectivity"),
        "How much of alpha hangs loose from the subject, in thousands (Rhemann 2009).", soft=True, decimals=3,
    ),
    Measure(
        "auroc", "confidence AUROC", True, found_failures,
        "The chance that a picture with IoU under 0.8 has a lower confidence than one above: 0.5 is guessing.",
        decimals=3,
    ),
)  # fmt: skip
BY_NAME = {measure.name: measure for measure in MEASURES}
