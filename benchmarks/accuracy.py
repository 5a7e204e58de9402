"""Accuracy of a network through the whole pipeline, at the pictures' own size.

    python benchmarks/accuracy.py --data DATA [--model matteo] [--sets val-ecssd.tar,val-eg1800.tar] [--every 1]
                                  [--sides 256,320,384] [--fits pad,stretch]

Max F and MAE by PySODMetrics, without its stretching of each prediction to 0..1; IoU at alpha 0.5; AUROC of the
confidence for finding pictures with IoU under 0.8, with the number of such pictures.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from py_sod_metrics import MAE, Fmeasure

from matteo import Image, Remover
from matteo.learning.data import Pair, pairs_of


@dataclass
class Scores:
    max_f: float
    mae: float
    iou: float
    auroc: float
    failures: int
    seconds: float


def auroc(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """The chance that a positive scores higher than a negative (Mann-Whitney), ties counting half."""
    if positive.all() or not positive.any():
        return float("nan")
    high, low = score[positive][:, None], score[~positive][None]
    return float(((high > low) + 0.5 * (high == low)).mean())


def score(remover: Remover, pairs: list[Pair]) -> Scores:
    f, mae, ious, confidences, seconds = Fmeasure(), MAE(), [], [], []
    for pair in pairs:
        started = time.perf_counter()
        cutout = remover.cut(Image(pair.rgb))
        seconds.append(time.perf_counter() - started)
        f.step(pred=cutout.alpha, gt=pair.mask > 127, normalize=False)
        mae.step(pred=cutout.alpha, gt=pair.mask > 127, normalize=False)
        mask, true = cutout.alpha > 0.5, pair.mask > 127
        ious.append((mask & true).sum() / max(1, (mask | true).sum()))
        confidences.append(cutout.confidence)
    iou = np.array(ious)
    failed = iou < 0.8
    return Scores(
        max_f=float(f.get_results()["fm"]["curve"].max()),
        mae=float(mae.get_results()["mae"]),
        iou=float(iou.mean()),
        auroc=auroc(-np.array(confidences, np.float64), failed),
        failures=int(failed.sum()),
        seconds=float(np.median(seconds)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="matteo")
    parser.add_argument("--sets", default="val-ecssd.tar,val-eg1800.tar")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--sides", help="instead of the card's")
    parser.add_argument("--fits", help="instead of the card's: pad,stretch")
    options = parser.parse_args()
    every = options.every
    remover = Remover(options.model)
    card = remover.card
    sides = [int(side) for side in options.sides.split(",")] if options.sides else [card.side]
    fits = options.fits.split(",") if options.fits else [card.fit]
    print("| set | side | fit | max F | MAE | IoU | AUROC (failures) | seconds |\n|---|---|---|---|---|---|---|---|")
    for name in options.sets.split(","):
        pairs = list(pairs_of(options.data / name, lambda index: index % every == 0))
        for side, fit in product(sides, fits):
            remover.card = replace(card, side=side, fit=fit)
            s = score(remover, pairs)
            found = f"{s.auroc:.3f} ({s.failures} of {len(pairs)})"
            print(
                f"| {name} | {side} | {fit} | {s.max_f:.4f} | {s.mae:.4f} | {s.iou:.4f} | {found} | {s.seconds:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
