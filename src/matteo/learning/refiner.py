"""The refiner's training loop, top to bottom.

    python -m matteo.learning.refiner --made made.tar --backgrounds backgrounds.tar --run RUN --minutes 60

It learns what to do with a network's alpha at its own size, with what a refiner (the shipped one, or --found-by) makes
of that at the next, and with rough alpha.

A run is a folder: `checkpoint.pt` (all that is needed to go on), `weights.pt` (the averaged refiner, fp16) and
`log.csv`. Started again with the same folder, it goes on where it was, and ends as one that was never interrupted: the
first steps are timed to turn minutes into steps, and from then on the step alone decides what is learned from.
"""

from __future__ import annotations

import argparse
import copy
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, interpolate

from matteo.learning.averaging import average_into
from matteo.learning.data import is_held_out, pairs_of
from matteo.learning.journal import Journal
from matteo.learning.refiner_guesses import Bytes, guess_of
from matteo.learning.refiner_network import CHANNELS, MULTIPLE, Refiner
from matteo.learning.refiner_patches import Made, batch, load, photographed
from matteo.learning.refiner_state import Recipe, State, begin, is_finished, load_refiner, save
from matteo.learning.schedule import Plan, learning_rate, plan_steps, timed_plan
from matteo.learning.train import attempt
from matteo.learning.validation import Validation
from matteo.matting import surroundings
from matteo.matting.refine import Floats, Run
from matteo.models.session import default_threads
from matteo.remover import Remover, in_order

SCORED = 1000  # steps from one validation to the next
SAVE_S = 120
HELD = 160, 32  # side and number of the patches that are scored, of each kind
KINDS = {"guessed": 1.0, "rough": 0.0}  # of a network's guess, and of an alpha made rough: chance of the former

# B x 5 x side x side and B x 8 x side/8 x side/8, what the refiner is given; B x 1 x side x side, the truth
Batch = tuple[Tensor, Tensor, Tensor]
Make = Callable[[Plan, int], Batch]


def run_of(network: Refiner) -> Run:
    """The network as `matting.refine` calls it."""

    def run(squares: Floats, around: Floats, inside: NDArray[np.int64]) -> Floats:
        with torch.inference_mode():
            alpha = network.of_squares(*(torch.from_numpy(given) for given in (squares, around, inside)))
            return np.asarray(alpha.numpy(), np.float32)

    network.eval()
    return run


def losses(pred: Tensor, true: Tensor, unknown: Tensor) -> dict[str, Tensor]:
    """Means over the bands: absolute difference; that of the slopes; and that of three levels of a Laplacian pyramid
    (Hou and Liu 2019), coarse levels counting more.

    Each patch counts by the root of its band's size: else the widest bands, where least can be known, would decide all.
    """
    size = unknown.sum((1, 2, 3), keepdim=True)
    count = (size + 1).sqrt().sum()
    difference = (pred - true) * unknown / (size + 1).sqrt()
    terms = {"absolute": difference.abs().sum() / count}
    edges = torch.tensor([[[[-1.0, 0, 1]] * 3], [[[-1.0] * 3, [0.0] * 3, [1.0] * 3]]]) / 6
    terms["slopes"] = conv2d(difference, edges, padding=1).abs().sum() / count
    level, pyramid = difference, torch.zeros(())
    for depth in range(3):
        below = avg_pool2d(level, 2)
        detail = level - interpolate(below, scale_factor=2.0, mode="bilinear")
        pyramid = pyramid + 2**depth * 4**depth * detail.abs().sum() / count  # 4: pixels that one stands for
        level = below
    terms["pyramid"] = pyramid
    terms["total"] = terms["absolute"] + terms["slopes"] + 0.25 * pyramid
    return terms


def make_batch(made: Sequence[Made], backgrounds: Sequence[Bytes], recipe: Recipe, plan: Plan, step: int) -> Batch:
    """The batch of a step; the recipe's seed and the step alone decide what is in it."""
    x, around, y = batch(made, backgrounds, *plan.stage_at(step), (recipe.seed, step))
    return torch.from_numpy(x), torch.from_numpy(around), torch.from_numpy(y)


