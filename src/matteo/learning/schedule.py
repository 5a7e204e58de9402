"""When what happens in a run: a plan in steps. Once it is made, the step alone decides; the clock has no more say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


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


def learning_rate(progress: float, step: int, warmup_steps: int) -> float:
    """Warm-up, then a cosine to zero at progress 1; a factor in [0, 1]."""
    return min(1.0, (step + 1) / warmup_steps) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
