"""A set brought to a size, in one tar to travel: `<key>.avif` the picture, `<key>.png` its mask."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from matteo.learning.data.listing import listing
from matteo.learning.data.pair import Pair
from matteo.learning.data.pairs import entries_of, load
from matteo.learning.data.tar import Files, write_tar
from matteo.models.session import default_threads
from matteo.remover import in_order

LONGEST, QUALITY = 400, 60
SPEED = 7  # of AVIF's encoder: one more is a tenth larger, one less takes half as long again


def pack(
    path: Path, into: Path, longest: int = LONGEST, quality: int = QUALITY,
    said: Callable[[int, int], None] = lambda done, count: None,
) -> None:  # fmt: skip
    """Writes a tar of the set's pairs, in their order: which are held out stays as it was.

    longest: of a picture's sides, in pixels; smaller ones stay as they are. quality: AVIF's, 0 to 100; masks lose
    nothing but size. said: called with (done, count) after each pair.
    Raises DataError as `pairs_of` does, OSError where there is no room. The tar appears whole or not at all.
    """
    entries = entries_of(listing(path))
    masked = any(entry.mask is not None for entry in entries)
    made = in_order(lambda entry: encoded(load(entry, longest), quality, masked), entries, default_threads())

    def told() -> Iterator[Files]:
        for index, files in enumerate(made):
            yield files
            said(index + 1, len(entries))

    write_tar(into, told())


def encoded(pair: Pair, quality: int, masked: bool) -> list[tuple[str, bytes]]:
    """(name, bytes) of a pair's files."""
    files = [(f"{pair.key}.avif", _bytes_of(pair.rgb, "AVIF", quality=quality, speed=SPEED, max_threads=1))]
    if masked:
        files.append((f"{pair.key}.png", _bytes_of(pair.mask, "PNG", optimize=True)))
    return files


def _bytes_of(array: NDArray[np.uint8], kind: str, **options: int | bool) -> bytes:
    buffer = io.BytesIO()
    PilImage.fromarray(array).save(buffer, kind, **options)
    return buffer.getvalue()
