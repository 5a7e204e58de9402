"""The refiner's training loop, top to bottom.

    python -m matteo.learning.refiner --made made.tar --backgrounds backgrounds.tar --run RUN --minutes 45

A run is a folder: `checkpoint.pt` (all that is needed to go on), `weights.pt` (the averaged refiner, fp16) and
`log.csv`. Started again with the same folder, it goes on where it was.
"""

from __future__ import annotations

import argparse
import copy
import csv
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, interpolate

from matteo.learning.arithmetic import bf16_is_faster
from matteo.learning.checkpoint import read_whole, write_whole
from matteo.learning.data import is_held_out, pairs_of
from matteo.learning.muon import Muon, split_parameters
from matteo.learning.network import Network
from matteo.learning.refiner_network import Refiner
from matteo.learning.refiner_patches import Bytes, Made, batch, load
from matteo.learning.schedule import learning_rate, stage_at
from matteo.learning.synthesis.layer import Floats
from matteo.matting.clean import snap
from matteo.models.fit import fit
from matteo.remover import Remover

SAY = 200  # steps between lines of the log
SAVE_S = 120
HELD = 192, 40  # side and number of the patches that are scored


@dataclass(frozen=True)
class Recipe:
    """stages: (share of the run, side of the patches, patches in a batch), in order."""

    stages: tuple[tuple[float, int, int], ...] = ((0.75, 96, 16), (0.25, 144, 8))
    muon_lr: float = 0.015
    adam_lr: float = 2e-3
    weight_decay: float = 0.005
    warmup_steps: int = 100
    ema: float = 0.998
    threads: int = 1
    seed: int = 0


def coarse_alpha_of(remover: Remover) -> Callable[[Bytes], Floats]:
    """The network's alpha on its own grid, snapped as the pipeline does before it refines."""

    def alpha(rgb: Bytes) -> Floats:
        fitted = fit(rgb, remover.card)
        return snap(fitted.coarse_alpha(remover.session.run(fitted.tensor), remover.card))

    return alpha


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


def batches(
    made: Sequence[Made], backgrounds: Sequence[Bytes], recipe: Recipe, first_step: int, stage: list[tuple[int, int]]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches made ahead by one thread. `stage[0]` is (side, size) now."""
    ready: queue.Queue[tuple[Tensor, Tensor]] = queue.Queue(3)

    def work() -> None:
        step = first_step
        while True:
            side, size = stage[0]
            x, y = batch(made, backgrounds, side, size, (recipe.seed, step))
            ready.put((torch.from_numpy(x), torch.from_numpy(y)))
            step += 1

    threading.Thread(target=work, daemon=True).start()
    while True:
        yield ready.get()


def validate(network: Refiner, held: Sequence[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Mean absolute difference in the band, after refinement and before, in hundredths."""
    network.eval()
    after, before, count = 0.0, 0.0, 0.0
    with torch.inference_mode():
        for x, true in held:
            unknown = x[:, 4:5]
            after += float(((network(x) - true).abs() * unknown).sum())
            before += float(((x[:, 3:4] - true).abs() * unknown).sum())
            count += float(unknown.sum())
    return {"refined": 100 * after / count, "coarse": 100 * before / count}


def half(network: Refiner) -> dict[str, Any]:
    state = {k: v.half() if v.is_floating_point() else v for k, v in network.state_dict().items()}
    return {"widths": network.widths, "state": state}


def load_refiner(path: Path) -> Refiner:
    """A refiner from `weights.pt`, in fp32."""
    saved = read_whole(path)
    network = Refiner(tuple(saved["widths"]))
    network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in saved["state"].items()})
    return network


def average_into(average: Refiner, network: Refiner, decay: float) -> None:
    with torch.no_grad():
        for a, b in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if a.is_floating_point():
                a.lerp_(b, 1 - decay)
            else:
                a.copy_(b)


@dataclass
class Progress:
    """All of a run that a checkpoint holds."""

    network: Refiner
    average: Refiner
    muon: Muon
    adam: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0

    def parts(self) -> dict[str, Any]:
        return {"network": self.network, "average": self.average, "muon": self.muon, "adam": self.adam}

    def save(self, run: Path) -> None:
        states = {name: part.state_dict() for name, part in self.parts().items()}
        write_whole(run / "checkpoint.pt", states | {"step": self.step, "seconds": self.seconds})
        write_whole(run / "weights.pt", half(self.average))

    def learn(self, recipe: Recipe, x: Tensor, true: Tensor, *, factor: float, bf16: bool) -> float:
        """One step, at `factor` of the recipe's learning rates; gives the mean absolute difference before it."""
        for optimiser, lr in ((self.muon, recipe.muon_lr), (self.adam, recipe.adam_lr)):
            for group in optimiser.param_groups:
                group["lr"] = lr * factor
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            pred = self.network(x.contiguous(memory_format=torch.channels_last))
        terms = losses(pred.float(), true, x[:, 4:5])
        self.muon.zero_grad()
        self.adam.zero_grad()
        terms["total"].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.adam.param_groups[0]["params"], 1.0)
        self.muon.step()
        self.adam.step()
        self.step += 1
        average_into(self.average, self.network, min(recipe.ema, (self.step + 1) / (self.step + 20)))
        return terms["absolute"].item()


