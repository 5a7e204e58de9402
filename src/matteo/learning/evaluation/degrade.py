"""Pictures made worse on purpose, to see what a network does with them: kinds at strengths 1, 2 and 3.

Every kind is a function (rgb, strength, generator) -> rgb, H x W x 3 uint8 sRGB. Light is linear where photons are
counted: sRGB is decoded before and encoded after, as IEC 61966-2-1 has it.

noise   A camera at high ISO (Foi 2008): Poisson noise of a pixel that holds 400, 100 or 25 electrons when it is full,
        and Gaussian noise of 0.5, 1 or 2 % of that from reading it out. Middle grey's deviation is 6, 12 and 24 of 255.
dark    Low light without a longer exposure: 2, 3 or 4 stops less of it, counted by pixels that hold 1,000 electrons,
        with 0.2 % from reading out, and not brightened again.
jpeg    Hard compression: quality 30, 15 or 7 of 100, colours at half the resolution.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matteo.errors import UsageError
from matteo.learning.jpeg import through_jpeg

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
STRENGTHS = (1, 2, 3)


@dataclass(frozen=True)
class Degradation:
    """What is done to every picture of a set before a network sees it."""

    kind: str
    strength: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.strength}"

    def __call__(self, rgb: Bytes, key: str) -> Bytes:
        """rgb made worse, H x W x 3 uint8. The picture's key is its seed: each run sees the same noise."""
        return KINDS[self.kind](rgb, self.strength, np.random.default_rng(zlib.crc32(key.encode())))


def parse(text: str) -> Degradation | None:
    """ "noise:2" -> that degradation; "none" -> None. UsageError for what there is not."""
    if text == "none":
        return None
    kind, _, strength = text.partition(":")
    if kind not in KINDS or strength not in map(str, STRENGTHS):
        there = ", ".join(f"{name}:1 to {name}:{STRENGTHS[-1]}" for name in KINDS)
        raise UsageError(f"no degradation {text!r}: choose {there}, or none for the pictures as they are")
    return Degradation(kind, int(strength))


def noise(rgb: Bytes, strength: int, rng: np.random.Generator) -> Bytes:
    """Of a camera at high ISO."""
    full, read = {1: (400, 0.005), 2: (100, 0.01), 3: (25, 0.02)}[strength]
    return encode(counted(decode(rgb), full, read, rng))


def dark(rgb: Bytes, strength: int, rng: np.random.Generator) -> Bytes:
    """Underexposed."""
    return encode(counted(decode(rgb) / 2 ** (strength + 1), 1000, 0.002, rng))


def jpeg(rgb: Bytes, strength: int, rng: np.random.Generator) -> Bytes:
    """Compressed hard. Nothing in it is random."""
    return through_jpeg(rgb, {1: 30, 2: 15, 3: 7}[strength])


KINDS: dict[str, Callable[[Bytes, int, np.random.Generator], Bytes]] = {"noise": noise, "dark": dark, "jpeg": jpeg}


def counted(light: Floats, full: int, read: float, rng: np.random.Generator) -> Floats:
    """Linear light in [0, 1] as a sensor counts it whose pixels hold `full` electrons; read: deviation, of full."""
    electrons = rng.poisson(light * full) / full
    return np.asarray(electrons + rng.normal(0, read, light.shape), np.float32)


def decode(rgb: Bytes) -> Floats:
    """sRGB of 8 bits as linear light in [0, 1]."""
    x = np.arange(256) / 255
    linear = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear[rgb], np.float32)


def encode(light: Floats) -> Bytes:
    """Linear light as sRGB of 8 bits; what is beyond [0, 1] is clipped."""
    x = np.clip(light, 0, 1)
    srgb = np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(srgb * 255), np.uint8)
