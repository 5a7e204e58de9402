"""Augmentations of light and dirt: the picture changes, the mask does not."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.learning.augment_place import Bytes, as_bytes
from matteo.learning.jpeg import through_jpeg

LEVELS = np.linspace(0, 1, 256, dtype=np.float32)[:, None]


def look_up(rgb: Bytes, curve: NDArray[np.floating]) -> Bytes:
    """rgb through a curve of values in [0, 1]: 256 x 3, one column a channel, or 256 x 1 for all."""
    levels = np.clip(curve * 255 + 0.5, 0, 255).astype(np.uint8)
    return as_bytes(cv2.LUT(rgb, np.broadcast_to(levels, (256, 3)).reshape(256, 1, 3)))


def blend_with_grey(rgb: Bytes, saturation: float) -> Bytes:
    grey = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return as_bytes(cv2.addWeighted(rgb, saturation, grey, 1 - saturation, 0))


@dataclass(frozen=True)
class Light:
    """Gamma, gain, offset and white balance, each a deviation (of the logarithm, but for the offset)."""

    gamma: float = 0.25
    gain: float = 0.12
    white: float = 0.05
    offset: float = 0.03

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        gamma = np.exp(rng.normal(0, self.gamma))
        gain = np.exp(rng.normal(0, self.gain)) * np.exp(rng.normal(0, self.white, 3))
        return look_up(rgb, LEVELS**gamma * gain + rng.normal(0, self.offset)), mask


@dataclass(frozen=True)
class Colour:
    """More or less saturated; the deviation of the logarithm."""

    saturation: float = 0.35
    most: float = 2.0

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        return blend_with_grey(rgb, min(self.most, float(np.exp(rng.normal(0, self.saturation))))), mask


@dataclass(frozen=True)
class Grey:
    """Without colour, as an old photograph."""

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        return blend_with_grey(rgb, 0.0), mask


@dataclass(frozen=True)
class LowLight:
    """Taken with a small part of the light: dark, brought up again in part, with the noise that this brings.

    exposure: share of the light that is left. lift: share of the loss, in stops, that the camera makes good.
    electrons: that a white pixel of full exposure holds; fewer make more noise (shot noise, whose variance is the
    light's own), and `read` is the deviation of what the electronics add, in electrons.
    """

    exposure: tuple[float, float] = (0.05, 0.35)
    lift: tuple[float, float] = (0.2, 0.8)
    electrons: float = 600
    read: float = 3

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        exposure = float(np.exp(rng.uniform(*np.log(self.exposure))))
        gain = exposure ** -rng.uniform(*self.lift)
        linear = cv2.LUT(rgb, np.ascontiguousarray((LEVELS**2.2 * exposure * self.electrons).astype(np.float32)))
        noise = rng.standard_normal(rgb.shape, np.float32) * np.sqrt(linear + self.read**2)
        seen = np.clip((linear + noise) * np.float32(gain / self.electrons), 0, 1)
        return (np.sqrt(seen) * 255 + 0.5).astype(np.uint8), mask


@dataclass(frozen=True)
class Blur:
    """Out of focus; the Gaussian's deviation in pixels."""

    sigma: tuple[float, float] = (0.4, 1.6)

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        return as_bytes(cv2.GaussianBlur(rgb, (0, 0), rng.uniform(*self.sigma))), mask


@dataclass(frozen=True)
class Noise:
    """Noise of the brightness; its deviation in levels of 255."""

    sigma: tuple[float, float] = (3, 18)

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        noise = rng.standard_normal(rgb.shape[:2], np.float32)[..., None] * np.float32(rng.uniform(*self.sigma))
        return np.clip(rgb + noise, 0, 255).astype(np.uint8), mask


@dataclass(frozen=True)
class Jpeg:
    """Saved as a small JPEG."""

    quality: tuple[int, int] = (20, 70)

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        return through_jpeg(rgb, int(rng.integers(*self.quality))), mask
