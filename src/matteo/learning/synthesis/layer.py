"""A foreground of known colour and alpha, and what a lens does to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Generator = np.random.Generator
TINY = np.float32(1e-4)


def floats(array: NDArray[Any]) -> Floats:
    return np.asarray(array, np.float32)


@dataclass(frozen=True)
class Layer:
    """rgb: H x W x 3 float32 in [0, 1], straight. alpha: H x W float32 in [0, 1]."""

    rgb: Floats
    alpha: Floats

    def over(self, below: Layer) -> Layer:
        """Porter and Duff's "over" (1984) of two layers."""
        behind = below.alpha * (1 - self.alpha)
        alpha = self.alpha + behind
        rgb = self.rgb * self.alpha[..., None] + below.rgb * behind[..., None]
        straight = rgb / np.maximum(alpha, TINY)[..., None]
        return Layer(np.where(alpha[..., None] > TINY, straight, below.rgb).astype(np.float32), alpha)

    def filtered(self, kernel: Floats) -> Layer:
        """Colour and alpha through the same lens: premultiplied, so that no colour leaks from where there is none."""
        border = cv2.BORDER_REPLICATE
        alpha = np.clip(cv2.filter2D(self.alpha, cv2.CV_32F, kernel, borderType=border), 0, 1)
        premultiplied = cv2.filter2D(self.rgb * self.alpha[..., None], cv2.CV_32F, kernel, borderType=border)
        straight = np.clip(premultiplied / np.maximum(alpha, TINY)[..., None], 0, 1)
        rgb = np.where(alpha[..., None] > TINY, straight, self.rgb)
        return Layer(np.asarray(rgb, np.float32), np.asarray(alpha, np.float32))


def disc(radius: float) -> Floats:
    """Kernel of a lens out of focus: a disc with an edge of one pixel, sum 1."""
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)


def streak(length: float, angle: float) -> Floats:
    """Kernel of a motion of so many pixels in a direction (radians): a line one pixel wide, sum 1."""
    reach = int(np.ceil(length / 2)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along, beside = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    kernel = np.clip(length / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(beside), 0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)


def through_lens(layer: Layer, rng: Generator) -> Layer:
    """Mostly sharp, sometimes out of focus or moving, always with the softness of a sensor's own pixels."""
    draw = rng.random()
    if draw < 0.12:
        layer = layer.filtered(disc(float(np.exp(rng.uniform(np.log(1.2), np.log(9))))))
    elif draw < 0.2:
        layer = layer.filtered(streak(float(np.exp(rng.uniform(np.log(3), np.log(24)))), rng.uniform(0, np.pi)))
    soft = rng.uniform(0.25, 0.8)
    bell = cv2.getGaussianKernel(5, soft, cv2.CV_32F)
    return layer.filtered(np.asarray(bell @ bell.T, np.float32))
