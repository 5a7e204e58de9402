"""Push-pull filling (Gortler et al. 1996, "The Lumigraph", 3.4), relaxed to a membrane on every level.

What is known stays; the hole gets the values that a membrane stretched over it would have (Laplace's equation), so
that a slope on both sides goes on through the hole. Means alone (a normalised convolution) would flatten it.

Where the hole meets the picture's border nothing holds the membrane: it ends level there. So that a slope goes on all
the same, the plane that fits best to what is around the hole is taken off before and put back afterwards.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SMALLEST = 4
AROUND = 0.25  # of the hole's longer side: so far from its box the plane is fitted
RELAXATIONS = 8  # on the finest level, and so many times more on each coarser one, where they cost less
COARSER = 2
SETTLED = 1e-3  # of an error: what is not seen any more
NEIGHBOURS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def fill(values: Floats, known: NDArray[Any]) -> Floats:
    """H x W x C (C up to 4) with values where `known` (H x W, bool) is not set. All zero where nothing is known."""
    if known.all():
        return values
    if not known.any():
        return np.zeros_like(values)
    plane = _plane(values, known)
    filled = _filled(np.where(known[..., None], values - plane, np.float32(0)), known, RELAXATIONS)
    filled += plane
    mask = known.view(np.uint8)
    limited = []
    for channel, own in zip(cv2.split(filled), cv2.split(values), strict=True):
        least, most, _, _ = cv2.minMaxLoc(own, mask)
        limited.append(np.clip(channel, least, most))  # a plane may run out of it
    out = np.asarray(cv2.merge(limited), np.float32).reshape(values.shape)
    cv2.copyTo(values, mask, out)
    return out


def _plane(values: Floats, known: NDArray[np.bool_]) -> Floats:
    """H x W x C: the plane of least squares through what is known around the hole's box."""
    left, top, width, height = cv2.boundingRect((~known).view(np.uint8))
    more = round(AROUND * max(width, height)) + 2
    rows, columns = slice(max(top - more, 0), top + height + more), slice(max(left - more, 0), left + width + more)
    near = known[rows, columns]
    if not near.any():
        rows, columns, near = slice(None), slice(None), known
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in known.shape)
    weight, down, across = near.astype(np.float32), y[rows].astype(np.float64), x[columns]
    part = np.ascontiguousarray(values[rows, columns]).reshape(*near.shape, -1)
    given = np.asarray(cv2.copyTo(part, near.view(np.uint8)), np.float32).reshape(part.shape)
    # Sums, and a system of three: without the threads that a least-squares routine of numpy's keeps at full speed.
    one, first, second = (_sums(weight * factor)[:, 0] for factor in (np.float32(1), across, across * across))
    terms, crossed = (one.sum(), down @ one, first.sum()), down @ first
    squares = np.array([terms, (terms[1], down**2 @ one, crossed), (terms[2], crossed, second.sum())])
    plain = _sums(given)
    products = np.stack([plain.sum(0), (down[:, None] * plain).sum(0), _sums(given * across[:, None]).sum(0)])
    found = (np.linalg.pinv(squares, rcond=1e-9, hermitian=True)[:, :, None] * products).sum(1).astype(np.float32)
    return np.asarray(found[0] + y[:, None, None] * found[1] + x[:, None] * found[2], np.float32)


def _sums(values: Floats) -> NDArray[np.float64]:
    """Of each row: h x w or h x w x c to h x 1 or h x c."""
    return np.asarray(cv2.reduce(values, 1, cv2.REDUCE_SUM, dtype=cv2.CV_64F), np.float64).reshape(len(values), -1)


def _filled(values: Floats, known: NDArray[np.bool_], steps: int) -> Floats:
    """Push: halve until little is left. Pull: what is missing comes from below, and is relaxed. values: 0 where not
    known.

    Below, only cells that are known as a whole count, as long as there are any: their mean is the value at their
    middle, that of a part is not and would bend slopes.
    """
    hole = ~known
    if min(hole.shape) < 2 * SMALLEST:
        values[hole] = values[known].mean(axis=0)
        return _relaxed(values, hole, steps)
    below, share = _halved(values, known)
    inside = share == 1 if (share == 1).any() else share > 0
    below = np.divide(below, share[..., None], out=np.zeros_like(below), where=inside[..., None])
    small = below if inside.all() else _filled(below, inside, round(steps * COARSER))
    up = cv2.resize(small, (2 * small.shape[1], 2 * small.shape[0]), interpolation=cv2.INTER_LINEAR)
    height, width = hole.shape
    values[hole] = up.reshape(*up.shape[:2], -1)[:height, :width][hole]
    return _relaxed(values, hole, steps)


def _halved(values: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Means of 2 x 2, and how much of each is known. An odd last row or column stands for two."""
    odd = known.shape[0] % 2, known.shape[1] % 2
    weight, even = (
        cv2.copyMakeBorder(array, 0, odd[0], 0, odd[1], cv2.BORDER_REPLICATE)
        for array in (known.astype(np.float32), values)
    )
    size = weight.shape[1] // 2, weight.shape[0] // 2
    small, share = (cv2.resize(array, size, interpolation=cv2.INTER_AREA) for array in (even, weight))
    return np.asarray(small, np.float32).reshape(*share.shape, -1), np.asarray(share, np.float32)


def _relaxed(values: Floats, hole: NDArray[np.bool_], steps: int) -> Floats:
    """Jacobi steps on the hole, in its own box: each value becomes the mean of its four neighbours."""
    left, top, width, height = cv2.boundingRect(hole.view(np.uint8))
    rows, columns = slice(max(top - 1, 0), top + height + 1), slice(max(left - 1, 0), left + width + 1)
    part = np.ascontiguousarray(values[rows, columns])
    inside = np.ascontiguousarray(hole[rows, columns]).view(np.uint8)
    at_border = (left == 0) + (left + width == hole.shape[1]), (top == 0) + (top + height == hole.shape[0])
    for _ in range(min(steps, _enough((width, height), at_border))):
        means = cv2.filter2D(part, -1, NEIGHBOURS, borderType=cv2.BORDER_REPLICATE)
        cv2.copyTo(means, inside, part)
    values[rows, columns] = part.reshape(values[rows, columns].shape)
    return values


def _enough(size_wh: tuple[int, int], at_border: tuple[int, int]) -> int:
    """Jacobi steps after which of any error of a hole in a box of that size less than SETTLED is left: the slowest
    falls by the mean of both axes' cosines a step (Young 1971). at_border: how many of an axis' two ends are the
    picture's, where nothing holds it: as if it went on mirrored."""
    ends = [
        math.cos(math.pi / ((1 + open_ends) * length + 1)) if open_ends < 2 else 1.0
        for length, open_ends in zip(size_wh, at_border, strict=True)
    ]
    slowest = min(max(sum(ends) / 2, SETTLED), 1 - 1e-9)
    return math.ceil(math.log(SETTLED) / math.log(slowest))
