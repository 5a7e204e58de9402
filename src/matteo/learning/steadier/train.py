"""The steadier's training loop, top to bottom.

    python -m matteo.learning.steadier.train --shots RUN/shots-*.npz --run RUN --minutes 30

`python -m matteo.learning.steadier.shots` makes the shots. A run is a folder: `checkpoint.pt`, `weights.pt` (the
averaged network, fp16) and `log.csv`. Started again with the same folder it goes on where it was, and ends as one that
was never interrupted.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from matteo.errors import ModelError
from matteo.learning.averaging import average_into
from matteo.learning.checkpoint import halved, read_whole, widened, write_whole
from matteo.learning.journal import Journal
from matteo.learning.schedule import Plan, learning_rate, plan_of, plan_steps, timed_plan
from matteo.learning.steadier.batches import Batch, batch_of
from matteo.learning.steadier.network import Known, Steadier, log_odds, step, warped
from matteo.learning.steadier.seen import Shots, load
from matteo.learning.train import attempt
from matteo.learning.validation import Validation
from matteo.models.session import default_threads
from matteo.remover import in_order
from matteo.video.steady import CHANNELS, HIDDEN

HELD = 60  # shots that are scored and not learned from, the last ones
SCORED = 500  # steps from one validation to the next
SAVE_S = 120
AT_REST = 80  # frames


@dataclass(frozen=True)
class Recipe:
    """stages: (share of the run, side of the parts, shots in a batch). change: what the error of alpha's change counts,
    in place and along the motion."""

    stages: tuple[tuple[float, int, int], ...] = ((1.0, 128, 6),)
    lr: float = 2e-3
    change: tuple[float, float] = (22.0, 2.5)
    warmup_steps: int = 100
    ema: float = 0.995
    seed: int = 0


@dataclass
class State:
    """network: what learns. average: of its recent past. plan: None until the first steps are timed. bf16: the
    arithmetic, chosen once."""

    recipe: Recipe
    network: Steadier
    average: Steadier
    adam: torch.optim.AdamW
    plan: Plan | None = None
    bf16: bool = False
    step: int = 0
    seconds: float = 0.0

    def parts(self) -> dict[str, Any]:
        return {"network": self.network, "average": self.average, "adam": self.adam}


def unroll(network: Steadier, batch: Batch, *, bf16: bool = False) -> Tensor:
    """Log-odds of every frame in turn, B x T x 1 x h x w."""
    known, odds = rested(network, batch, bf16=bf16), []
    for t, look in enumerate(batch.looks):
        if known is not None:
            wrong = batch.mistaken[:, t]
            known = replace(known, odds=torch.where(wrong == 0, known.odds, wrong))
        known = step(network, look, batch.rgb[:, t], known, batch.back[:, t], batch.trust[:, t], bf16=bf16)
        odds.append(known.odds)
    return torch.stack(odds, 1)


@torch.no_grad()
def rested(network: Steadier, batch: Batch, *, bf16: bool = False) -> Known | None:
    """What is known after the first frame was looked at for a while; None where nobody did."""
    known: Known | None = None
    back, trust = torch.zeros_like(batch.back[:, 0]), torch.ones_like(batch.trust[:, 0])
    for look in batch.rest:
        known = step(network, look, batch.rgb[:, 0], known, back, trust, bf16=bf16)
    return known


def losses(odds: Tensor, batch: Batch) -> dict[str, Tensor]:
    """bce, absolute: of alpha. change: its change from frame to frame against the truth's, squared (dtSSD, Erofeev
    2015); along: the same along the motion, absolute, where that is trusted."""
    alpha, true = torch.sigmoid(odds), batch.true
    back, trust = batch.back[:, 1:].flatten(0, 1), batch.trust[:, 1:].flatten(0, 1)
    found, right = (
        values[:, 1:].flatten(0, 1) - warped(values[:, :-1].flatten(0, 1), back) for values in (alpha, true)
    )
    return {
        "bce": binary_cross_entropy_with_logits(odds, true),
        "absolute": (alpha - true).abs().mean(),
        "change": (alpha.diff(dim=1) - true.diff(dim=1)).square().mean(),
        "along": ((found - right).abs() * trust).mean(),
    }


def total(terms: dict[str, Tensor], recipe: Recipe) -> Tensor:
    in_place, along = recipe.change
    return terms["bce"] + terms["absolute"] + in_place * terms["change"] + along * terms["along"]


def validate(network: Steadier, shots: Shots) -> dict[str, float]:
    """Errors of held-out shots as the first pattern of looks has them, of what was seen of them by itself, and of
    the first frame of some after one look and after AT_REST: whether alpha drifts while nothing moves."""
    scores: dict[str, list[float]] = {}
    side = shots.true.shape[2]
    numbers = range(len(shots))[-HELD:]
    with torch.inference_mode():
        for first in range(0, len(numbers), 6):
            some = numbers[first : first + 6]
            batch = batch_of(shots, some, side, (0,), plain=True)
            seen = log_odds(torch.from_numpy(shots.seen[some].astype(np.float32) / 255)[:, :, None])
            for name, odds in (("", unroll(network, batch)), ("seen ", seen)):
                told = losses(odds, batch)
                inside, true = odds > 0, batch.true > 0.5
                overlap = (inside & true).flatten(2).sum(2) / (inside | true).flatten(2).sum(2).clamp(min=1)
                for key, value in (("iou", overlap.mean()), *told.items()):
                    scores.setdefault(name + key, []).append(float(value))
            for rest in (1, AT_REST):
                known = rested(network, batch_of(shots, some[:1], side, (0,), plain=True, rest=rest))
                assert known is not None
                error = (torch.sigmoid(known.odds) - batch.true[:1, 0]).abs().mean()
                scores.setdefault(f"at rest, {rest}", []).append(float(error))
    return {name: float(np.mean(values)) for name, values in scores.items()}


def take_step(state: State, batch: Batch) -> dict[str, float]:
    progress = state.step / state.plan.steps if state.plan else 0.0
    for group in state.adam.param_groups:
        group["lr"] = state.recipe.lr * learning_rate(progress, state.step, state.recipe.warmup_steps)
    state.adam.zero_grad()
    terms = losses(unroll(state.network, batch, bf16=state.bf16), batch)
    loss = total(terms, state.recipe)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), 1.0)
    state.adam.step()
    state.step += 1
    average_into(state.average, state.network, min(state.recipe.ema, (state.step + 1) / (state.step + 20)))
    return {name: term.item() for name, term in (*terms.items(), ("total", loss))}


def make_batch(shots: Shots, recipe: Recipe, plan: Plan, number: int) -> Batch:
    """The batch of a step; the recipe's seed and the step alone decide what is in it."""
    side, size = plan.stage_at(number)
    chosen = np.random.default_rng((recipe.seed, number, 1)).integers(len(shots) - HELD, size=size)
    return batch_of(shots, [int(n) for n in chosen], side, (recipe.seed, number))


