"""Composites whose foreground, background and alpha are all known. Nothing here is a photograph of a real subject on
its real ground: alpha is drawn (strands) or the alphamatting.com set's, colours are scikit-image's or plain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from matteo.learning.data import decode, read_tar

Floats = NDArray[np.float32]

SUPERSAMPLING = 4


@dataclass(frozen=True)
class Scene:
    """rgb: H x W x 3 uint8, what a camera sees; foreground and background H x W x 3 and alpha H x W in [0, 1]."""

    name: str
    rgb: NDArray[np.uint8]
    alpha: Floats
    foreground: Floats
    background: Floats

    @property
    def band(self) -> NDArray[np.bool_]:
        return (self.alpha > 0) & (self.alpha < 1)


def composite(name: str, alpha: Floats, foreground: Floats, background: Floats) -> Scene:
    a = alpha[..., None]
    rgb = np.rint(255 * (a * foreground + (1 - a) * background)).astype(np.uint8)
    return Scene(name, rgb, alpha, foreground, background)


def strands(size_hw: tuple[int, int], seed: int, count: int = 700) -> Floats:
    """A head with hair: curves down to a third of a pixel wide, drawn four times as large and shrunk."""
    rng = np.random.default_rng(seed)
    height, width = (side * SUPERSAMPLING for side in size_hw)
    drawn = np.zeros((height, width), np.uint8)
    unit = min(height, width)
    centre = np.array([width / 2, height * 0.55])
    cv2.ellipse(
        drawn, (round(centre[0]), round(centre[1])), (round(unit * 0.22), round(unit * 0.26)), 0, 0, 360, 255, -1
    )
    t = np.linspace(0, 1, 24)[:, None]
    for _ in range(count):
        angle = rng.uniform(0, 2 * np.pi)
        out = np.array([np.cos(angle), np.sin(angle)])
        root = centre + out * unit * rng.uniform(0.15, 0.22)
        tip = root + out * unit * rng.uniform(0.05, 0.2) + rng.normal(0, 0.03 * unit, 2)
        bend = (root + tip) / 2 + rng.normal(0, 0.04 * unit, 2)
        curve = (1 - t) ** 2 * root + 2 * t * (1 - t) * bend + t**2 * tip
        thick = int(rng.integers(1, 2 * SUPERSAMPLING))
        cv2.polylines(drawn, [np.rint(curve * 16).astype(np.int32)], False, 255, thick, cv2.LINE_AA, 4)
    small = cv2.resize(drawn, size_hw[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def true_alphas(tar: Path) -> Iterator[tuple[str, Floats]]:
    """The alphamatting.com set's own alpha, by key."""
    for key, files in read_tar(tar).items():
        yield key, np.asarray(decode(files[".alpha.png"], "L"), np.float32) / np.float32(255)


def picture(name: str, size_hw: tuple[int, int]) -> Floats:
    """A picture of scikit-image's, or a plain colour "#rrggbb", in [0, 1] at that size. Grey ones are tinted."""
    if name.startswith("#"):
        colour = np.array([int(name[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / np.float32(255)
        return np.broadcast_to(colour, (*size_hw, 3)).astype(np.float32)
    values = np.asarray(getattr(data, name)(), np.float32) / np.float32(255)
    if values.ndim == 2:
        values = values[..., None] * np.array(TINTS[name], np.float32)
    scale = max(size_hw[0] / values.shape[0], size_hw[1] / values.shape[1])
    large = cv2.resize(values, None, fx=scale + 1e-3, fy=scale + 1e-3, interpolation=cv2.INTER_AREA if scale < 1 else 1)
    return np.asarray(large[: size_hw[0], : size_hw[1]], np.float32)


TINTS = {"brick": (0.9, 0.55, 0.4), "grass": (0.45, 0.8, 0.3), "gravel": (0.8, 0.75, 0.65)}
