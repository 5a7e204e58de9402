"""How good a confidence is: does it find the failures, and does it mean what it says?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matteo.learning.evaluation.auroc import auroc
from matteo.learning.evaluation.bootstrap import Estimate, estimate, resamples

Floats = NDArray[np.float64]

FAILED = 0.8  # IoU below which a cut-out is called a failure
TIMES = 2000
BINS = 10


@dataclass(frozen=True)
class Trust:
    """auroc: of finding failures. ece: expected calibration error, of 1. failures, pictures: how many there are."""

    auroc: Estimate
    ece: float
    failures: int
    pictures: int

    def __str__(self) -> str:
        a = self.auroc
        interval = "" if a.low is None or a.high is None else f" [{a.low:.3f}, {a.high:.3f}]"
        return f"AUROC {a.value:.3f}{interval}, ECE {self.ece:.3f}, {self.failures} failures of {self.pictures}"


def trust_of(confidence: NDArray[np.floating], iou: NDArray[np.floating]) -> Trust:
    """Of N pictures: the confidence stated and the IoU reached, both 0 to 1."""
    failed, score = iou < FAILED, -np.asarray(confidence, np.float64)
    drawn = auroc(score, failed, resamples(len(iou), TIMES))
    found = estimate(float(auroc(score, failed)[0]), drawn)
    return Trust(found, calibration_error(confidence, iou), int(failed.sum()), len(iou))


def reliability(confidence: NDArray[np.floating], iou: NDArray[np.floating]) -> list[tuple[int, float, float]]:
    """(pictures, mean confidence, mean IoU) of each tenth of [0, 1] that holds any: equal where it is calibrated."""
    tenth = np.minimum((np.asarray(confidence) * BINS).astype(int), BINS - 1)
    rows = []
    for k in range(BINS):
        inside = tenth == k
        if inside.any():
            rows.append((int(inside.sum()), float(confidence[inside].mean()), float(iou[inside].mean())))
    return rows


def calibration_error(confidence: NDArray[np.floating], iou: NDArray[np.floating]) -> float:
    """Expected calibration error (Naeini 2015), over tenths: the mean distance of confidence and IoU."""
    rows = reliability(confidence, iou)
    return sum(count * abs(stated - reached) for count, stated, reached in rows) / len(iou)


def found_below(
    confidence: NDArray[np.floating], iou: NDArray[np.floating], threshold: float
) -> tuple[float, float, float]:
    """(share of pictures named, precision, recall) where those with a confidence under the threshold are named."""
    named, failed = np.asarray(confidence) < threshold, np.asarray(iou) < FAILED
    both = float((named & failed).sum())
    return float(named.mean()), both / max(1, int(named.sum())), both / max(1, int(failed.sum()))