def learn(state: State, plan: Plan, shots: Shots, enough: Any) -> Iterator[dict[str, float]]:
    """Steps to the plan's end, or until it is enough; gives each step's losses. One thread makes batches ahead."""
    began = time.perf_counter()
    for batch in in_order(partial(make_batch, shots, state.recipe, plan), range(state.step, plan.steps), 1):
        if enough():
            return
        terms = take_step(state, batch)
        state.seconds += time.perf_counter() - began
        began = time.perf_counter()
        yield terms


def train(
    recipe: Recipe, shots: Shots, run: Path, *, start: Path | None = None, minutes: float | None = None,
    steps: int | None = None,
) -> None:  # fmt: skip
    """Trains for so many minutes of work, or so many steps; one of the two is given. ModelError for too few shots."""
    if (minutes is None) == (steps is None):
        raise ValueError("give minutes or steps, one of the two")
    if len(shots) <= HELD:
        raise ModelError(f"{len(shots)} shots are too few: {HELD} are held out, and the others are learned from")
    state, journal = begin(recipe, run, start), Journal(run)
    if state.step == 0:
        journal.validation(0, Validation(validate(state.average, shots), None))
    if state.plan is None:
        state.plan = plan_steps(recipe, steps) if steps else timed_plan(
            state, minutes or 0.0, lambda: False, take=lambda plan, enough: learn(state, plan, shots, enough),
            trial_s=lambda side, size: float(side**2 * size),
        )  # fmt: skip
    journal.begin(state.step, state.plan.steps)
    saved_at = time.perf_counter()
    for terms in learn(state, state.plan, shots, lambda: False):
        journal.step(state.step, terms, {"seconds": state.seconds})
        if state.step % SCORED == 0 and state.step < state.plan.steps:
            journal.validation(state.step, Validation(validate(state.average, shots), None))
        if time.perf_counter() - saved_at > SAVE_S:
            attempt(partial(save, state, run), "the checkpoint", journal)
            saved_at = time.perf_counter()
    journal.validation(state.step, Validation(validate(state.average, shots), None))
    journal.end(state.step, {"seconds": state.seconds})
    save(state, run)


