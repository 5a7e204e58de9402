"""Multi-index hashing (Norouzi, Punjani and Fleet 2012, "Fast search in Hamming space with multi-index hashing").

Two hashes of 64 bits that differ in at most r have, of six parts of about 11 bits, one that differs in at most r/6. So
each part is a sorted index that is asked for the part itself and for all that are so few bits away; what is found is
then compared in full. Every pair within r is found, and few others are looked at. (Parts of log2 N bits are best: these
are for thousands to hundreds of thousands of pictures.)
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, combinations

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Indices = NDArray[np.int64]

WIDTHS = (11, 11, 11, 11, 10, 10)  # bits of each part
BLOCK = 4096


def within(queries: Hashes, known: Hashes, radius: int) -> tuple[Indices, Indices]:
    """All (i, j) with at most `radius` bits between queries[i] and known[j], in order, each once."""
    found = [np.empty((0, 2), np.int64)]
    for low, width in zip(accumulate(WIDTHS, initial=0), WIDTHS, strict=False):
        keys = _part(known, low, width)
        order = np.argsort(keys, kind="stable")
        for start in range(0, len(queries), BLOCK):
            block = queries[start : start + BLOCK]
            probes = _probe(_part(block, low, width), keys[order], order, width, radius // len(WIDTHS))
            for i, j in probes:
                near = np.bitwise_count(block[i] ^ known[j]) <= radius
                found.append(np.stack([i[near] + start, j[near]], axis=1))
    pairs = np.unique(np.concatenate(found), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _part(hashes: Hashes, low: int, width: int) -> NDArray[np.uint16]:
    return np.asarray((hashes >> np.uint64(low)) & np.uint64((1 << width) - 1), np.uint16)


def _probe(
    asked: NDArray[np.uint16], keys: NDArray[np.uint16], order: Indices, width: int, most: int
) -> Iterator[tuple[Indices, Indices]]:
    """(which of the asked, which of the known) whose parts are `flip` apart, for every flip of at most `most` bits."""
    for count in range(most + 1):
        for places in combinations(range(width), count):
            probes = asked ^ np.uint16(sum(1 << place for place in places))
            first = np.searchsorted(keys, probes, "left")
            counts = np.searchsorted(keys, probes, "right") - first
            i = np.repeat(np.arange(len(asked)), counts)
            ends = np.cumsum(counts)
            j = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts - first, counts)
            yield i, order[j]
