"""What the refiner learns from: patches of made pictures with a coarse alpha, the band, and the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from matteo.learning.data import Pair, decode, pairs_of, read_tar
from matteo.learning.kinds import kind_of
from matteo.learning.refiner_guesses import WITHOUT_HINTS, Bytes, Guess, Seen, guesses
from matteo.learning.synthesis.layer import Floats, Generator, Layer
from matteo.learning.synthesis.rough import Mask, rough
from matteo.learning.synthesis.scene import compose, make_background
from matteo.matting.refine import Run
from matteo.matting.surroundings import surroundings
from matteo.remover import in_order

GUESSED = 0.58  # share of patches whose coarse alpha is the network's own, or a refiner's of that
HOPELESS = 0.3  # mean difference of it from the truth in a patch's band, from which there is nothing to learn
RECOMPOSED = 0.5  # of the others: share put before a new background
TRIES = 6
SOLID = ("car", "thing")
ONE_IN = 4

Patch = tuple[Floats, Floats, Floats, Mask]  # rgb in [0, 1], true alpha, coarse alpha, band; of a box


@dataclass(frozen=True)
class Made:
    """One made picture. rgb, foreground: H x W x 3 uint8; alpha: H x W uint8; seen: what the refiner sees of it when a
    network's guess is refined, empty where the network went astray. foreground: None for a photograph as it was taken,
    of which only what was seen is learned from."""

    rgb: Bytes
    foreground: Bytes | None
    alpha: Bytes
    seen: tuple[Seen, ...] = ()


def load(
    path: Path, guess: Guess, finder: Run, *, threads: int = 1, only: Callable[[int], bool] = lambda _: True
) -> Iterator[Made]:
    """The pictures of a tar of `synthesize`. guess: rgb, number -> a network's alpha, uncleaned. finder: a refiner, at
    whose results the next size is learned. threads: pictures read at once. only: asked for each, by its number."""
    entries = ((index, files) for index, files in enumerate(read_tar(path).values()) if only(index))
    yield from in_order(partial(made_of, guess=guess, finder=finder), entries, threads)


def made_of(entry: tuple[int, dict[str, bytes]], guess: Guess, finder: Run) -> Made:
    index, files = entry
    rgb, alpha = decode(files[".jpg"], "RGB"), decode(files[".png"], "L")
    seen = guesses(
        rgb, alpha, np.asarray(guess(rgb, index), np.float32), finder, hinted=(index + index // 20) % WITHOUT_HINTS > 0
    )
    return Made(rgb, decode(files[".foreground"], "RGB"), alpha, seen)


def photographed(path: Path, guess: Guess, finder: Run, *, threads: int = 1) -> Iterator[Made]:
    """Some of the photographs of a set whose names say that they show a car or another thing: their masks hold no hair
    that was left out, and their backgrounds and edges are a camera's. As `load` otherwise."""

    def one(numbered: tuple[int, Pair]) -> Made:
        number, pair = numbered
        seen = guesses(pair.rgb, pair.mask, np.asarray(guess(pair.rgb, number), np.float32), finder, hinted=True)
        return Made(pair.rgb, None, pair.mask, seen)

    pairs = pairs_of(path, lambda index: index % ONE_IN == ONE_IN - 1)  # none of those held out
    solid = (pair for pair in pairs if kind_of(path.stem, pair.key) in SOLID)
    yield from in_order(one, enumerate(solid), threads)