def begin(recipe: Recipe, run: Path, start: Path | None) -> State:
    """A run from its beginning, or from its checkpoint where there is one."""
    torch.manual_seed(recipe.seed)
    network = load_steadier(start) if start else Steadier()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    adam = torch.optim.AdamW(network.parameters(), recipe.lr, weight_decay=1e-3)
    state = State(recipe, network, copy.deepcopy(network), adam)
    run.mkdir(parents=True, exist_ok=True)
    if (path := run / "checkpoint.pt").exists():
        saved = read_whole(path)
        for name, part in state.parts().items():
            part.load_state_dict(saved[name])
        state.plan, state.bf16 = plan_of(saved["plan"]), saved["bf16"]
        state.step, state.seconds = saved["step"], saved["seconds"]
    else:
        state.bf16 = trial_seconds(network, bf16=True) < trial_seconds(network, bf16=False)
    return state


def trial_seconds(network: Steadier, *, bf16: bool, tries: int = 3) -> float:
    """The least time of a forward and backward pass of a copy of the network."""
    trial, side, times = copy.deepcopy(network), 128, []
    frame, memory = torch.full((4, CHANNELS, side, side), 0.5), torch.zeros(4, HIDDEN, side, side)
    given = [values.contiguous(memory_format=torch.channels_last) for values in (frame, memory)]
    for _ in range(tries):
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            share, change, after = trial(*given)
        (share.float().sum() + change.float().sum() + after.float().sum()).backward()
        times.append(time.perf_counter() - start)
    return min(times)


def save(state: State, run: Path) -> None:
    """Raises OSError where there is no room; what was saved before stays."""
    states = {name: part.state_dict() for name, part in state.parts().items()}
    facts = {
        "plan": state.plan and asdict(state.plan),
        "bf16": state.bf16,
        "step": state.step,
        "seconds": state.seconds,
    }
    write_whole(run / "checkpoint.pt", states | facts)
    write_whole(run / "weights.pt", {"width": state.average.width, "state": halved(state.average)})


def load_steadier(path: Path) -> Steadier:
    """From `weights.pt`, in fp32. Raises ModelError for what is none."""
    saved = read_whole(path)
    if not isinstance(saved, dict) or set(saved) != {"width", "state"}:
        raise ModelError(f"{path} holds no weights of a steadier: its run's weights.pt is meant")
    network = Steadier(saved["width"])
    network.load_state_dict(widened(saved["state"]))
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description="Train what makes a film's alpha steady.")
    parser.add_argument("--shots", type=Path, required=True, nargs="+")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--start", type=Path, help="weights.pt to start from instead of chance")
    parser.add_argument("--threads", type=int, default=default_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train(Recipe(), load(options.shots), options.run, start=options.start, minutes=options.minutes, steps=options.steps)


if __name__ == "__main__":
    main()
