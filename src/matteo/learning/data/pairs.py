"""Pictures and masks in memory, one pair after the other. What is wrong with a set is an error that names the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from matteo.errors import DataError
from matteo.learning.data.decode import mask_of, own_alpha, picture_of, rgb_of
from matteo.learning.data.listing import Entry, Listing, listing
from matteo.learning.data.pair import Pair, shrink
from matteo.models.session import default_threads
from matteo.remover import in_order

NAMED = 3
LEAST = 10  # pairs: eight to learn from and two to see whether it helped


def pairs_of(
    path: Path, keep: Callable[[int], bool] = lambda index: True, longest: int | None = None
) -> Iterator[Pair]:
    """The pairs of a set whose index `keep` takes, none larger than `longest` on its long side. Every core decodes.

    path: a tar, or a folder with images/ and masks/, with a.jpg beside a.png, or of transparent PNGs (see `listing`).
    A tar in which no picture has a mask is a set of backgrounds: its masks are zero.
    A few pairs are in memory at a time. Raises DataError: at once for a set that is empty, without masks or with
    missing partners; on the way, by name, for what cannot be read and for sizes that disagree.
    """
    entries = entries_of(listing(path))
    kept = (entry for index, entry in enumerate(entries) if keep(index))
    return in_order(lambda entry: load(entry, longest), kept, default_threads())


def entries_of(found: Listing) -> tuple[Entry, ...]:
    """The entries of a set that is complete, or of a tar of backgrounds. Raises DataError for any other."""
    return found.alone if _is_backgrounds(found) else _complete(found)


def load(entry: Entry, longest: int | None = None) -> Pair:
    """One pair, decoded. Without a mask: zeros. Raises DataError."""
    image = picture_of(entry.picture.read(), str(entry.picture))
    rgb = rgb_of(image)
    if entry.mask is None:
        mask = np.zeros(rgb.shape[:2], np.uint8)
    elif entry.mask is entry.picture:
        mask = own_alpha(image, str(entry.picture))
    else:
        mask = mask_of(entry.mask.read(), str(entry.mask))
    if mask.shape != rgb.shape[:2]:
        raise DataError(f"{entry.mask}: is {size(mask.shape)}, its picture {size(rgb.shape)}; make the two one size")
    return Pair(entry.key, shrink(rgb, longest), shrink(mask, longest))


def trainable(path: Path, least: int = LEAST) -> tuple[Entry, ...]:
    """The entries of a set that is to be learned from and split; decodes nothing.

    Raises DataError for a set that is empty, without masks, with missing partners, or of fewer than `least` pairs.
    """
    entries = _complete(listing(path))
    if len(entries) < least:
        raise DataError(f"{path}: {len(entries)} pairs are too few to learn from and to test on; give {least} or more")
    return entries


def size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} x {shape[0]}"


def _is_backgrounds(found: Listing) -> bool:
    return found.path.is_file() and bool(found.alone) and not found.entries and not found.odd


def _complete(found: Listing) -> tuple[Entry, ...]:
    path = found.path
    if not (found.entries or found.alone or found.odd):
        raise DataError(f"{path}: holds no pictures; give images/ and masks/, a.jpg beside a.png, or transparent PNGs")
    if not found.entries:
        raise DataError(
            f"{path}: no picture has a mask; put it in masks/ under the picture's name, or beside it as .png"
        )
    if found.alone:
        raise DataError(f"{path}: {_some(e.key for e in found.alone)} without a mask; add it or take the picture out")
    for key, wrong in found.odd.items():
        raise DataError(f"{path}: {key} {wrong}")
    return found.entries


def _some(keys: Iterable[str]) -> str:
    names = list(keys)
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more are" if len(names) > NAMED else " is")