def patch(
    made: Sequence[Made], backgrounds: Sequence[Bytes], side: int, rng: Generator, guessed: float = GUESSED
) -> tuple[Floats, Floats]:
    """(5 x side x side input of the refiner, 1 x side x side true alpha). guessed: the chance of a network's guess."""
    while True:
        picture = made[int(rng.integers(len(made)))]
        if rng.random() < guessed:
            found = from_seen(picture.seen[int(rng.integers(len(picture.seen)))], side, rng) if picture.seen else None
        else:
            found = from_made(picture, backgrounds, side, rng)
        if found is None:
            continue
        rgb, alpha, coarse = (squared(a, side) for a in found[:3])
        unknown = squared(found[3].astype(np.float32), side) > 0.5
        if unknown.any():
            break
    stacked = np.concatenate([rgb, coarse[..., None], unknown[..., None].astype(np.float32)], 2)
    turns, mirrored = int(rng.integers(4)), rng.random() < 0.5
    placed = [np.rot90(a[:, ::-1] if mirrored else a, turns) for a in (stacked, alpha[..., None])]
    x, y = (np.ascontiguousarray(a.transpose(2, 0, 1), np.float32) for a in placed)
    return x, y


def zoomed(side: int, least: float, most: float, rng: Generator) -> int:
    """The length of a box that fills `side` pixels: often the same, else larger or smaller."""
    zoom = float(np.exp(rng.uniform(np.log(least), np.log(most)))) if rng.random() < 0.6 else 1.0
    return round(side / zoom)


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


def from_seen(seen: Seen, side: int, rng: Generator) -> Patch | None:
    """A box of what the refiner saw; None where the truth is not to be told from it."""
    box = near_the_edge(seen.alpha, min(zoomed(side, 0.8, 1.6, rng), *seen.alpha.shape), rng)
    alpha, coarse, unknown = unit(seen.alpha[box]), unit(seen.coarse[box]), seen.unknown[box] > 0
    if not unknown.any() or np.abs(coarse - alpha)[unknown].mean() > HOPELESS:
        return None
    return relit(unit(seen.rgb[box]), rng), alpha, coarse, unknown


def relit(rgb: Floats, rng: Generator) -> Floats:
    """Channels in another order at times, and each brighter or darker: what was mixed linearly stays so."""
    if rng.random() < 0.3:
        rgb = rgb[..., rng.permutation(3)]
    gain = np.exp(rng.normal(0, 0.12)) * np.exp(rng.normal(0, 0.05, 3))
    return np.asarray(np.clip(rgb * gain.astype(np.float32) + np.float32(rng.normal(0, 0.02)), 0, 1), np.float32)


def from_made(picture: Made, backgrounds: Sequence[Bytes], side: int, rng: Generator) -> Patch | None:
    """A box of the picture, half of the time before a new background, with a coarse alpha that is made rough."""
    if picture.foreground is None:
        return None
    box = near_the_edge(picture.alpha, min(zoomed(side, 0.7, 2.2, rng), *picture.alpha.shape), rng)
    alpha, rgb = unit(picture.alpha[box]), unit(picture.rgb[box])
    if rng.random() < RECOMPOSED:
        layer = Layer(unit(picture.foreground[box]), alpha)
        background = make_background(backgrounds, (alpha.shape[0], alpha.shape[1]), rng, layer)
        rgb = unit(compose(layer, background, rng))
    return rgb, alpha, *rough(alpha, rng)


def unit(array: Bytes) -> Floats:
    return array.astype(np.float32) / np.float32(255)


def squared(array: Floats, side: int) -> Floats:
    if array.shape[:2] == (side, side):
        return array
    shrinks = array.shape[0] > side
    scaled = cv2.resize(array, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.clip(scaled, 0, 1).astype(np.float32)


def batch(
    made: Sequence[Made], backgrounds: Sequence[Bytes], side: int, size: int, seed: tuple[int, ...],
    guessed: float = GUESSED,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """The refiner's inputs (B x 5 x side x side; B x 8 x side/8 x side/8) and the truth (B x 1 x side x side); the seed
    alone decides the content. guessed: as `patch` takes it."""
    rng = np.random.default_rng(seed)
    pairs = [patch(made, backgrounds, side, rng, guessed) for _ in range(size)]
    around = [surroundings(np.ascontiguousarray(x[:3].transpose(1, 2, 0)), x[3], x[4] > 0.5) for x, _ in pairs]
    return np.stack([x for x, _ in pairs]), np.stack(around), np.stack([y for _, y in pairs])
