"""The training loop, top to bottom.

    python -m matteo.learning.train --data DATA --run RUN --minutes 120 [--start weights.pt]

A run is a folder: `checkpoint.pt` (all that is needed to go on), `weights.pt` (the averaged network, fp16) and
`log.csv`. Started again with the same folder, it goes on where it was.
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from matteo.learning.augment import augment
from matteo.learning.data import Pair, is_held_out, pairs_of
from matteo.learning.losses import matting_loss
from matteo.learning.muon import Muon, split_parameters
from matteo.learning.network import FORMS, STRIDE, Form, Network
from matteo.models.session import default_threads

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1) * 255
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1) * 255


@dataclass(frozen=True)
class Recipe:
    """stages: (share of the run, side of the picture in pixels, pictures in a batch), in order."""

    train: tuple[str, ...] = (
        *(f"train-duts-{i}.tar" for i in range(4)),
        "train-eg1800.tar", "train-ccp.tar", "train-pets.tar", "train-horses.tar", "train-cats.tar",
    )  # fmt: skip
    backgrounds: str = "backgrounds.tar"
    validate: tuple[tuple[str, int], ...] = (("val-ecssd.tar", 5), ("val-eg1800.tar", 5))
    stages: tuple[tuple[float, int, int], ...] = ((0.3, 160, 32), (0.35, 224, 24), (0.35, 288, 16))
    muon_lr: float = 0.02
    adam_lr: float = 2e-3
    weight_decay: float = 0.01
    warmup_steps: int = 200
    ema: float = 0.999
    empty: float = 0.015  # share of pictures without a subject
    seed: int = 0


def load_training(recipe: Recipe, data: Path) -> tuple[list[Pair], list[Pair]]:
    pairs = [p for name in recipe.train for p in pairs_of(data / name, lambda i: not is_held_out(i), longest=400)]
    return pairs, list(pairs_of(data / recipe.backgrounds, longest=400))


def load_validation(recipe: Recipe, data: Path) -> dict[str, list[Pair]]:
    def every(n: int) -> Callable[[int], bool]:
        return lambda index: index % n == 0

    return {name: list(pairs_of(data / name, every(n))) for name, n in recipe.validate}


def batch_shape(side: int, rng: np.random.Generator) -> tuple[int, int]:
    """Square half of the time, else landscape or portrait of about the same area, as photographs are."""
    longer, shorter = (round(side * f / STRIDE) * STRIDE for f in (1.2, 0.85))
    return [(side, side), (shorter, longer), (longer, shorter)][int(rng.choice(3, p=[0.5, 0.3, 0.2]))]


def make_batch(
    pairs: Sequence[Pair], backgrounds: Sequence[Pair], recipe: Recipe, step: int, side: int, size: int
) -> tuple[Tensor, Tensor]:
    """The batch of this step: rgb B x 3 x H x W uint8, mask B x 1 x H x W uint8. The step alone decides its content."""
    rng = np.random.default_rng((recipe.seed, step))
    shape = batch_shape(side, rng)
    chosen = rng.integers(len(pairs), size=size)
    made = []
    for index in chosen:
        if backgrounds and rng.random() < recipe.empty:
            made.append(augment(backgrounds[int(rng.integers(len(backgrounds)))], (), shape, rng))
        else:
            made.append(augment(pairs[int(index)], backgrounds, shape, rng))
    rgb = torch.from_numpy(np.stack([rgb for rgb, _ in made])).permute(0, 3, 1, 2)
    return rgb, torch.from_numpy(np.stack([mask for _, mask in made]))[:, None]


def batches(
    pairs: Sequence[Pair], backgrounds: Sequence[Pair], recipe: Recipe, first_step: int, stage: list[tuple[int, int]]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches made ahead by one thread; OpenCV lets go of the interpreter's lock. `stage[0]` is (side, size) now."""
    ready: queue.Queue[tuple[Tensor, Tensor]] = queue.Queue(3)

    def work() -> None:
        step = first_step
        while True:
            side, size = stage[0]
            ready.put(make_batch(pairs, backgrounds, recipe, step, side, size))
            step += 1

    threading.Thread(target=work, daemon=True).start()
    while True:
        yield ready.get()


