"""Networks side by side: measured, then summed up. What the command and the benchmarks call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from matteo.learning.evaluation.contestants import Contestant, Trial
from matteo.learning.evaluation.degrade import Degradation
from matteo.learning.evaluation.run import Measured, Progress, Settings, measure, pooled
from matteo.learning.evaluation.summary import SetSummary, summarise


def compare(
    models: Sequence[Contestant],
    trials: Sequence[Trial],
    settings: Settings,
    progress: Progress | None = None,
    pool: bool = False,
) -> list[SetSummary]:
    """A summary for each trial, in which every contestant stands; differences are to the first.

    pool: for each degradation one more summary, of all its sets as one, each picture counting alike.
    Raises DataError where a set has no pair that can be read, and ModelError where a network cannot run.
    """
    found = measure(models, trials, settings, progress)
    if pool:
        found += _pools(found)
    return [summarise(measured, models, settings) for measured in found]


def _pools(found: Sequence[Measured]) -> list[Measured]:
    by_degradation: dict[Degradation | None, list[Measured]] = defaultdict(list)
    for measured in found:
        by_degradation[measured.trial.degradation].append(measured)
    return [pooled(group) for group in by_degradation.values() if len(group) > 1]