def validate(network: Refiner, held: dict[str, list[Batch]]) -> dict[str, float]:
    """Mean absolute difference in the band by kind of patch, after refinement and before, in hundredths."""
    network.eval()
    scores: dict[str, float] = {}
    for kind, batches in held.items():
        after, before, count = 0.0, 0.0, 0.0
        with torch.inference_mode():
            for x, around, true in batches:
                unknown = x[:, 4:5]
                after += float(((network(x, around) - true).abs() * unknown).sum())
                before += float(((x[:, 3:4] - true).abs() * unknown).sum())
                count += float(unknown.sum())
        scores |= {kind: 100 * after / count, f"{kind} before": 100 * before / count}
    return scores


def take_step(state: State, x: Tensor, around: Tensor, true: Tensor) -> dict[str, float]:
    """One step of learning from one batch; the losses by name, before it."""
    recipe = state.recipe
    progress = state.step / state.plan.steps if state.plan else 0.0  # too early to tell while the first are timed
    factor = learning_rate(progress, state.step, recipe.warmup_steps)
    for optimiser, rate in ((state.muon, recipe.muon_lr), (state.adam, recipe.adam_lr)):
        for group in optimiser.param_groups:
            group["lr"] = rate * factor
        optimiser.zero_grad()
    state.network.train()
    with torch.autocast("cpu", torch.bfloat16, enabled=state.bf16):
        pred = state.network(*(given.contiguous(memory_format=torch.channels_last) for given in (x, around)))
    terms = losses(pred.float(), true, x[:, 4:5])
    terms["total"].backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(state.adam.param_groups[0]["params"], 1.0)
    state.muon.step()
    state.adam.step()
    state.step += 1
    average_into(state.average, state.network, min(recipe.ema, (state.step + 1) / (state.step + 20)))
    return {name: term.item() for name, term in terms.items()}


def learn(state: State, plan: Plan, make: Make, enough: Callable[[], bool]) -> Iterator[dict[str, float]]:
    """Steps to the plan's end, or until it is enough; gives each step's losses. One thread makes batches ahead."""
    began = time.perf_counter()
    for x, around, true in in_order(partial(make, plan), range(state.step, plan.steps), 1):
        if enough():
            return
        terms = take_step(state, x, around, true)
        state.seconds += time.perf_counter() - began
        began = time.perf_counter()
        yield terms