def normalise(rgb: Tensor) -> Tensor:
    return ((rgb.float() - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def bf16_is_faster(network: Network) -> bool:
    """Native bf16 halves a step; emulated, it takes eight times as long. So: time both."""
    x = torch.randn(8, 3, 128, 128).contiguous(memory_format=torch.channels_last)
    trial = copy.deepcopy(network)

    def best(enabled: bool) -> float:
        times = []
        for _ in range(4):
            start = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                heads = trial.heads(x)
            torch.stack([h.float().square().mean() for h in heads]).sum().backward()  # type: ignore[no-untyped-call]
            times.append(time.perf_counter() - start)
        return min(times)

    return best(True) < best(False)


def validate(network: Network, sets: dict[str, list[Pair]], side: int = 256) -> dict[str, float]:
    """IoU at 0.5 and MAE at the pictures' own size, in steps of training only: the report is `evaluate`'s."""
    network.eval()
    scores: dict[str, float] = {}
    with torch.inference_mode():
        for name, pairs in sets.items():
            iou, mae = [], []
            for pair in pairs:
                rgb = cv2.resize(pair.rgb, (side, side), interpolation=cv2.INTER_AREA)
                x = normalise(torch.from_numpy(rgb).permute(2, 0, 1)[None])
                alpha = network(x).sigmoid()[0, 0].numpy()
                alpha = cv2.resize(alpha, pair.mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
                true = pair.mask / 255
                both, either = (alpha > 0.5) & (true > 0.5), (alpha > 0.5) | (true > 0.5)
                iou.append(both.sum() / max(1, either.sum()))
                mae.append(np.abs(alpha - true).mean())
            stem = Path(name).stem
            scores |= {f"{stem} iou": float(np.mean(iou)), f"{stem} mae": float(np.mean(mae))}
    return scores


def learning_rate(progress: float, step: int, warmup_steps: int) -> float:
    """Warm-up, then a cosine to zero; a factor in [0, 1]."""
    return min(1.0, (step + 1) / warmup_steps) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def stage_at(progress: float, stages: Sequence[tuple[float, int, int]]) -> tuple[int, int]:
    for share, side, size in stages:
        progress -= share
        if progress < 0:
            return side, size
    return stages[-1][1:]


def write_whole(path: Path, value: Any) -> None:
    aside = path.with_name(f".{path.name}.part")
    torch.save(value, aside)
    os.replace(aside, path)


def average_into(average: Network, network: Network, decay: float) -> None:
    with torch.no_grad():
        for a, b in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
            if a.is_floating_point():
                a.lerp_(b, 1 - decay)
            else:
                a.copy_(b)


def half(network: Network) -> dict[str, Any]:
    state = {k: v.half() if v.is_floating_point() else v for k, v in network.state_dict().items()}
    return {"form": asdict(network.form), "state": state}


def load_weights(path: Path) -> Network:
    """A network from `weights.pt`, in fp32."""
    saved = torch.load(path, weights_only=True)
    form: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in saved["form"].items()}
    network = Network(Form(**form))
    network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in saved["state"].items()})
    return network


