"""Scores as people read them, the same on the terminal and on the page."""

from __future__ import annotations

from typing import Literal

from matteo.learning.evaluation.bootstrap import Estimate
from matteo.learning.evaluation.measures import BY_NAME, FAILED, Measure
from matteo.learning.evaluation.summary import SetSummary, Standing

NO_VALUE = "-"
FEW = 10
MARKS = {"better": "▲", "worse": "▼", "unclear": "≈"}
LEGEND = "▲ better, ▼ worse, ≈ not clear on these pictures"
Verdict = Literal["better", "worse", "unclear"]


def verdict(measure: Measure, difference: Estimate) -> Verdict:
    """Of a difference to the first network: unclear while its 95 % interval holds 0, or it is too small to be shown."""
    if difference.low is None or difference.high is None or difference.low <= 0 <= difference.high:
        return "unclear"
    if round(difference.value, measure.decimals) == 0:
        return "unclear"
    return "better" if (difference.value > 0) == measure.higher_is_better else "worse"


def value_of(measure: Measure, number: float) -> str:
    return f"{number:.{measure.decimals}f}"


def interval_of(measure: Measure, estimate: Estimate) -> str:
    """ "0.881…0.897"; a dash where there is none."""
    if estimate.low is None or estimate.high is None:
        return NO_VALUE
    decimals = max(3, measure.decimals - 1)
    return f"{estimate.low:.{decimals}f}…{estimate.high:.{decimals}f}"


def change_of(measure: Measure, difference: Estimate) -> str:
    """ "≈ +0.0024 (-0.0290…+0.0420)": the mark is of its verdict."""
    text = f"{MARKS[verdict(measure, difference)]} {_signed(measure, difference.value)}"
    if difference.low is None or difference.high is None:
        return text
    return f"{text} ({_signed(measure, difference.low)}…{_signed(measure, difference.high)})"


def _signed(measure: Measure, number: float) -> str:
    return f"{round(number, measure.decimals) + 0.0:+.{measure.decimals}f}"  # + 0.0: there is no "-0.000"


def sentence(summary: SetSummary, standing: Standing) -> str:
    """One network on one set, in a sentence, by its IoU."""
    measure, iou = BY_NAME["iou"], standing.scores["iou"]
    text = f"IoU {iou.value:.3f} (95 %: {interval_of(measure, iou)})"
    difference = standing.differences.get("iou")
    if difference is None:
        return text
    found = verdict(measure, difference)
    first = summary.standings[0].contestant.label
    if found == "unclear":
        return f"{text}: no clear difference to {first} on {pictures(summary.pictures)}"
    return f"{text}: {found} than {first}, by {abs(difference.value):.3f} ({interval_of(measure, difference)})"


def failures_of(summary: SetSummary, standing: Standing) -> str:
    return f"{standing.failures} of {summary.pictures} under IoU {FAILED}"


def time_of(standing: Standing) -> str:
    return f"{standing.seconds * 1000:.0f} ms, network {standing.network_seconds * 1000:.0f} ms"


def warnings_of(summary: SetSummary) -> list[str]:
    """What makes scores say less than they seem to."""
    warnings = [
        f"CONTAMINATED: {s.contestant.label} was trained on this set: its card lists “{s.contaminated_by}”. "
        "Its scores here say nothing of new pictures."
        for s in summary.standings
        if s.contaminated_by is not None
    ]
    if summary.skipped:
        warnings.append(f"{pictures(len(summary.skipped))} could not be measured and count nowhere; see the list.")
    return warnings


def notes_of(summary: SetSummary) -> list[str]:
    """What a reader must know to read the scores rightly."""
    notes = []
    if summary.empty:
        notes.append(f"{pictures(summary.empty)} without a subject: F counts as 0 there, IoU as 1 if nothing is found.")
    failures = [s.failures for s in summary.standings if "auroc" in s.scores]
    if failures and min(failures) < FEW:
        notes.append(f"The confidence's AUROC rests on few failures ({min(failures)}): under {FEW} it means little.")
    if 0 < summary.soft < summary.pictures:
        notes.append(f"SAD, MSE, gradient and connectivity are of the {pictures(summary.soft)} with soft true alpha.")
    return notes


def pictures(number: int) -> str:
    return f"{number:,} picture" + ("" if number == 1 else "s")
