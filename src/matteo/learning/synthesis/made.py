"""A tar of made pictures: `<key>.jpg` the photograph, `<key>.png` its alpha, `<key>.foreground` the colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.errors import DataError
from matteo.learning.data import Pair, is_held_out, listing, pairs_of
from matteo.learning.data.tar import Files, write_tar
from matteo.learning.synthesis.scene import Composite, is_usable, make_composite

LONGEST = 512
SOURCES = 400  # photographs taken from one tar; the seed decides which
QUALITY = 97


def synthesize(
    pictures: Sequence[Path], into: Path, count: int, seed: int = 0, *, backgrounds: Sequence[Path] = (),
    longest: int = LONGEST, said: Callable[[int, int], None] = lambda done, count: None,
) -> None:  # fmt: skip
    """Writes a tar of `count` pictures with known alpha and foreground; the same arguments give the same pictures.

    pictures: sets of photographs with masks (see `learning.data`), whose subjects are taken. backgrounds: sets of
    photographs to put them before; plain walls where there are none. longest: of the made pictures, in pixels.
    said: called with (done, count) after each.
    Raises DataError where no photograph has a usable subject. The tar appears whole or not at all.
    """
    pairs = [pair for path in pictures for pair in some_of(path, seed) if is_usable(pair)]
    grounds = [pair.rgb for path in backgrounds for pair in some_of(path, seed)]
    if not pairs:
        raise DataError(f"no photograph with a usable subject in {', '.join(map(str, pictures)) or 'no tar'}")

    def made() -> Iterator[Files]:
        for index in range(count):
            rng = np.random.default_rng((seed, index))
            composite = make_composite(pairs[int(rng.integers(len(pairs)))], grounds, longest, rng)
            yield ((f"made-{seed}-{index:05}{suffix}", data) for suffix, data in encoded(composite))
            said(index + 1, count)

    write_tar(into, made())


def some_of(path: Path, seed: int) -> Iterator[Pair]:
    """At most SOURCES pairs of a set, which the seed picks, none of those held out for validation's sake."""
    found = listing(path)
    trained_on = [index for index in range(len(found.entries or found.alone)) if not is_held_out(index)]
    rng = np.random.default_rng((seed, len(trained_on)))
    chosen = set(rng.permutation(trained_on)[:SOURCES].tolist())
    return pairs_of(path, lambda index: index in chosen)


def encoded(made: Composite) -> Iterator[tuple[str, bytes]]:
    alpha = np.rint(made.alpha * 255).astype(np.uint8)
    yield ".jpg", encode(".jpg", made.rgb)
    yield ".png", encode(".png", alpha)
    yield ".foreground", encode(".jpg", made.foreground)


def encode(suffix: str, array: NDArray[np.uint8]) -> bytes:
    whole_chroma = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    flags = [cv2.IMWRITE_JPEG_QUALITY, QUALITY, *whole_chroma] if suffix == ".jpg" else []
    return cv2.imencode(suffix, array[..., ::-1] if array.ndim == 3 else array, flags)[1].tobytes()
