"""How good a confidence is: does it find the failures, and does it mean what it says?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matteo.learning.evaluation.auroc import auroc
from matteo.learning.evaluation.bootstrap import Estimate, estimate, resamples
from matteo.learning.evaluation.calibration import calibration_error, reliability
from matteo.learning.evaluation.measures import FAILED

TIMES = 2000


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
    """Of N pictures, one at least: the confidence stated and the IoU reached, both 0 to 1."""
    failed, score = iou < FAILED, -np.asarray(confidence, np.float64)
    drawn = auroc(score, failed, resamples(len(iou), TIMES))
    found = estimate(float(auroc(score, failed)[0]), drawn)
    error = calibration_error(reliability(np.asarray(confidence), np.asarray(iou)))
    assert error is not None  # there is a picture, else there was no AUROC
    return Trust(found, error, int(failed.sum()), len(iou))


def found_below(
    confidence: NDArray[np.floating], iou: NDArray[np.floating], threshold: float
) -> tuple[float, float, float]:
    """(share of pictures named, precision, recall) where those with a confidence under the threshold are named."""
    named, failed = np.asarray(confidence) < threshold, np.asarray(iou) < FAILED
    both = float((named & failed).sum())
    return float(named.mean()), both / max(1, int(named.sum())), both / max(1, int(failed.sum()))
