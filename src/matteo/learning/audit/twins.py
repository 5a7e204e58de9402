"""Pictures that are the same but for size, compression or light, within a set and across two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matteo.learning.audit.hashing import Print, likeness
from matteo.learning.audit.nearby import within

# Measured on 15,283 pictures (docs/data.md): all pairs this close were of one shooting, and the first that was not came
# at 10 bits and 0.884. What is SAME and nowhere APART is one photograph, or two of one moment.
RADIUS = 10  # bits of 64
ALIKE = 0.89  # correlation of the thumbnails
SAME = 0.985
APART = 0.7  # largest difference of the thumbnails, in standard deviations
BLOCK = 1 << 16


@dataclass(frozen=True)
class Prints:
    """The fingerprints of N pictures. hashes, mirrored: N uint64. thumbs: N x 16 x 16 uint8."""

    hashes: NDArray[np.uint64]
    mirrored: NDArray[np.uint64]
    thumbs: NDArray[np.uint8]


@dataclass(frozen=True)
class Twin:
    """The picture `index` is like the picture `other`, or the same one; mirrored: seen in a mirror.

    likeness: the correlation of their thumbnails, up to 1.
    """

    index: int
    other: int
    likeness: float
    same: bool
    mirrored: bool


def gathered(prints: Sequence[Print]) -> Prints:
    return Prints(
        np.array([p.hash for p in prints], np.uint64),
        np.array([p.mirrored for p in prints], np.uint64),
        np.stack([p.thumb for p in prints]) if prints else np.empty((0, 16, 16), np.uint8),
    )


def twins_within(prints: Prints) -> list[Twin]:
    """Of every picture that has its like earlier in the set: the one there that is most like it."""
    return _best(_twins(prints, prints, same=True))


def twins_across(prints: Prints, others: Prints) -> list[Twin]:
    """Of every picture that has its like in the other set: the one there that is most like it."""
    return _best(_twins(prints, others, same=False))


def _best(twins: Iterator[Twin]) -> list[Twin]:
    best: dict[int, Twin] = {}
    for twin in twins:
        if twin.index not in best or twin.likeness > best[twin.index].likeness:
            best[twin.index] = twin
    return [best[index] for index in sorted(best)]


def _twins(a: Prints, b: Prints, *, same: bool) -> Iterator[Twin]:
    """same: a set with itself, of every pair the later one. What has one hash is compared with the first that has it,
    so that ten thousand equal pictures are ten thousand comparisons and not fifty million."""
    firsts, which = _firsts(b.hashes)
    if same:
        yield from _alike(a, b, np.arange(len(which)), firsts[which], mirrored=False, later=True)
    for mirrored, asked in ((False, a.hashes), (True, a.mirrored)):
        queries = firsts if same else np.arange(len(asked))
        i, j = within(asked[queries], b.hashes[firsts], RADIUS)
        yield from _alike(a, b, queries[i], firsts[j], mirrored=mirrored, later=same)


def _firsts(hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(the index of the first of every different hash, of each picture its place among those)."""
    _, first, which = np.unique(hashes, return_index=True, return_inverse=True)
    return first, which


def _alike(
    a: Prints, b: Prints, i: NDArray[np.int64], j: NDArray[np.int64], *, mirrored: bool, later: bool
) -> Iterator[Twin]:
    if later:
        i, j = i[i > j], j[i > j]
    for start in range(0, len(i), BLOCK):
        some_i, some_j = i[start : start + BLOCK], j[start : start + BLOCK]
        thumbs = a.thumbs[some_i]
        like, apart = likeness(thumbs[:, :, ::-1] if mirrored else thumbs, b.thumbs[some_j])
        same = (like >= SAME) & (apart <= APART)
        # A mirror image is a copy that somebody made: two shots of one scene are not each other's.
        for at in np.flatnonzero(same if mirrored else like >= ALIKE):
            yield Twin(int(some_i[at]), int(some_j[at]), float(like[at]), bool(same[at]), mirrored)
