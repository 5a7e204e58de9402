"""Push-pull filling (Gortler et al. 1996, "The Lumigraph", 3.4), relaxed to a membrane on every level.

What is known stays; the hole gets the values that a membrane stretched over it would have (Laplace's equation), so
that a slope on both sides goes on through the hole. Means alone (a normalised convolution) would flatten it.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SMALLEST = 4
RELAXATIONS = 8  # on the finest level, and so many times more on each coarser one, where they cost less
COARSER = 2
NEIGHBOURS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def fill(values: Floats, known: NDArray[Any]) -> Floats:
    """H x W x C (C up to 4) with values where `known` (H x W, bool) is not set. All zero where nothing is known."""
    if known.all():
        return values
    filled: Floats = np.where(known[..., None], values, np.float32(0))
    if known.any():
        lowest, highest = values[known].min(axis=0), values[known].max(axis=0)
        filled = _filled(filled, known, RELAXATIONS)
        np.clip(filled, lowest, highest, out=filled)  # a steep line may run out of it
    return filled


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
    """Means of 2 x 2, and how much of each is known. An odd last row or column goes on in a straight line."""
    height, width = known.shape
    odd = height % 2, width % 2
    weight = cv2.copyMakeBorder(known.astype(np.float32), 0, odd[0], 0, odd[1], cv2.BORDER_REPLICATE)
    even: NDArray[Any] = cv2.copyMakeBorder(values, 0, odd[0], 0, odd[1], cv2.BORDER_REPLICATE)
    even = even.reshape(*weight.shape, -1)
    if odd[0]:
        even[-1] += np.where((weight[-2] * weight[-3])[:, None] > 0, even[-2] - even[-3], 0)
    if odd[1]:
        even[:, -1] += np.where((weight[:, -2] * weight[:, -3])[:, None] > 0, even[:, -2] - even[:, -3], 0)
    size = weight.shape[1] // 2, weight.shape[0] // 2
    small, share = (cv2.resize(array, size, interpolation=cv2.INTER_AREA) for array in (even, weight))
    return np.asarray(small, np.float32).reshape(*share.shape, -1), np.asarray(share, np.float32)


def _relaxed(values: Floats, hole: NDArray[np.bool_], steps: int) -> Floats:
    """Jacobi steps on the hole, in its own box: each value becomes the mean of its four neighbours."""
    left, top, width, height = cv2.boundingRect(hole.view(np.uint8))
    rows, columns = slice(max(top - 1, 0), top + height + 1), slice(max(left - 1, 0), left + width + 1)
    part = np.ascontiguousarray(values[rows, columns])
    inside = np.ascontiguousarray(hole[rows, columns]).view(np.uint8)
    for _ in range(steps):
        means = cv2.filter2D(_continued(part), -1, NEIGHBOURS)
        cv2.copyTo(np.ascontiguousarray(means[1:-1, 1:-1]), inside, part)
    values[rows, columns] = part.reshape(values[rows, columns].shape)
    return values


def _continued(values: Floats) -> Floats:
    """One pixel more on every side, in a straight line: a slope goes on where the hole meets the picture's border."""
    more = cv2.copyMakeBorder(values, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    inner = min(2, values.shape[0]), min(2, values.shape[1])
    more[0], more[-1] = 2 * more[1] - more[inner[0]], 2 * more[-2] - more[-1 - inner[0]]
    more[:, 0], more[:, -1] = 2 * more[:, 1] - more[:, inner[1]], 2 * more[:, -2] - more[:, -1 - inner[1]]
    return np.asarray(more, np.float32)
