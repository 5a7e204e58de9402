"""From a photograph with a mask to a layer of known alpha, and from a layer to a photograph as a camera gives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.learning.data import Pair
from matteo.learning.jpeg import through_jpeg
from matteo.learning.synthesis.layer import Floats, Generator, Layer, disc, floats, through_lens
from matteo.learning.synthesis.noise import smooth_noise
from matteo.learning.synthesis.patterns import glass, leaves, own_colour, pierced, streaks, veil
from matteo.learning.synthesis.strands import fur, grass, grow, hair

Bytes = NDArray[np.uint8]

RIM = 2  # pixels of a photograph's own edge that are left out: they show its old background
LEAST, MOST = 0.03, 0.8  # shares of the picture that a subject may have
STREAKED = 0.25  # share of the backgrounds that are of one grain: what looks like hair there is none


@dataclass(frozen=True)
class Composite:
    """rgb: H x W x 3 uint8, the photograph. alpha: H x W float32. foreground: H x W x 3 uint8, straight."""

    rgb: Bytes
    alpha: Floats
    foreground: Bytes


def is_usable(pair: Pair) -> bool:
    return LEAST < float((pair.mask > 127).mean()) < MOST


def subject_of(pair: Pair, longest: int, rng: Generator) -> Layer:
    """The photograph's subject with a clean outline, one pixel wide at a long side of `longest` pixels.

    The mask is drawn in by the width of the photograph's own edge, so that every colour inside is the subject's.
    """
    height, width = pair.mask.shape
    scale = longest / max(height, width)
    size_wh = (max(16, round(width * scale)), max(16, round(height * scale)))
    core = cv2.erode(pair.mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RIM + 1, 2 * RIM + 1)))
    smooth = cv2.GaussianBlur(core.astype(np.float32) / 255, (0, 0), 1.2)
    large = cv2.resize(smooth, size_wh, interpolation=cv2.INTER_CUBIC)
    slope = cv2.magnitude(
        cv2.Sobel(large, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(large, cv2.CV_32F, 0, 1, scale=1 / 8)
    )
    alpha = floats(np.clip((large - 0.5) / np.clip(slope, 0.02, 1) + 0.5, 0, 1))
    rgb = floats(cv2.resize(pair.rgb, size_wh, interpolation=cv2.INTER_CUBIC)) / np.float32(255)
    layer = Layer(spread_colours(rgb, alpha), alpha)
    if rng.random() < 0.5:
        layer = Layer(layer.rgb[:, ::-1].copy(), layer.alpha[:, ::-1].copy())
    return layer


def spread_colours(rgb: Floats, alpha: Floats) -> Floats:
    """Outside the subject its colours go on, ever smoother, so that the colour is the subject's at any alpha."""
    weight = (alpha > 0.99).astype(np.float32)
    result, known = rgb * weight[..., None], weight
    for radius in (3, 9, 31, 121):
        side = (2 * radius + 1, 2 * radius + 1)
        mass = cv2.blur(weight, side)
        mean = cv2.blur(rgb * weight[..., None], side) / np.maximum(mass, 1e-5)[..., None]
        fresh = (known < 0.5) & (mass > 1e-4)
        result = np.where(fresh[..., None], mean, result)
        known = np.maximum(known, fresh.astype(np.float32))
    return np.asarray(result, np.float32)


Part = Callable[[Layer, Generator], Layer]


def with_strands(kind: Callable[[float, Generator], object]) -> Part:
    def part(subject: Layer, rng: Generator) -> Layer:
        strands = grow(subject, kind(float(max(subject.alpha.shape)), rng), rng)  # type: ignore[arg-type]
        if rng.random() < 0.25:  # hair leaves the plane of sharpness before the head does
            strands = strands.filtered(disc(rng.uniform(0.7, 3)))
        return strands.over(subject)

    return part


# (share of the layers that have it, what it adds), in the order in which they are added
PARTS: tuple[tuple[float, Part], ...] = (
    (0.12, pierced),
    (0.08, glass),
    (0.10, lambda subject, rng: leaves(subject, rng).over(subject)),
    (0.45, with_strands(hair)),
    (0.25, with_strands(fur)),
    (0.10, with_strands(grass)),
    (0.10, lambda subject, rng: subject.over(veil(subject, rng))),
)


