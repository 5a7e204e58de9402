"""Halo: a subject before a saturated backdrop, cut out and placed on the opposite colour, with one alpha for all.

    python benchmarks/halo.py --rembg ENV [--data DATA] [--every 3]

rembg is 2.0.86 in its own environment, `pip install "rembg[cpu,cli]==2.0.86"`: its plain cut-out, and that of its
option -dc. The subject's colours, the alpha and so the true composite are known. The error is the mean distance of the
colour in the band (0 < alpha < 1), in levels of 255. "found alpha": the alpha that all are given is not the true one
but that of a guided filter from a quarter of the size; "refined alpha": that of the shipped refiner from the same.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scenes import Floats, Scene, composite, picture, strands, true_alphas

from matteo.matting.clean import settle
from matteo.matting.edges import refined
from matteo.matting.foreground import estimate_foreground
from matteo.matting.tint import neutralise
from matteo.models.companions import REFINER, companion
from matteo.picture.geometry import resize

BACKDROPS = {"red": "#e01010", "green": "#10c020", "blue": "#1030e0", "white": "#ffffff", "black": "#000000"}
SUBJECTS = ("coffee", "chelsea", "astronaut")
SIDE = 500
REMBG = """
import sys
import numpy as np
from PIL import Image
from rembg.bg import decontaminate_cutout, naive_cutout
for path in sys.argv[1:]:
    file = np.load(path)
    image, mask = Image.fromarray(file["rgb"]), Image.fromarray(file["alpha"])
    np.savez(path, naive=np.asarray(naive_cutout(image, mask)), dc=np.asarray(decontaminate_cutout(image, mask)))
"""


def scenes(alphas: list[tuple[str, Floats]]) -> Iterator[tuple[str, Scene]]:
    for i, (name, alpha) in enumerate(alphas):
        size_hw = alpha.shape[0], alpha.shape[1]
        for colour, code in BACKDROPS.items():
            yield colour, composite(name, alpha, picture(SUBJECTS[i % 3], size_hw), picture(code, size_hw))


def found(scene: Scene, edges: str) -> Floats:
    """The alpha by a key of EDGES from the true one at a quarter of its size, in levels of 255 as a file has it."""
    small_hw = scene.alpha.shape[0] // 4, scene.alpha.shape[1] // 4
    coarse = np.asarray(cv2.GaussianBlur(resize(scene.alpha, small_hw), (0, 0), 1), np.float32)
    alpha = refined(edges, scene.rgb, coarse, run=companion(REFINER).run)
    settle(alpha)
    return np.asarray(np.rint(alpha * 255) / 255, np.float32)


def error(rgba: NDArray[np.uint8], scene: Scene) -> float:
    """Of the composite over the opposite colour, against the true foreground with the same alpha."""
    alpha = rgba[..., 3:] / np.float32(255)
    opposite = 1 - scene.background
    over = alpha * rgba[..., :3] + (1 - alpha) * 255 * opposite
    true = alpha * 255 * scene.foreground + (1 - alpha) * 255 * opposite
    band = (alpha[..., 0] > 0) & (alpha[..., 0] < 1)
    return float(np.abs(over - true)[band].mean())


def ours(scene: Scene, alpha: Floats) -> dict[str, NDArray[np.uint8]]:
    rgb = estimate_foreground(scene.rgb, alpha)
    a = np.rint(alpha * 255).astype(np.uint8)
    return {"matteo": np.dstack([rgb, a]), "matteo, untint": np.dstack([neutralise(rgb, scene.rgb, alpha), a])}


def rembg(env: Path, jobs: list[tuple[Scene, Floats]]) -> list[dict[str, NDArray[np.uint8]]]:
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, (scene, alpha) in enumerate(jobs):
            paths.append(Path(folder) / f"{i}.npz")
            np.savez(paths[-1], rgb=scene.rgb, alpha=np.rint(alpha * 255).astype(np.uint8))
        subprocess.run([env / "bin/python", "-c", REMBG, *paths], check=True)
        loaded = [np.load(path) for path in paths]
        return [{"rembg": file["naive"], "rembg -dc": file["dc"]} for file in loaded]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rembg", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="the folder of val-alphamatting.tar")
    parser.add_argument("--every", type=int, default=3)
    options = parser.parse_args()
    alphas = [(f"strands {seed}", strands((SIDE, SIDE), seed)) for seed in range(3)]
    if options.data:
        alphas += list(true_alphas(options.data / "val-alphamatting.tar"))[:: options.every]
    cases = list(scenes(alphas))
    names = ("matteo", "matteo, untint", "rembg", "rembg -dc")
    print(f"| alpha | backdrop | {' | '.join(names)} | of rembg's |\n|---|---|{'---|' * len(names)}---|")
    for what, edges in (("true alpha", ""), ("found alpha", "fast"), ("refined alpha", "fine")):
        given = [found(scene, edges) if edges else scene.alpha for _, scene in cases]
        theirs = rembg(options.rembg, [(scene, alpha) for (_, scene), alpha in zip(cases, given, strict=True)])
        results = [
            {name: error(rgba, scene) for name, rgba in (ours(scene, alpha) | other).items()}
            for (_, scene), alpha, other in zip(cases, given, theirs, strict=True)
        ]
        for colour in [*BACKDROPS, "all"]:
            rows = [r for (c, _), r in zip(cases, results, strict=True) if colour in (c, "all")]
            means = {name: float(np.mean([row[name] for row in rows])) for name in names}
            cells = " | ".join(f"{means[name]:.2f}" for name in names)
            print(f"| {what} | {colour} | {cells} | {means['matteo'] / means['rembg']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
