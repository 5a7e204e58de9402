"""What was found, for programs: scores as JSON, pictures as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from matteo.learning.evaluation.bootstrap import Floats
from matteo.learning.evaluation.contestants import Contestant
from matteo.learning.evaluation.scores import NUMBERS, Scored
from matteo.learning.evaluation.summary import SetSummary, Standing

PER_PICTURE = (*NUMBERS, "mean_f", "max_f", "mean_e")
CARD = ("name", "checksum", "side", "fit", "licence", "trained_on")


def as_json(models: Sequence[Contestant], summaries: Sequence[SetSummary], how: dict[str, Any]) -> dict[str, Any]:
    """All scores of all sets; what is not known is None. how: version, date and options, as they are to be told."""
    cards = [
        {"label": model.label, "edges": model.edges} | {name: getattr(model.card, name) for name in CARD}
        for model in models
    ]
    return how | {"models": cards, "sets": [_set(summary) for summary in summaries]}


def _set(summary: SetSummary) -> dict[str, Any]:
    degradation = summary.trial.degradation
    return {
        "set": summary.trial.name,
        "degradation": str(degradation) if degradation else None,
        "pictures": summary.pictures,
        "soft_pictures": summary.soft,
        "empty_pictures": summary.empty,
        "skipped": summary.skipped,
        "worst": [example.key for example in summary.worst],
        "models": [_standing(standing) for standing in summary.standings],
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "label": standing.contestant.label,
        "contaminated_by": standing.contaminated_by,
        "scores": {name: asdict(estimate) for name, estimate in standing.scores.items()},
        "differences": {name: asdict(estimate) for name, estimate in standing.differences.items()},
        "failures": standing.failures,
        "calibration_error": standing.calibration_error,
        "seconds": standing.seconds,
        "network_seconds": standing.network_seconds,
        "precision": _short(standing.precision),
        "recall": _short(standing.recall),
        "reliability": [asdict(b) for b in standing.reliability],
    }


def _short(curve: Floats) -> list[float]:
    return [round(float(value), 5) for value in curve]


def as_csv(summaries: Sequence[SetSummary]) -> str:
    """One line for each picture of each set and network; an empty field was not measured. Pools are left out."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["set", "degradation", "model", "key", "width", "height", *PER_PICTURE])
    for summary in summaries:
        if len(summary.trial.sets) > 1:
            continue
        for label, scored in summary.scored.items():
            for picture in scored:
                height, width = picture.size_hw
                place = [summary.trial.name, summary.trial.degradation or "", label, picture.key, width, height]
                writer.writerow([*place, *_fields(picture)])
    return text.getvalue()


def _fields(picture: Scored) -> list[str]:
    values = picture.numbers | {
        "mean_f": float(picture.curves["f"].mean()),
        "max_f": float(picture.curves["f"].max()),
        "mean_e": float(picture.curves["e"].mean()),
    }
    numbers = [values.get(name, math.nan) for name in PER_PICTURE]
    return ["" if math.isnan(number) else f"{number:.6g}" for number in numbers]
