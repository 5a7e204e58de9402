"""What the refiner learns from: patches of made pictures with a coarse alpha, the band, and the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.learning.data import decode, read_tar
from matteo.learning.synthesis.layer import Floats, Generator, Layer
from matteo.learning.synthesis.rough import enlarged, rough
from matteo.learning.synthesis.scene import compose, make_background

Bytes = NDArray[np.uint8]
Alphas = Callable[[Bytes], Floats]

AGREES = 0.35  # largest difference of a network's alpha from the truth, in subjects' areas, that counts as found
FROM_NETWORK = 0.25  # share of patches whose coarse alpha is the network's own
HOPELESS = 0.2  # mean difference of its alpha from the truth in a patch's band, from which there is nothing to learn
RECOMPOSED = 0.5  # of the rest: share put before a new background
TRIES = 6


@dataclass(frozen=True)
class Made:
    """One made picture. rgb, foreground: H x W x 3 uint8; alpha: H x W uint8; coarse: the network's own alpha of rgb on
    its grid, float32, or None where the network went astray."""

    rgb: Bytes
    foreground: Bytes
    alpha: Bytes
    coarse: Floats | None


def load(path: Path, network: Alphas) -> list[Made]:
    """The pictures of a tar of `synthesize`. network: rgb -> its coarse alpha, on a grid of its own."""
    return [made_of(files, network) for files in read_tar(path).values()]


def made_of(files: dict[str, bytes], network: Alphas) -> Made:
    rgb, alpha = decode(files[".jpg"], "RGB"), decode(files[".png"], "L")
    coarse = np.asarray(network(rgb), np.float32)
    small = cv2.resize(alpha, coarse.shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    astray = float(np.abs(coarse - small).sum()) > AGREES * float(small.sum())
    return Made(rgb, decode(files[".foreground"], "RGB"), alpha, None if astray else coarse)


def patch(made: Sequence[Made], backgrounds: Sequence[Bytes], side: int, rng: Generator) -> tuple[Floats, Floats]:
    """(5 x side x side input of the refiner, 1 x side x side true alpha)."""
    while True:
        picture = made[int(rng.integers(len(made)))]
        zoom = float(np.exp(rng.uniform(np.log(0.7), np.log(2.2)))) if rng.random() < 0.6 else 1.0
        span = min(round(side / zoom), *picture.alpha.shape)
        box = near_the_edge(picture.alpha, span, rng)
        rgb, alpha, coarse, unknown = whole(picture, box, backgrounds, rng)
        rgb, alpha, coarse = (squared(a, side) for a in (rgb, alpha, coarse))
        unknown = squared(unknown.astype(np.float32), side) > 0.5
        if unknown.any():
            break
    stacked = np.concatenate([rgb, coarse[..., None], unknown[..., None].astype(np.float32)], 2)
    turns, mirrored = int(rng.integers(4)), rng.random() < 0.5
    placed = [np.rot90(a[:, ::-1] if mirrored else a, turns) for a in (stacked, alpha[..., None])]
    x, y = (np.ascontiguousarray(a.transpose(2, 0, 1), np.float32) for a in placed)
    return x, y


def near_the_edge(alpha: Bytes, span: int, rng: Generator) -> tuple[slice, slice]:
    """A box of span x span pixels with an edge in it; half of the time the one of TRIES that has most of it."""
    boxes, mixed = [], []
    most = rng.random() < 0.5
    for _ in range(TRIES):
        top, left = (int(rng.integers(length - span + 1)) for length in alpha.shape)
        boxes.append((slice(top, top + span), slice(left, left + span)))
        part = alpha[boxes[-1]][::2, ::2]
        mixed.append(np.count_nonzero((part > 12) & (part < 243)) / part.size)
        if not most and mixed[-1] > 0.01:
            break
    return boxes[int(np.argmax(mixed))]


def whole(
    picture: Made, box: tuple[slice, slice], backgrounds: Sequence[Bytes], rng: Generator
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """rgb in [0, 1], true alpha, coarse alpha and band of a box of the picture."""
    alpha, rgb = unit(picture.alpha[box]), unit(picture.rgb[box])
    if picture.coarse is not None and rng.random() < FROM_NETWORK:
        coarse, unknown = enlarged(picture.coarse, (picture.alpha.shape[0], picture.alpha.shape[1]), rng)
        coarse, unknown = coarse[box], unknown[box]
        if unknown.any() and np.abs(coarse - alpha)[unknown].mean() < HOPELESS:
            return rgb, alpha, coarse, unknown
    if rng.random() < RECOMPOSED:
        layer = Layer(unit(picture.foreground[box]), alpha)
        background = make_background(backgrounds, (alpha.shape[0], alpha.shape[1]), rng)
        rgb = unit(compose(layer, background, rng))
    coarse, unknown = rough(alpha, rng)
    return rgb, alpha, coarse, unknown


def unit(array: Bytes) -> Floats:
    return array.astype(np.float32) / np.float32(255)


def squared(array: Floats, side: int) -> Floats:
    if array.shape[:2] == (side, side):
        return array
    shrinks = array.shape[0] > side
    scaled = cv2.resize(array, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.clip(scaled, 0, 1).astype(np.float32)


def batch(
    made: Sequence[Made], backgrounds: Sequence[Bytes], side: int, size: int, seed: tuple[int, int]
) -> tuple[Floats, Floats]:
    """(B x 5 x side x side, B x 1 x side x side); the seed alone decides the content."""
    rng = np.random.default_rng(seed)
    pairs = [patch(made, backgrounds, side, rng) for _ in range(size)]
    return np.stack([x for x, _ in pairs]), np.stack([y for _, y in pairs])
