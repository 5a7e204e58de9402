"""See-through subjects where all is known: veils of one colour and low-frequency alpha over textured ground.

    python benchmarks/transparency.py

The error is that of the composite over a new background, in levels of 255, mean over the veil: against what a camera
would have seen there. "as solid" is what matteo does by default, "--transparency" what it does for glass, veil and
smoke, "source" the picture's own colours. The alpha given is the true one, or one as a network gives it: blurred, with
slow errors of 0.1. What is near opaque is snapped by default and kept by --transparency.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from scenes import Floats, Scene, composite, picture

from matteo.matting.clean import CLEAR, settle, snap
from matteo.matting.foreground import estimate_foreground
from matteo.remover import SMOOTH

SIDE = 480
VEILS = ("#f4f4f0", "#d8e8ff", "#20242c", "#e8c0d0")
GROUNDS = ("grass", "brick", "coffee", "gravel")
NEW = "rocket"


def veil(seed: int, highest: float) -> Floats:
    """A disc of smoke: alpha 0.1 to `highest`, changing over a sixth of the picture, 0 outside."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)).astype(np.float32), (0, 0), SIDE / 12)
    noise = (noise - noise.min()) / (noise.max() - noise.min())
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    rim = np.clip((SIDE * 0.4 - np.hypot(x, y)) / 12, 0, 1)
    return np.asarray(rim * (0.1 + (highest - 0.1) * noise), np.float32)


def scenes() -> Iterator[Scene]:
    for i, (colour, ground) in enumerate(zip(VEILS, GROUNDS, strict=True)):
        for highest in (0.6, 0.95):
            size_hw = (SIDE, SIDE)
            alpha = veil(i, highest)
            yield composite(f"{colour} up to {highest}", alpha, picture(colour, size_hw), picture(ground, size_hw))


def as_found(alpha: Floats, seed: int = 7) -> Floats:
    rng = np.random.default_rng(seed)
    slow = cv2.GaussianBlur(rng.standard_normal(alpha.shape).astype(np.float32), (0, 0), 25)
    rough = cv2.GaussianBlur(alpha, (0, 0), 3) + 0.1 * slow / slow.std() * (alpha > 0)
    return np.asarray(np.clip(rough, 0, 1), np.float32)


def error(rgb: NDArray[np.uint8], alpha: Floats, scene: Scene) -> float:
    new = picture(NEW, (SIDE, SIDE))
    a, true = alpha[..., None], scene.alpha[..., None]
    over = a * rgb + (1 - a) * 255 * new
    seen = 255 * (true * scene.foreground + (1 - true) * new)
    return float(np.abs(over - seen)[scene.alpha > 0].mean())


def estimates(rgb: NDArray[np.uint8], alpha: Floats) -> dict[str, tuple[NDArray[np.uint8], Floats]]:
    solid, clear = snap(alpha), snap(alpha, *CLEAR)
    settle(solid)
    settle(clear)
    smooth = estimate_foreground(rgb, clear, radius=SMOOTH[0], lasting=SMOOTH[1])
    return {
        "source": (rgb, clear),
        "as solid": (np.asarray(estimate_foreground(rgb, solid), np.uint8), solid),
        "--transparency": (np.asarray(smooth, np.uint8), clear),
    }


def main() -> None:
    names = ("source", "as solid", "--transparency")
    print(f"| veil | alpha | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}")
    sums: dict[str, list[list[float]]] = {"true": [], "found": []}
    for scene in scenes():
        for what, alpha in (("true", scene.alpha), ("found", as_found(scene.alpha))):
            found = estimates(scene.rgb, alpha)
            errors = [error(*found[name], scene) for name in names]
            sums[what].append(errors)
            print(f"| {scene.name} | {what} | {' | '.join(f'{e:.2f}' for e in errors)} |", flush=True)
    for what, rows in sums.items():
        print(f"| all | {what} | {' | '.join(f'{e:.2f}' for e in np.mean(rows, 0))} |")


if __name__ == "__main__":
    main()
