"""When what happens in a run: a plan in steps. Once it is made, the step alone decides; the clock has no more say."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

TIMED = 50  # steps from which the rest of a run is planned; fewer where they take a tenth of its time


@dataclass(frozen=True)
class Plan:
    """stages: (steps, side of the picture in pixels, pictures in a batch), in order."""

    stages: tuple[tuple[int, int, int], ...]

    @property
    def steps(self) -> int:
        return sum(steps for steps, _, _ in self.stages)

    def stage_at(self, step: int) -> tuple[int, int]:
        """Side and batch size at a step, counted from 0."""
        for steps, side, size in self.stages:
            step -= steps
            if step < 0:
                return side, size
        return self.stages[-1][1:]


class Staged(Protocol):
    """A recipe, as far as a plan needs it."""

    @property
    def stages(self) -> tuple[tuple[float, int, int], ...]: ...


class Going(Protocol):
    """A run's state, as far as timing it needs."""

    step: int
    seconds: float

    @property
    def recipe(self) -> Staged: ...


def plan_of(facts: dict[str, Any] | None) -> Plan | None:
    """A plan from `asdict`, also where its tuples became lists on the way."""
    return Plan(tuple(tuple(stage) for stage in facts["stages"])) if facts else None


def plan_steps(recipe: Staged, steps: int) -> Plan:
    """So many steps in all, shared among the stages as the recipe shares the time."""
    ends = [round(steps * sum(share for share, _, _ in recipe.stages[: i + 1])) for i in range(len(recipe.stages))]
    lengths = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    return Plan(tuple((n, side, size) for n, (_, side, size) in zip(lengths, recipe.stages, strict=True)))


def plan_minutes(recipe: Staged, minutes: float, costs_s: Sequence[float], done: int) -> Plan:
    """As many steps as the minutes hold. costs_s: seconds of a step in each stage. done: steps of stage 1 so far."""
    lengths = [round(60 * minutes * stage[0] / cost) for stage, cost in zip(recipe.stages, costs_s, strict=True)]
    lengths[0] = max(lengths[0], done)
    return Plan(tuple((n, side, size) for n, (_, side, size) in zip(lengths, recipe.stages, strict=True)))


def timed_plan(
    state: Going, minutes: float, stopped: Callable[[], bool], *,
    take: Callable[[Plan, Callable[[], bool]], Iterator[object]], trial_s: Callable[[int, int], float],
) -> Plan:  # fmt: skip
    """Takes the run's first steps and times them: so many steps fit into the minutes.

    take: steps of a plan until it is enough. trial_s: seconds of a trial step at a side and a size; the other stages'
    steps are reckoned from one trial of each, in proportion to the first's.
    """
    times: list[float] = []

    def enough() -> bool:
        return len(times) >= 3 and (stopped() or sum(times) > 0.1 * 60 * minutes)

    _, side, size = state.recipe.stages[0]
    before = state.seconds
    for _ in take(Plan(((TIMED, side, size),)), enough):
        times.append(state.seconds - before)
        before = state.seconds
    trials = [trial_s(side, size) for _, side, size in state.recipe.stages]
    costs_s = [statistics.median(times) * trial / trials[0] for trial in trials]
    return plan_minutes(state.recipe, minutes, costs_s, state.step)


def learning_rate(progress: float, step: int, warmup_steps: int, hold: float = 0.0) -> float:
    """Warm-up, then 1 for the share `hold` of the run, then a cosine to zero at progress 1; a factor in [0, 1].

    What was learned while the rate was held can be gone on from without the loss of a restart: Hu et al., "MiniCPM",
    2024, section 4.
    """
    falling = max(0.0, min(1.0, progress) - hold) / (1 - hold)
    return min(1.0, (step + 1) / max(1, warmup_steps)) * 0.5 * (1 + math.cos(math.pi * falling))
