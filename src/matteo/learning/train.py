"""The training loop, top to bottom.

    matteo train --recipe matteo --data DATA --run RUN --minutes 120

A run is a folder: `checkpoint.pt` (all that is needed to go on), `weights.pt` (the averaged network, fp16), `best.pt`
(the same where it scored best), `trunk.pt` (the same before the rate fell, where the recipe holds it: what a later run
goes on from), `log.csv`, and a sheet of pictures for each validation. Started again with the same folder it goes on
where it was, and ends with the very weights of a run that was never interrupted: the first steps are timed to turn
minutes into steps, and from then on the step alone decides. (To the last bit on a processor with as many threads; on a
GPU as far as its kernels add up in a fixed order.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from matteo.errors import ModelError
from matteo.learning.arithmetic import bf16_is_faster, normalise, step_seconds
from matteo.learning.averaging import average_into
from matteo.learning.batches import Batch, Material, make_batch
from matteo.learning.checkpoint import load_weights
from matteo.learning.hints.made import asked
from matteo.learning.journal import Journal
from matteo.learning.losses import matting_loss
from matteo.learning.network import HINTED, Network
from matteo.learning.on_device.store import Stored
from matteo.learning.ranks import Ranks, share_norms
from matteo.learning.recipes import Recipe
from matteo.learning.run_state import State, fresh, name_of, resume, save, save_weights
from matteo.learning.schedule import Plan, learning_rate, plan_steps, timed_plan
from matteo.learning.validation import validate
from matteo.models.session import default_threads
from matteo.remover import in_order

SAVE_S = 300.0

Make = Callable[[Plan, int], Batch]


def train(
    recipe: Recipe, material: Material, run: Path, network: Network, *, minutes: float | None = None,
    steps: int | None = None, device: torch.device | None = None, on_device: bool = False, ranks: Ranks | None = None,
    journal: Journal | None = None, stopped: Callable[[], bool] = lambda: False, save_s: float = SAVE_S,
) -> State:  # fmt: skip
    """Trains a network for so many minutes, or so many steps, or until it gets no better; gives where it ended.

    on_device: the whole material lies there and is augmented there. stopped: asked before each step; once it is true
    the run is saved and ends. Raises ModelError where the folder holds a run of another architecture, UsageError where
    it holds one of another recipe, OSError where at the end the weights cannot be written.
    """
    device, ranks = device or torch.device("cpu"), ranks or Ranks()
    journal = journal or Journal(run if ranks.is_first else None)
    checkpoint = run / "checkpoint.pt"
    torch.set_num_threads(default_threads())
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")  # the optimiser's own products, on the GPU's matrix units
    ranks.take_first(network.to(device))
    state = fresh(recipe, network, device)
    if ranks.size > 1:
        share_norms(state.network)
    if resumed := checkpoint.exists():
        resume(state, checkpoint)
    else:
        run.mkdir(parents=True, exist_ok=True)
        state.bf16 = ranks.from_first(bf16_is_faster(network) if recipe.bf16 is None else recipe.bf16)
    make: Make = partial(make_batch, material, recipe, (ranks.rank, ranks.size))
    workers = 1 if device.type == "cpu" else default_threads()
    if on_device:
        make, workers = Stored(material, recipe, device, (ranks.rank, ranks.size)).make_batch, 0
    journal.say(f"{len(material.pairs)} pairs, {'bf16' if state.bf16 else 'fp32'} on {device}")

    if state.plan is None and steps is not None:
        state.plan = plan_steps(recipe, steps)
    if not resumed:
        look(state, material, run, ranks, journal)
    if state.plan is None:
        if minutes is None:
            raise ValueError("give minutes or steps")
        planned = timed_plan(
            state, minutes, stopped,
            take=lambda plan, enough: learn(state, plan, make, workers, ranks, enough),
            trial_s=lambda side, size: step_seconds(state.network, side, size // ranks.size, state.bf16),
        )  # fmt: skip
        state.plan = ranks.from_first(planned)
        keep(state, checkpoint, ranks, journal)
    plan = state.plan
    if resumed and state.step >= plan.steps:
        journal.say(
            f"{run} holds a run that has taken all of its {plan.steps} steps: nothing more is learned; give another "
            "--run to train again"
        )
    often = max(1, plan.steps // recipe.validations)
    journal.say(f"{plan.steps} steps from {state.step}: " + ", ".join(f"{n} of {b} at {s}" for n, s, b in plan.stages))
    journal.begin(state.step, plan.steps)
    saved_at = time.perf_counter()
    try:
        for terms in learn(state, plan, make, workers, ranks, lambda: is_over(state, often) or stopped()):
            journal.step(state.step, terms, facts(state, plan))
            if ranks.is_first and recipe.hold > 0 and state.step == round(recipe.hold * plan.steps):
                attempt(partial(save_weights, state, run / "trunk.pt"), "trunk.pt", journal)
            if state.step % often == 0 or state.step == plan.steps:
                look(state, material, run, ranks, journal)
            if time.perf_counter() - saved_at >= save_s:
                keep(state, checkpoint, ranks, journal)
                saved_at = time.perf_counter()
    finally:
        journal.end(state.step, facts(state, plan))
    if ranks.is_first:
        save(state, checkpoint)
        save_weights(state, run / "weights.pt")
    return state


def beginning(recipe: Recipe, start: Path | None = None) -> Network:
    """The network that a recipe begins with: from weights, else by chance, which the seed decides.

    Raises ModelError where the weights are of another architecture.
    """
    if start is None:
        torch.manual_seed(recipe.seed)
        return Network(recipe.form)
    network = load_weights(start)
    if network.form != recipe.form:
        raise ModelError(f"{start} is of the architecture {name_of(network.form)}, not of {name_of(recipe.form)}")
    return network


def learn(
    state: State, plan: Plan, make: Make, workers: int, ranks: Ranks, enough: Callable[[], bool]
) -> Iterator[dict[str, float]]:
    """Steps to the plan's end, or until it is enough; gives each step's losses. Batches are made ahead by workers."""
    steps = range(state.step, plan.steps)
    device = next(state.network.parameters()).device
    began = time.perf_counter()
    ahead = in_order(partial(make, plan), steps, workers) if workers else (make(plan, step) for step in steps)
    for rgb, mask in ahead:
        if ranks.any(enough(), device):
            return
        terms = take_step(state, rgb.to(device), mask.to(device), ranks)
        state.seconds += time.perf_counter() - began
        began = time.perf_counter()
        yield terms


def take_step(state: State, rgb: Tensor, mask: Tensor, ranks: Ranks) -> dict[str, float]:
    """One step of learning from one batch, uint8 on the network's device; the losses by name."""
    recipe, network, (muon, adam) = state.recipe, state.network, state.optimisers.values()
    progress = state.step / state.plan.steps if state.plan else 0.0  # too early to tell while the first are timed
    factor = learning_rate(progress, state.step, recipe.warmup_steps, recipe.hold)
    for optimiser, rate in ((muon, recipe.muon_lr), (adam, recipe.adam_lr)):
        for group in optimiser.param_groups:
            group["lr"] = rate * factor * group["factor"]
        optimiser.zero_grad()
    if network.form.inputs == HINTED:
        seen, mask = asked(network, rgb, mask, np.random.default_rng((recipe.seed, state.step, 1)), bf16=state.bf16)
    else:
        seen = normalise(rgb)
    to_learning(network, recipe.norms)
    with torch.autocast(rgb.device.type, torch.bfloat16, enabled=state.bf16):
        heads = network.heads(seen)
    terms = matting_loss(heads, mask.float() / 255, recipe.head_weights, recipe.ssim)
    terms["total"].backward()  # type: ignore[no-untyped-call]
    ranks.average_gradients(network.parameters())
    torch.nn.utils.clip_grad_norm_([p for group in adam.param_groups for p in group["params"]], 1.0)
    muon.step()
    adam.step()
    state.step += 1
    average_into(state.average, network, min(recipe.ema, (state.step + 1) / (state.step + 50)))
    return {name: term.item() for name, term in terms.items()}