def train(
    recipe: Recipe, data: Path, run: Path, *, form: Form, start: Path | None = None,
    minutes: float | None = None, steps: int | None = None, stopped: Callable[[], bool] = lambda: False,
) -> None:  # fmt: skip
    """Trains for so many minutes of work, or for so many steps; one of the two is given.

    stopped: asked before each step; once it is true the run is saved and ends.
    """
    if (minutes is None) == (steps is None):
        raise ValueError("give minutes or steps, one of the two")

    def progress_at(step: int, seconds: float) -> float:
        return step / steps if steps else seconds / (60 * (minutes or 1))

    torch.set_num_threads(default_threads())
    run.mkdir(parents=True, exist_ok=True)
    checkpoint_path = run / "checkpoint.pt"
    torch.manual_seed(recipe.seed)
    network = load_weights(start) if start else Network(form)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network)
    matrices, rest = split_parameters(network)
    muon = Muon(matrices, weight_decay=recipe.weight_decay)
    adam = torch.optim.AdamW(rest, weight_decay=0.0, betas=(0.9, 0.99))
    step, seconds = 0, 0.0
    if checkpoint_path.exists():
        saved = torch.load(checkpoint_path, weights_only=True)
        network.load_state_dict(saved["network"])
        average.load_state_dict(saved["average"])
        muon.load_state_dict(saved["muon"])
        adam.load_state_dict(saved["adam"])
        step, seconds = saved["step"], saved["seconds"]
    bf16 = bf16_is_faster(network)
    began = time.perf_counter()
    pairs, backgrounds = load_training(recipe, data)
    sets = load_validation(recipe, data)
    print(f"{len(pairs)} pairs in {time.perf_counter() - began:.0f} s, {'bf16' if bf16 else 'fp32'}", flush=True)

    def say(row: dict[str, Any]) -> None:
        print("  ".join(f"{k} {v:.4f}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()), flush=True)
        with (run / "log.csv").open("a", newline="") as file:
            csv.writer(file).writerow([f"{k}={v}" for k, v in row.items()])

    def save() -> None:
        write_whole(checkpoint_path, {
            "network": network.state_dict(), "average": average.state_dict(),
            "muon": muon.state_dict(), "adam": adam.state_dict(), "step": step, "seconds": seconds,
        })  # fmt: skip
        write_whole(run / "weights.pt", half(average))

    progress = progress_at(step, seconds)
    stage = [stage_at(progress, recipe.stages)]
    feed = batches(pairs, backgrounds, recipe, step, stage)
    losses: list[float] = []
    saved_at, validated_at, pictures = seconds, seconds, 0
    say({"step": step} | validate(average, sets))
    while progress < 1 and not stopped():
        started = time.perf_counter()
        stage[0] = stage_at(progress, recipe.stages)
        factor = learning_rate(progress, step, recipe.warmup_steps)
        for optimiser, lr in ((muon, recipe.muon_lr), (adam, recipe.adam_lr)):
            for group in optimiser.param_groups:
                group["lr"] = lr * factor
        rgb, mask = next(feed)
        network.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            heads = network.heads(normalise(rgb))
        terms = matting_loss(heads, mask.float() / 255)
        muon.zero_grad()
        adam.zero_grad()
        terms["total"].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(rest, 1.0)
        muon.step()
        adam.step()
        step += 1
        average_into(average, network, min(recipe.ema, (step + 1) / (step + 50)))
        losses.append(terms["total"].item())
        pictures += len(rgb)
        seconds += min(10.0, time.perf_counter() - started)  # a pause (another job, a stopped process) does not count
        progress = progress_at(step, seconds)
        if step % 100 == 0:
            side = rgb.shape[2:]
            say({"step": step, "progress": progress, "loss": float(np.mean(losses)), "size": f"{side[0]}x{side[1]}",
                 "pictures": pictures, "seconds": seconds})  # fmt: skip
            losses.clear()
        if seconds - saved_at > 300:
            save()
            saved_at = seconds
        if seconds - validated_at > 900:
            say({"step": step} | validate(average, sets))
            validated_at = seconds
    save()
    say({"step": step} | validate(average, sets))


def main() -> None:
    parser = argparse.ArgumentParser(description="Train a network of matteo.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--start", type=Path, help="weights.pt to start from instead of chance")
    parser.add_argument("--form", choices=sorted(FORMS), default="matteo")
    options = parser.parse_args()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())  # finish the step, save, end
    train(
        Recipe(), options.data, options.run, form=FORMS[options.form], start=options.start, minutes=options.minutes,
        stopped=stop.is_set,
    )  # fmt: skip


if __name__ == "__main__":
    main()
