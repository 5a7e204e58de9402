"""The measuring itself: each network over each set, one picture at a time.

A picture is decoded, cut and scored before the next is touched, so that memory does not grow with pixels and a
picture's time is its own. What stays of it are its numbers, three kilobytes of curves, and a thumbnail of the worst.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from matteo.errors import DataError
from matteo.learning.data import Entry, Pair, load
from matteo.learning.evaluation.contestants import Contestant, Trial
from matteo.learning.evaluation.scores import Scored, score
from matteo.learning.evaluation.sheet import Example, Worst
from matteo.picture.image import Image
from matteo.remover import Remover

WORST = 20
Progress = Callable[[str, int, int], None]  # what is measured, pictures done of it, pictures in all


@dataclass(frozen=True)
class Settings:
    """How it is measured. soft: the errors of soft alpha everywhere. resamples, seed: of the bootstrap."""

    threads: int | None = None
    provider: str = "cpu"
    soft: bool = False
    resamples: int = 1000
    seed: int = 0


@dataclass
class Measured:
    """A set, what each contestant scored on it, what could not be measured, and the worst of the first contestant."""

    trial: Trial
    scored: dict[str, list[Scored]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    worst: list[Example] = field(default_factory=list)


def measure(
    models: Sequence[Contestant], trials: Sequence[Trial], settings: Settings, progress: Progress | None = None
) -> list[Measured]:
    """Every contestant on every set, through the whole pipeline. One network is loaded at a time.

    A pair that cannot be read is skipped and named, for all contestants alike. Raises DataError where a set has no pair
    that can be read, and ModelError where a network cannot run.
    """
    found = [Measured(trial, skipped=dict(trial.passed_over)) for trial in trials]
    for contestant in models:
        remover = contestant.remover(settings.threads, settings.provider)
        for measured in found:
            _one(contestant, remover, measured, settings, progress)
            if not measured.scored[contestant.label]:
                why = next(iter(measured.skipped.values()), "every and limit leave none")
                raise DataError(f"{measured.trial.name}: none of its pairs can be measured ({why})")
    return found


def pooled(found: Sequence[Measured]) -> Measured:
    """Several sets, measured under one degradation, as one. Keys get their set's name in front."""
    labels = list(found[0].scored)
    trial = Trial(
        sets=tuple(name for measured in found for name in measured.trial.sets),
        entries=tuple(entry for measured in found for entry in measured.trial.entries),
        passed_over={},
        degradation=found[0].trial.degradation,
    )
    worst = [
        replace(example, key=f"{measured.trial.name}/{example.key}") for measured in found for example in measured.worst
    ]
    return Measured(
        trial,
        scored={label: [scored for measured in found for scored in measured.scored[label]] for label in labels},
        skipped={f"{m.trial.name}/{key}": why for m in found for key, why in m.skipped.items()},
        worst=sorted(worst, key=lambda example: example.numbers[labels[0]]["iou"])[:WORST],
    )


def _one(
    contestant: Contestant, remover: Remover, measured: Measured, settings: Settings, progress: Progress | None
) -> None:
    label, trial, is_first = contestant.label, measured.trial, not measured.scored
    scored = measured.scored.setdefault(label, [])
    worst = Worst(measured.worst, WORST) if is_first else None
    shown = {example.key: example for example in measured.worst}
    for done, entry in enumerate(trial.entries):
        if progress:
            progress(f"{label} on {trial.title}", done, len(trial.entries))
        pair = _load(entry, measured, is_first)
        if pair is None:
            continue
        rgb = trial.degradation(pair.rgb, pair.key) if trial.degradation else pair.rgb
        started = time.perf_counter()
        cutout = remover.cut(Image(rgb), **contestant.treatment)
        one = score(pair, cutout, time.perf_counter() - started, settings.soft)
        scored.append(one)
        if worst is not None and worst.takes(one.numbers["iou"]):
            worst.add(one.numbers["iou"], Example.of(pair.key, rgb, pair.mask, label, cutout.alpha, one.numbers))
        elif pair.key in shown:
            shown[pair.key].show(label, cutout.alpha, one.numbers)


def _load(entry: Entry, measured: Measured, is_first: bool) -> Pair | None:
    if entry.key in measured.skipped:
        return None
    try:
        return load(entry)
    except DataError as error:
        if not is_first:  # it could be read before: the set has changed, and scores would be of different pictures
            raise
        measured.skipped[entry.key] = str(error)
        return None
