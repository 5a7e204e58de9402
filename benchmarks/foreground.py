"""Foreground colours where they are known: matteo's, blur fusion's and pymatting's multi-level estimate; error, time.

    python benchmarks/foreground.py [--data DATA] [--every 1]

Composites of known foreground, background and alpha: drawn strands, and the alphamatting.com set's true alpha where
DATA is given. The error is the mean distance of the colour in the band (0 < alpha < 1), in levels of 255, weighted
by alpha as it will be seen; in brackets, unweighted. Both get the same alpha; pymatting's compiled functions are warm.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pymatting import estimate_foreground_ml
from scenes import Floats, Scene, composite, picture, strands, true_alphas

from matteo.matting.foreground import estimate_foreground

FOREGROUNDS = ("coffee", "chelsea", "astronaut", "#a0522d")
BACKGROUNDS = {
    "textured": ("grass", "brick", "rocket", "gravel"),
    "plain": ("#00b140", "#ffffff", "#2040d0", "#101010"),
}
SIDE = 600
RUNS = 5


def nothing(rgb: NDArray[np.uint8], alpha: Floats) -> Floats:
    """The source's own colours, as a naive cut-out leaves them."""
    return np.asarray(rgb, np.float32)


def ours(rgb: NDArray[np.uint8], alpha: Floats) -> Floats:
    return np.asarray(estimate_foreground(rgb, alpha), np.float32)


def multi_level(rgb: NDArray[np.uint8], alpha: Floats) -> Floats:
    return np.asarray(estimate_foreground_ml(rgb / np.float32(255), alpha) * 255, np.float32)


def blur_fusion(rgb: NDArray[np.uint8], alpha: Floats) -> Floats:
    """Blur fusion (Forte 2021) as published: two passes, with radii of 90 and 6 pixels."""
    image: Floats = np.asarray(rgb / np.float32(255), np.float32)
    foreground = background = image
    for radius in (90, 6):
        foreground, background = _fused(image, foreground, background, alpha[..., None], (2 * radius + 1,) * 2)
    return np.asarray(foreground * 255, np.float32)


def _fused(image: Floats, f: Floats, b: Floats, a: Floats, side: tuple[int, int]) -> tuple[Floats, Floats]:
    share = cv2.blur(a, side)[..., None]
    mean_f = cv2.blur(f * a, side) / (share + 1e-5)
    mean_b = cv2.blur(b * (1 - a), side) / (1 - share + 1e-5)
    fused = np.clip(mean_f + a * (image - a * mean_f - (1 - a) * mean_b), 0, 1)
    return np.asarray(fused, np.float32), np.asarray(mean_b, np.float32)


METHODS: dict[str, Callable[[NDArray[np.uint8], Floats], Floats]] = {
    "source": nothing, "blur fusion": blur_fusion, "matteo": ours, "pymatting": multi_level,
}  # fmt: skip


def scenes(kind: str, alphas: list[tuple[str, Floats]]) -> Iterator[Scene]:
    """Each alpha once, with foregrounds and backgrounds in turn."""
    behind = BACKGROUNDS[kind]
    for i, (name, alpha) in enumerate(alphas):
        size_hw = alpha.shape[0], alpha.shape[1]
        foreground = picture(FOREGROUNDS[i % len(FOREGROUNDS)], size_hw)
        yield composite(f"{name} {kind}", alpha, foreground, picture(behind[i // 2 % len(behind)], size_hw))


def error(estimate: Floats, scene: Scene) -> tuple[float, float]:
    """Weighted by alpha, and unweighted: mean absolute difference in the band, levels of 255."""
    band = scene.band
    distance = np.abs(estimate[band] - 255 * scene.foreground[band]).mean(1)
    return float(np.average(distance, weights=scene.alpha[band])), float(distance.mean())


def table(kind: str, alphas: list[tuple[str, Floats]]) -> None:
    errors = {name: [] for name in METHODS}  # type: dict[str, list[tuple[float, float]]]
    for scene in scenes(kind, alphas):
        for name, method in METHODS.items():
            errors[name].append(error(method(scene.rgb, scene.alpha), scene))
    means = {name: np.mean(values, 0) for name, values in errors.items()}
    cells = " | ".join(f"{weighted:.2f} ({plain:.2f})" for weighted, plain in means.values())
    better = sum(a[0] <= b[0] for a, b in zip(errors["matteo"], errors["pymatting"], strict=True))
    print(f"| {kind}, {len(alphas)} scenes | {cells} | {better} of {len(alphas)} |", flush=True)


def timed(method: Callable[[NDArray[np.uint8], Floats], Floats], rgb: NDArray[np.uint8], alpha: Floats) -> float:
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        method(rgb, alpha)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def timing(megapixels: float) -> None:
    side = round((megapixels * 1e6) ** 0.5)
    alpha = cv2.resize(strands((900, 900), 0), (side, side), interpolation=cv2.INTER_LINEAR)
    scene = composite(
        "", np.asarray(alpha, np.float32), picture("coffee", (side, side)), picture("grass", (side, side))
    )
    mine, theirs = (timed(METHODS[name], scene.rgb, scene.alpha) for name in ("matteo", "pymatting"))
    print(f"| {megapixels:g} MP | {mine:.3f} s | {theirs:.3f} s | {mine / theirs:.3f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of val-alphamatting.tar")
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    sets = [[(f"strands {seed}", strands((SIDE, SIDE), seed)) for seed in range(8)]]
    if options.data:
        sets.append(list(true_alphas(options.data / "val-alphamatting.tar"))[:: options.every])
    print(f"| scenes | {' | '.join(METHODS)} | matteo not worse than pymatting |\n|---|{'---|' * len(METHODS)}---|")
    for alphas in sets:
        for kind in BACKGROUNDS:
            table(kind, alphas)
    print("\n| size | matteo | pymatting | ratio |\n|---|---|---|---|")
    for megapixels in (1, 4, 12):
        timing(megapixels)


if __name__ == "__main__":
    main()