def to_learning(network: nn.Module, norms: bool) -> None:
    """norms: whether batch norms use and gather the batch's statistics; else they keep those they have."""
    network.train()
    if not norms:
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


def look(state: State, material: Material, run: Path, ranks: Ranks, journal: Journal) -> None:
    """Validates the average, and keeps it aside where it is the best so far."""
    if not material.validation:
        return
    score = 0.0
    if ranks.is_first:
        found = validate(state.average, material.validation, state.recipe.stages[-1][1])
        journal.validation(state.step, found)
        score = found.score
    score = ranks.from_first(score)
    if score > state.best[0]:
        state.best = score, state.step
        if ranks.is_first:
            attempt(partial(save_weights, state, run / "best.pt"), "best.pt", journal)


def keep(state: State, checkpoint: Path, ranks: Ranks, journal: Journal) -> None:
    if ranks.is_first:
        attempt(partial(save, state, checkpoint), "the checkpoint", journal)


def attempt(write: Callable[[], None], what: str, journal: Journal) -> None:
    """A full disk in the middle of a run costs what was learned since the last checkpoint at most, not the run."""
    try:
        write()
    except OSError as error:
        journal.say(f"{what} cannot be written now, the one before it is kept and the run goes on: {error}")


def is_over(state: State, often: int) -> bool:
    """Whether the patience for a better score is spent. often: steps from one validation to the next."""
    return 0 < state.recipe.patience * often <= state.step - state.best[1]


def facts(state: State, plan: Plan) -> dict[str, float]:
    side, size = plan.stage_at(max(0, state.step - 1))
    rate = state.optimisers["muon"].param_groups[-1]["lr"]
    return {"seconds": state.seconds, "side": side, "batch": size, "rate": rate}
