"""Subjects before screens, of which everything is known."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

GREEN, BLUE, YELLOW = (0.15, 0.7, 0.25), (0.1, 0.3, 0.75), (0.8, 0.78, 0.1)


@dataclass(frozen=True)
class Shot:
    """rgb: H x W x 3 uint8. alpha: H x W. plate: H x W x 3 in [0, 1], the screen alone."""

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    plate: NDArray[np.float32]


def shot(
    colour: tuple[float, float, float] = GREEN, subject: tuple[float, float, float] = (0.55, 0.4, 0.35),
    size_hw: tuple[int, int] = (240, 320), noise: float = 2 / 255, uneven: float = 0.3,
) -> Shot:  # fmt: skip
    """A disc with hairs before a screen whose light falls off to one side by a share `uneven`."""
    height, width = size_hw
    drawn = np.zeros((4 * height, 4 * width), np.uint8)
    centre = (2 * width, 5 * height // 2)
    cv2.circle(drawn, centre, height, 255, -1)
    rng = np.random.default_rng(0)
    for angle in rng.uniform(np.pi, 2 * np.pi, 60):
        way = np.array([np.cos(angle), np.sin(angle)])
        start, end = (np.array(centre) + way * height * far for far in (0.9, rng.uniform(1.1, 1.4)))
        cv2.line(drawn, tuple(map(int, start)), tuple(map(int, end)), 255, int(rng.integers(2, 7)), cv2.LINE_AA)
    alpha = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
    light = np.linspace(1, 1 - uneven, width, dtype=np.float32)[None, :, None]
    plate = np.asarray(np.array(colour, np.float32) * light * np.ones((height, 1, 1), np.float32), np.float32)
    mixed = np.array(subject, np.float32) * alpha[..., None] + plate * (1 - alpha[..., None])
    mixed = mixed + rng.normal(0, noise, mixed.shape)
    return Shot(np.rint(255 * np.clip(mixed, 0, 1)).astype(np.uint8), alpha, plate)
