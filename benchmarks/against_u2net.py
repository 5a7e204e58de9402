"""Time of the shipped network beside that of the U²-Net architectures, in the same run.

    python benchmarks/against_u2net.py [--threads 2] [--rounds 15]

U²-Net and U²-Netp (Qin 2020) are built here from the paper's table 1 and figure 5, with random weights, as time does
not depend on them, and run by ONNX Runtime like ours, which looks at a picture as often as its card says. The networks
take turns, so that a busy machine slows them alike; the ratio of each turn counts, and its median is given.
"""

from __future__ import annotations

import argparse
import io
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

from matteo import Remover

SIDE = 320
PARAMETERS = {"u2net": 44.0e6, "u2netp": 1.13e6}  # as published; the networks built here must have as many


def unit(inputs: int, outputs: int, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation), nn.BatchNorm2d(outputs), nn.ReLU()
    )


def as_large(x: Tensor, like: Tensor) -> Tensor:
    return interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


class ResidualU(nn.Module):
    """RSU-L: a small U-Net inside a residual block; flat=True keeps the size and dilates instead (RSU-4F)."""

    def __init__(self, levels: int, inputs: int, middle: int, outputs: int, *, flat: bool = False) -> None:
        super().__init__()
        self.flat = flat
        dilations = [2**i for i in range(levels)] if flat else [1] * (levels - 1) + [2]
        self.enter = unit(inputs, outputs)
        self.down = nn.ModuleList(
            unit(outputs if i == 0 else middle, middle, dilation) for i, dilation in enumerate(dilations)
        )
        widths = [middle] * (levels - 2) + [outputs]
        ups = dilations[-2::-1] if flat else [1] * (levels - 1)
        self.up = nn.ModuleList(unit(2 * middle, width, d) for width, d in zip(widths, ups, strict=True))

    def forward(self, x: Tensor) -> Tensor:
        entered = self.enter(x)
        y, kept = entered, []
        for level, block in enumerate(self.down):
            if level > 0 and not self.flat and level < len(self.down) - 1:
                y = max_pool2d(y, 2, ceil_mode=True)
            y = block(y)
            kept.append(y)
        for block, skip in zip(self.up, kept[-2::-1], strict=True):
            y = block(torch.cat([as_large(y, skip), skip], 1))
        added: Tensor = entered + y
        return added


class NestedU(nn.Module):
    """Six blocks down, five up, a side output of each; the logits of their fusion."""

    def __init__(self, middle: Sequence[int], outputs: Sequence[int]) -> None:
        super().__init__()
        shapes = ((7, False), (6, False), (5, False), (4, False), (4, True), (4, True))
        inputs = (3, *outputs[:5])
        self.down = nn.ModuleList(
            ResidualU(levels, i, m, o, flat=flat)
            for (levels, flat), i, m, o in zip(shapes, inputs, middle[:6], outputs[:6], strict=True)
        )
        skips = outputs[4::-1]
        deeper = (outputs[5], *outputs[6:10])
        self.up = nn.ModuleList(
            ResidualU(levels, s + d, m, o, flat=flat)
            for (levels, flat), s, d, m, o in zip(shapes[4::-1], skips, deeper, middle[6:], outputs[6:], strict=True)
        )
        self.sides = nn.ModuleList(nn.Conv2d(o, 1, 3, padding=1) for o in (outputs[5], *outputs[6:]))
        self.fuse = nn.Conv2d(6, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        y, kept = x, []
        for level, block in enumerate(self.down):
            y = block(y if level == 0 else max_pool2d(y, 2, ceil_mode=True))
            kept.append(y)
        maps = [y]
        for block, skip in zip(self.up, kept[-2::-1], strict=True):
            y = block(torch.cat([as_large(y, skip), skip], 1))
            maps.append(y)
        logits: Tensor = self.fuse(torch.cat([as_large(s(m), x) for s, m in zip(self.sides, maps, strict=True)], 1))
        return logits.sigmoid()


def peers() -> dict[str, NestedU]:
    full = NestedU(
        (32, 32, 64, 128, 256, 256, 256, 128, 64, 32, 16), (64, 128, 256, 512, 512, 512, 512, 256, 128, 64, 64)
    )
    return {"u2net": full, "u2netp": NestedU([16] * 11, [64] * 11)}


def session(network: nn.Module, threads: int) -> onnxruntime.InferenceSession:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), (torch.zeros(1, 3, SIDE, SIDE),), buffer,  # type: ignore[arg-type]
            input_names=["picture"], opset_version=17,
            dynamo=False,
        )  # fmt: skip
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(buffer.getvalue(), options, providers=["CPUExecutionProvider"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    picture = np.random.default_rng(0).standard_normal((1, 3, SIDE, SIDE), np.float32)
    remover = Remover(threads=options.threads)
    once = partial(remover.session.run, picture)

    def as_shipped() -> None:
        for _ in range(remover.looks):
            once()

    runs: dict[str, Callable[[], object]] = {"matteo": as_shipped, "one look of it": once}
    for name, network in peers().items():
        count = sum(p.numel() for p in network.parameters())
        assert abs(count / PARAMETERS[name] - 1) < 0.02, f"{name} has {count} parameters, not {PARAMETERS[name]}"
        peer = session(network, options.threads)
        runs[name] = partial(peer.run, None, {"picture": picture})
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(options.rounds + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if turn:  # the first turn warms up
                taken[name].append(time.perf_counter() - start)
    first = np.array(taken["matteo"])
    print(f"| network | median ms at {SIDE} | matteo's time / its time |\n|---|---|---|")
    for name, seconds in taken.items():
        print(f"| {name} | {1000 * np.median(seconds):.0f} | 1/{np.median(np.array(seconds) / first):.1f} |")


if __name__ == "__main__":
    main()