def make_layer(pair: Pair, longest: int, rng: Generator) -> Layer:
    """A layer of the photograph's subject, with parts of PARTS as chance has it, through a lens.

    About a quarter have none of them: most edges of the world are plain.
    """
    layer = subject_of(pair, longest, rng)
    for share, part in PARTS:
        if rng.random() < share:
            layer = part(layer, rng)
    return through_lens(layer, rng)


def make_background(
    backgrounds: Sequence[Bytes], size_hw: tuple[int, int], rng: Generator, subject: Layer | None = None
) -> Floats:
    """H x W x 3 float32 in [0, 1]: a part of a photograph, sharp or out of focus, a plain wall, or a ground with a
    grain, its colour mostly one of the subject's where that is given."""
    if rng.random() < STREAKED:
        colour = rng.random(3, np.float32) if subject is None else own_colour(subject, rng)
        near = colour * np.float32(np.exp(rng.normal(0, 0.3)))
        return streaks(np.clip(near, 0.03, 0.97).astype(np.float32), size_hw, rng)
    if rng.random() < 0.12 or not backgrounds:
        plain = rng.random(3, np.float32) * np.ones((*size_hw, 1), np.float32)
        shade = 1 + rng.uniform(0, 0.2) * smooth_noise(size_hw, max(size_hw) * rng.uniform(0.2, 1), rng)
        return np.clip(plain * shade[..., None], 0, 1).astype(np.float32)
    picture = backgrounds[int(rng.integers(len(backgrounds)))]
    need = max(size_hw[0] / picture.shape[0], size_hw[1] / picture.shape[1])
    zoom = need * rng.uniform(1.0, 1.6)
    size_wh = (max(size_hw[1], round(picture.shape[1] * zoom)), max(size_hw[0], round(picture.shape[0] * zoom)))
    large = cv2.resize(picture, size_wh, interpolation=cv2.INTER_CUBIC)
    top = int(rng.integers(large.shape[0] - size_hw[0] + 1))
    left = int(rng.integers(large.shape[1] - size_hw[1] + 1))
    crop = floats(large[top : top + size_hw[0], left : left + size_hw[1]]) / np.float32(255)
    if rng.random() < 0.5:
        crop = floats(cv2.GaussianBlur(crop, (0, 0), float(np.exp(rng.uniform(np.log(1), np.log(12))))))
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    gain = np.exp(rng.normal(0, 0.15)) * np.exp(rng.normal(0, 0.06, 3))
    return floats(np.clip(np.ascontiguousarray(crop) * gain, 0, 1))


def compose(layer: Layer, background: Floats, rng: Generator) -> Bytes:
    """The layer before the background, mixed as light half of the time and as sRGB numbers half of the time (what
    cameras and what programs do), with the noise and the JPEG of a camera: H x W x 3 uint8."""
    alpha = layer.alpha[..., None]
    if rng.random() < 0.5:
        mixed = to_srgb(alpha * to_light(layer.rgb) + (1 - alpha) * to_light(background))
    else:
        mixed = alpha * layer.rgb + (1 - alpha) * background
    if rng.random() < 0.7:
        grain = rng.standard_normal(mixed.shape, np.float32) * np.float32(np.exp(rng.uniform(np.log(0.5), np.log(9))))
        if rng.random() < 0.5:
            grain = floats(cv2.GaussianBlur(grain, (0, 0), 0.8)) * np.float32(1.6)
        mixed = mixed + grain / np.float32(255)
    rgb = np.clip(np.rint(mixed * 255), 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        rgb = through_jpeg(rgb, int(rng.integers(50, 98)))
    return rgb


def to_light(srgb: Floats) -> Floats:
    """sRGB numbers in [0, 1] to light (IEC 61966-2-1)."""
    return floats(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4))


def to_srgb(light: Floats) -> Floats:
    """Light in [0, 1] to sRGB numbers."""
    return floats(np.where(light <= 0.0031308, light * 12.92, 1.055 * light.clip(0.003) ** (1 / 2.4) - 0.055))


def make_composite(pair: Pair, backgrounds: Sequence[Bytes], longest: int, rng: Generator) -> Composite:
    layer = make_layer(pair, longest, rng)
    background = make_background(backgrounds, (layer.alpha.shape[0], layer.alpha.shape[1]), rng, layer)
    rgb = compose(layer, background, rng)
    return Composite(rgb, layer.alpha, np.rint(layer.rgb * 255).astype(np.uint8))