def trial_seconds(network: Refiner, side: int, size: int, *, bf16: bool, tries: int = 3) -> float:
    """The least time of a forward and backward pass of a copy of the network."""
    trial = copy.deepcopy(network).eval()
    x = torch.full((size, CHANNELS, side, side), 0.5).contiguous(memory_format=torch.channels_last)
    around = torch.full((size, surroundings.CHANNELS, side // MULTIPLE, side // MULTIPLE), 0.5)
    times = []
    for _ in range(tries):
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            alpha = trial(x, around)
        alpha.float().sum().backward()
        times.append(time.perf_counter() - start)
    return min(times)


def train(
    recipe: Recipe, made: Sequence[Made], backgrounds: Sequence[Bytes], run: Path, *, start: Path | None = None,
    minutes: float | None = None, steps: int | None = None, bf16: bool = False,
    stopped: Callable[[], bool] = lambda: False,
) -> None:  # fmt: skip
    """Trains for so many minutes of work, or for so many steps; one of the two is given, and where the run was begun
    before, what was given then holds.

    Every 20th made picture is held out and scored. stopped: asked before each step; once it is true the run is saved
    and ends. Raises what making a batch raises, ModelError for a folder of an earlier code's run.
    """
    if (minutes is None) == (steps is None):
        raise ValueError("give minutes or steps, one of the two")
    state, journal = begin(recipe, run, start, bf16=bf16), Journal(run)
    learned = [picture for index, picture in enumerate(made) if not is_held_out(index)]
    make: Make = partial(make_batch, learned, backgrounds, recipe)
    held = held_out(made, backgrounds, recipe)
    if state.step == 0:
        journal.validation(0, Validation(validate(state.average, held), None))
    if state.plan is None:
        state.plan = plan_steps(recipe, steps) if steps else timed_plan(
            state, minutes or 0.0, stopped,
            take=lambda plan, enough: learn(state, plan, make, enough),
            trial_s=lambda side, size: trial_seconds(state.network, side, size, bf16=state.bf16),
        )  # fmt: skip
    plan = state.plan
    journal.begin(state.step, plan.steps)
    saved_at = time.perf_counter()
    try:
        for terms in learn(state, plan, make, stopped):
            journal.step(state.step, terms, facts(state, plan))
            if state.step % SCORED == 0 and state.step < plan.steps:
                journal.validation(state.step, Validation(validate(state.average, held), None))
            if time.perf_counter() - saved_at > SAVE_S:
                attempt(partial(save, state, run), "the checkpoint", journal)
                saved_at = time.perf_counter()
        journal.validation(state.step, Validation(validate(state.average, held), None))
    finally:
        journal.end(state.step, facts(state, plan))
    save(state, run)


def held_out(made: Sequence[Made], backgrounds: Sequence[Bytes], recipe: Recipe) -> dict[str, list[Batch]]:
    """Patches of the pictures that are not learned from, to be scored, by kind."""
    left = [picture for index, picture in enumerate(made) if is_held_out(index)]
    held: dict[str, list[Batch]] = {}
    for kind, guessed in KINDS.items():
        if guessed < 1 or any(picture.seen for picture in left):
            arrays = batch(left, backgrounds, *HELD, (recipe.seed, 2**32 - 1), guessed)
            held[kind] = list(zip(*(torch.split(torch.from_numpy(array), 8) for array in arrays), strict=True))
    return held


def facts(state: State, plan: Plan) -> dict[str, float]:
    side, size = plan.stage_at(max(0, state.step - 1))
    rate = state.muon.param_groups[0]["lr"]
    return {"seconds": state.seconds, "side": side, "batch": size, "rate": rate}


def main() -> None:
    parser = argparse.ArgumentParser(description="Train matteo's refiner of edges.")
    parser.add_argument("--made", type=Path, required=True, nargs="+", help="tars of `matteo data synthesize`")
    parser.add_argument("--photographs", type=Path, nargs="*", default=[], help="sets whose names tell what they show")
    parser.add_argument("--backgrounds", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--start", type=Path, help="weights.pt to start from instead of chance")
    parser.add_argument(
        "--found-by", type=Path, help="weights.pt of the refiner at whose results the next size is learned; the shipped"
    )
    parser.add_argument("--threads", type=int, default=default_threads())
    options = parser.parse_args()
    if is_finished(options.run):
        print(f"{options.run} is finished", flush=True)
        return
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())  # finish the step, save, end
    cv2.setNumThreads(1)  # batches are made beside the training's own threads
    torch.set_num_threads(1)
    made = load_all(options.made, options.photographs, options.found_by, options.threads)
    backgrounds = [pair.rgb for pair in pairs_of(options.backgrounds)]
    print(f"{len(made)} pictures, {sum(bool(m.seen) for m in made)} found by the network", flush=True)
    torch.set_num_threads(options.threads)
    recipe = Recipe(threads=options.threads)
    side, size = recipe.stages[0][1:]
    fp32_s, bf16_s = (trial_seconds(Refiner(), side, size, bf16=bf16) for bf16 in (False, True))
    print(f"a step of {size} at {side}: {fp32_s:.3f} s in fp32, {bf16_s:.3f} s in bf16", flush=True)
    train(
        recipe, made, backgrounds, options.run, start=options.start, minutes=options.minutes, bf16=bf16_s < fp32_s,
        stopped=stop.is_set,
    )  # fmt: skip
    if not is_finished(options.run):
        raise SystemExit("stopped: started again with the same folder, it goes on")


def load_all(tars: Sequence[Path], sets: Sequence[Path], found_by: Path | None, threads: int) -> list[Made]:
    """The made pictures of the tars and some photographs of the sets, with what the shipped network makes of them, and
    the refiner `found_by`, or the shipped one, of that."""
    remover = Remover(threads=1)
    guess = guess_of(remover)
    finder = remover.refiner.run if found_by is None else run_of(load_refiner(found_by))
    made = [picture for path in tars for picture in load(path, guess, finder, threads=threads)]
    return made + [picture for path in sets for picture in photographed(path, guess, finder, threads=threads)]


if __name__ == "__main__":
    main()