def begin(recipe: Recipe, run: Path, start: Path | None) -> Progress:
    """A run from its beginning, or from its checkpoint where there is one."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    network = load_refiner(start) if start else Refiner()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    matrices, rest = split_parameters(network)
    muon = Muon(matrices, weight_decay=recipe.weight_decay)
    progress = Progress(
        network, copy.deepcopy(network), muon, torch.optim.AdamW(rest, weight_decay=0, betas=(0.9, 0.99))
    )
    run.mkdir(parents=True, exist_ok=True)
    if (run / "checkpoint.pt").exists():
        saved = read_whole(run / "checkpoint.pt")
        for name, part in progress.parts().items():
            part.load_state_dict(saved[name])
        progress.step, progress.seconds = saved["step"], saved["seconds"]
    return progress


def say(run: Path, row: dict[str, Any]) -> None:
    print("  ".join(f"{k} {v:.4f}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()), flush=True)
    with (run / "log.csv").open("a", newline="") as file:
        csv.writer(file).writerow([f"{k}={v}" for k, v in row.items()])


def train(
    recipe: Recipe, made: Sequence[Made], backgrounds: Sequence[Bytes], run: Path, *, start: Path | None = None,
    minutes: float | None = None, steps: int | None = None, bf16: bool = False,
    stopped: Callable[[], bool] = lambda: False,
) -> None:  # fmt: skip
    """Trains for so many minutes of work, or for so many steps; one of the two is given.

    Every 20th made picture is held out and scored. stopped: asked before each step; once it is true the run is saved
    and ends.
    """
    if (minutes is None) == (steps is None):
        raise ValueError("give minutes or steps, one of the two")
    progress = begin(recipe, run, start)
    learned = [picture for index, picture in enumerate(made) if not is_held_out(index)]
    x, y = batch([p for i, p in enumerate(made) if is_held_out(i)], backgrounds, *HELD, (recipe.seed, 2**32 - 1))
    held = list(zip(torch.split(torch.from_numpy(x), 8), torch.split(torch.from_numpy(y), 8), strict=True))

    def share() -> float:
        return progress.step / steps if steps else progress.seconds / (60 * (minutes or 1))

    stage = [stage_at(share(), recipe.stages)]
    feed = batches(learned, backgrounds, recipe, progress.step, stage)
    errors: list[float] = []
    saved_at = progress.seconds
    while share() < 1 and not stopped():
        started = time.perf_counter()
        stage[0] = stage_at(share(), recipe.stages)
        factor = learning_rate(share(), progress.step, recipe.warmup_steps)
        errors.append(progress.learn(recipe, *next(feed), factor=factor, bf16=bf16))
        progress.seconds += min(10.0, time.perf_counter() - started)  # a pause does not count
        if progress.step % SAY == 0:
            scores = validate(progress.average, held)
            say(run, {"step": progress.step, "progress": share(), "absolute": 100 * float(np.mean(errors))} | scores)
            errors.clear()
        if progress.seconds - saved_at > SAVE_S:
            progress.save(run)
            saved_at = progress.seconds
    progress.save(run)
    say(run, {"step": progress.step} | validate(progress.average, held))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train matteo's refiner of edges.")
    parser.add_argument("--made", type=Path, required=True, nargs="+", help="tars of `matteo data synthesize`")
    parser.add_argument("--backgrounds", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--start", type=Path, help="weights.pt to start from instead of chance")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())  # finish the step, save, end
    network = coarse_alpha_of(Remover(threads=options.threads))
    made = [picture for path in options.made for picture in load(path, network)]
    backgrounds = [pair.rgb for pair in pairs_of(options.backgrounds)]
    print(f"{len(made)} pictures, {sum(m.coarse is not None for m in made)} found by the network", flush=True)
    train(
        Recipe(threads=options.threads), made, backgrounds, options.run, start=options.start, minutes=options.minutes,
        bf16=bf16_is_faster(Network()), stopped=stop.is_set,
    )  # fmt: skip


if __name__ == "__main__":
    main()
