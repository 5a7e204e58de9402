"""Does it help to brighten a dark picture and to reduce a noisy one's noise before the network sees it?

    python benchmarks/noise.py --data DATA [--every 4] [--kinds noise,dark,jpeg] [--strengths 1,2,3]

Every n-th picture of ECSSD and of the portraits, as it is and made worse (`matteo.learning.evaluation.degrade`),
brought to the network's size; there its noise is estimated, and the network sees it as it is and after each way of
reducing noise. IoU at alpha 0.5 and MAE, at the network's size; the result's own pixels are no part of this.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo import Remover
from matteo.learning.data import pairs_of
from matteo.learning.evaluation.degrade import Degradation
from matteo.picture.geometry import resize
from matteo.picture.noise import brighten, estimate_sigma, made_plain, reduce_noise

Bytes = NDArray[np.uint8]
JUDGES = ("val-ecssd.tar", "val-eg1800.tar")


def nothing(rgb: Bytes, sigma: float) -> Bytes:
    return rgb


def shipped(rgb: Bytes, sigma: float) -> Bytes:
    return np.asarray(made_plain(rgb), np.uint8)


def bilateral(rgb: Bytes, sigma: float) -> Bytes:
    return np.asarray(reduce_noise(rgb, sigma), np.uint8)


def median(rgb: Bytes, sigma: float) -> Bytes:
    return np.asarray(cv2.medianBlur(rgb, 3), np.uint8)


def non_local_means(rgb: Bytes, sigma: float) -> Bytes:
    bgr = cv2.fastNlMeansDenoisingColored(np.ascontiguousarray(rgb[..., ::-1]), None, sigma, sigma, 5, 15)
    return np.ascontiguousarray(bgr[..., ::-1], np.uint8)


def brightened(rgb: Bytes, sigma: float) -> Bytes:
    return np.asarray(brighten(rgb), np.uint8)


WAYS: dict[str, Callable[[Bytes, float], Bytes]] = {
    "as it is": nothing, "as shipped": shipped, "bilateral": bilateral, "median": median,
    "non-local means": non_local_means,
    "brightened": brightened,
}  # fmt: skip


def score(remover: Remover, rgb: Bytes, mask: Bytes) -> tuple[float, float]:
    """Without what `fit` does to the light."""
    card = remover.card
    normal = (rgb / np.float32(255) - np.array(card.mean, np.float32)) / np.array(card.std, np.float32)
    alpha = remover.session.run(np.ascontiguousarray(normal.transpose(2, 0, 1)[None], np.float32))[0, 0]
    true = mask > 127
    both, either = ((alpha > 0.5) & true).sum(), ((alpha > 0.5) | true).sum()
    return both / max(1, either), float(np.abs(alpha - mask / np.float32(255)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="matteo")
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--kinds", default="noise,dark,jpeg")
    parser.add_argument("--strengths", default="1,2,3")
    parser.add_argument("--ways", default=",".join(WAYS).replace(", ", "+"))
    options = parser.parse_args()
    remover = Remover(options.model)
    side = (remover.card.side, remover.card.side)
    ways = [way.replace("+", ", ") for way in options.ways.split(",")]
    worse: list[Degradation | None] = [None]
    worse += [Degradation(kind, int(s)) for kind in options.kinds.split(",") for s in options.strengths.split(",")]
    print("| set | made worse | sigma: 10 %, half, 90 % | " + " | ".join(ways) + " |\n|" + "---|" * (len(ways) + 3))
    for name in JUDGES:
        pairs = list(pairs_of(options.data / name, lambda index: index % options.every == 0))
        for how in worse:
            sigmas, scores = [], []
            for pair in pairs:
                small = resize(how(pair.rgb, pair.key) if how else pair.rgb, side)
                sigmas.append(estimate_sigma(small))
                mask = resize(pair.mask, side)
                scores.append([score(remover, WAYS[way](small, sigmas[-1]), mask) for way in ways])
            told = " | ".join(f"{iou:.3f} / {mae:.3f}" for iou, mae in np.mean(scores, axis=0))
            spread = ", ".join(f"{value:.1f}" for value in np.quantile(sigmas, [0.1, 0.5, 0.9]))
            print(f"| {name} | {how or 'no'} | {spread} | {told} |", flush=True)


if __name__ == "__main__":
    main()
