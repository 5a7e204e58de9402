"""From the pictures' scores to a set's: values, intervals, differences to the first network, curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matteo.learning.evaluation.bootstrap import Estimate, Floats, estimate, resamples
from matteo.learning.evaluation.calibration import Bin, calibration_error, reliability
from matteo.learning.evaluation.contamination import seen_in_training
from matteo.learning.evaluation.contestants import Contestant, Trial
from matteo.learning.evaluation.measures import FAILED, MEASURES, Measure, mean_curve
from matteo.learning.evaluation.run import Measured, Settings
from matteo.learning.evaluation.scores import Columns, Scored, columns
from matteo.learning.evaluation.sheet import Example


@dataclass(frozen=True)
class Standing:
    """One network on one set. differences: to the first network, of the same pictures; empty for the first."""

    contestant: Contestant
    contaminated_by: str | None  # the line of its card that names this set
    scores: dict[str, Estimate]
    differences: dict[str, Estimate]
    failures: int
    calibration_error: float | None  # mean distance of confidence and IoU over the bins, weighted by pictures
    seconds: float  # median of a picture's whole pipeline
    network_seconds: float  # median of the network alone
    precision: Floats  # 256, falling thresholds
    recall: Floats
    reliability: tuple[Bin, ...]


@dataclass(frozen=True)
class SetSummary:
    """A set and all that was found on it."""

    trial: Trial
    pictures: int
    soft: int  # of them with soft true alpha, or all of them if that was asked for
    empty: int  # of them without a subject
    skipped: dict[str, str]
    standings: tuple[Standing, ...]
    worst: tuple[Example, ...]
    scored: dict[str, list[Scored]]

    @property
    def measures(self) -> list[Measure]:
        """Those that have a value here."""
        return [measure for measure in MEASURES if any(measure.name in s.scores for s in self.standings)]


def summarise(measured: Measured, models: Sequence[Contestant], settings: Settings) -> SetSummary:
    first = measured.scored[models[0].label]
    weights = resamples(len(first), settings.resamples, settings.seed)
    tables = [columns(measured.scored[model.label]) for model in models]
    resampled = [_resampled(table, weights) for table in tables]
    standings = [
        _standing(model, measured.trial, table, values, resampled[0] if index else None)
        for index, (model, table, values) in enumerate(zip(models, tables, resampled, strict=True))
    ]
    soft = int((~np.isnan(tables[0]["sad"])).sum())
    empty = sum(picture.empty for picture in first)
    return SetSummary(
        measured.trial, len(first), soft, empty, measured.skipped, tuple(standings), tuple(measured.worst),
        measured.scored,
    )  # fmt: skip


@dataclass(frozen=True)
class _Values:
    value: float
    resampled: Floats


def _resampled(table: Columns, weights: Floats) -> dict[str, _Values]:
    """Each measure that the pictures have, of all of them and of every resample."""
    once = np.ones((1, weights.shape[1]))
    found = {}
    for measure in MEASURES:
        value = float(measure.statistic(table, once)[0])
        if not math.isnan(value):
            found[measure.name] = _Values(value, measure.statistic(table, weights))
    return found


def _standing(
    model: Contestant, trial: Trial, table: Columns, values: dict[str, _Values], first: dict[str, _Values] | None
) -> Standing:
    differences = {
        name: estimate(own.value - first[name].value, own.resampled - first[name].resampled)
        for name, own in values.items()
        if first and name in first
    }
    once = np.ones((1, len(table["iou"])))
    known = ~np.isnan(table["confidence"])
    bins = reliability(table["confidence"][known], table["iou"][known])
    return Standing(
        contestant=model,
        contaminated_by=next(
            (line for name in trial.sets if (line := seen_in_training(name, model.card.trained_on))), None
        ),
        scores={name: estimate(own.value, own.resampled) for name, own in values.items()},
        differences=differences,
        failures=int((table["iou"] < FAILED).sum()),
        calibration_error=calibration_error(bins),
        seconds=float(np.median(table["seconds"])),
        network_seconds=float(np.median(table["network_seconds"])),
        precision=mean_curve("precision")(table, once)[0],
        recall=mean_curve("recall")(table, once)[0],
        reliability=bins,
    )
