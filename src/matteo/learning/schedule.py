"""When what happens in a run: a plan in steps. Once it is made, the step alone decides; the clock has no more say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matteo.learning.recipes import Recipe


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


def plan_steps(recipe: Recipe, steps: int) -> Plan:
    """So many steps in all, shared among the stages as the recipe shares the time."""
    ends = [round(steps * sum(share for share, _, _ in recipe.stages[: i + 1])) for i in range(len(recipe.stages))]
    lengths = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    return Plan(tuple((n, side, size) for n, (_, side, size) in zip(lengths, recipe.stages, strict=True)))


def plan_minutes(recipe: Recipe, minutes: float, costs_s: Sequence[float], done: int) -> Plan:
    """As many steps as the minutes hold. costs_s: seconds of a step in each stage. done: steps of stage 1 so far."""
    lengths = [round(60 * minutes * stage[0] / cost) for stage, cost in zip(recipe.stages, costs_s, strict=True)]
    lengths[0] = max(lengths[0], done)
    return Plan(tuple((n, side, size) for n, (_, side, size) in zip(lengths, recipe.stages, strict=True)))


def learning_rate(progress: float, step: int, warmup_steps: int) -> float:
    """Warm-up, then a cosine to zero at progress 1; a factor in [0, 1]."""
    return min(1.0, (step + 1) / warmup_steps) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def stage_at(progress: float, stages: Sequence[tuple[float, int, int]]) -> tuple[int, int]:
    """Side and batch size at a share of the run, of stages given as shares."""
    for share, side, size in stages:
        progress -= share
        if progress < 0:
            return side, size
    return stages[-1][1:]
