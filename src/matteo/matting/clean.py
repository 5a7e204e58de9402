"""Cleaning a coarse alpha: what is nearly certain becomes certain, doubts inside the subject close, and specks go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.picture.image import Alpha

LOW, HIGH = 0.1, 0.9
CLEAR = 0.02, 0.98  # what is seen through is not made opaque, nor nothing
LEAST = np.float32(0.5 / 255)
BELOW_LEAST = float(np.nextafter(LEAST, np.float32(0)))
SPECK = 0.0005  # of the picture's area
FAINT = 0.5
SURE = 0.9  # mean of an island's inside from which it is a part of the subject however small: the dot of an i
LEAST_CORE = 4  # samples of such an inside
PINHOLE = 0.0005  # of the picture's area
POOLED = 1024  # samples along the long side of the grid on which what refinement left over is found
DOUBTED = 0.3  # a hole that is nowhere lower is a doubt, not a hole


def cleaned(raw: Alpha, *, see_through: bool = False) -> Alpha:
    """A network's alpha as refinement begins with it. see_through: partial alpha inside the subject is its own."""
    if see_through:
        return remove_specks(fill_pinholes(snap(raw, *CLEAR)))
    return remove_specks(close_doubts(fill_pinholes(snap(raw))))


def snap(alpha: Alpha, low: float = LOW, high: float = HIGH, *, out: Alpha | None = None) -> Alpha:
    """Stretched so that all up to `low` is 0 and all from `high` is 1, exactly: a sigmoid gives neither by itself.

    out: where it is put, `alpha` itself if that is no longer needed."""
    least = np.float32(low)
    stretched = np.subtract(alpha, least, out=out)
    stretched /= np.float32(high) - least
    return np.clip(stretched, 0, 1, out=stretched)


def settle(alpha: Alpha) -> None:
    """In place: what a file of 8 bits cannot tell from 0 or 1 becomes 0 or 1, so that "hidden" and "opaque" mean the
    same before and after writing."""
    cv2.threshold(alpha, BELOW_LEAST, 0, cv2.THRESH_TOZERO, dst=alpha)
    _, opaque = cv2.threshold(alpha, float(1 - LEAST), 1, cv2.THRESH_BINARY)
    cv2.max(alpha, opaque, dst=alpha)


def remove_specks(alpha: Alpha, smallest: float = SPECK) -> Alpha:
    """Islands of alpha above 0 go where they are nowhere at least 0.5, or smaller than this share of the picture and
    not sure: in the mean less than SURE where above 0.5.

    The largest island always stays, however small or faint: a picture with one tiny subject keeps it. Holes are not
    touched, since a ring's or a handle's hole looks like any other.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha > 0).astype(np.uint8), connectivity=8)
    if count <= 2:
        return alpha
    found = [_Island.of(number, alpha, labels, stats) for number in range(1, count)]
    main = max(found, key=lambda island: island.area * island.strongest)
    result = alpha.copy()
    for island in found:
        large_or_sure = island.area >= smallest * alpha.size or island.is_sure
        if island is not main and not (large_or_sure and island.strongest >= FAINT):
            result[island.box][island.where] = 0
    return result


def remove_ghosts(alpha: Alpha) -> None:
    """In place, of a picture's full size: islands of alpha that are nowhere FAINT or more go, as refinement may leave
    some where it looked for hair. Where nothing is, all stays.

    They are told apart on a grid of at most POOLED samples, each the largest alpha of its square, so that a strand of
    broken pixels is one with what it grows from.
    """
    step = -(-max(alpha.shape) // POOLED)
    levels = np.asarray(cv2.convertScaleAbs(alpha, alpha=255), np.uint8)
    if step > 1:
        square = np.ones((step, step), np.uint8)
        levels = np.asarray(cv2.dilate(levels, square, anchor=(0, 0)), np.uint8)[::step, ::step]
    count, labels, stats, _ = cv2.connectedComponentsWithStats((levels > 0).astype(np.uint8), connectivity=8)
    is_strong = np.zeros(count, bool)
    is_strong[labels[levels >= 255 * FAINT]] = True
    if not is_strong[1:].any():
        return
    for number in np.flatnonzero(~is_strong[1:]) + 1:
        left, top, across, down = (int(n) for n in stats[number, :4])
        of_it = labels[top : top + down, left : left + across] == number
        part = alpha[top * step : (top + down) * step, left * step : (left + across) * step]
        part[np.kron(of_it, np.ones((step, step), bool))[: part.shape[0], : part.shape[1]]] = 0


@dataclass(frozen=True)
class _Island:
    """Pixels that hang together. box: rows and columns that hold it; where: its pixels there."""

    box: tuple[slice, slice]
    where: NDArray[np.bool_]
    values: Alpha

    @classmethod
    def of(cls, number: int, alpha: Alpha, labels: NDArray[Any], stats: NDArray[Any]) -> _Island:
        left, top, width, height = (int(n) for n in stats[number, :4])
        box = slice(top, top + height), slice(left, left + width)
        where = np.asarray(labels[box] == number, bool)
        return cls(box, where, alpha[box][where])

    @property
    def area(self) -> int:
        return self.values.size

    @property
    def strongest(self) -> float:
        return float(self.values.max())

    @property
    def is_sure(self) -> bool:
        core = self.values[self.values > FAINT]
        return core.size >= LEAST_CORE and float(core.mean(dtype=np.float64)) >= SURE


def close_doubts(alpha: Alpha) -> Alpha:
    """Dips inside the subject that are nowhere below FAINT are raised to the lowest pass that leads out of them.

    That is greyscale filling of holes (Soille 2003, "Morphological Image Analysis", 6.3.7), by reconstruction from the
    picture's border and from all that is below FAINT: a hole, a handle's opening and a soft edge stay, as alpha falls
    from them to what is surely background; a patch of 0.6 in the middle of a coat does not.
    """
    levels = np.asarray(cv2.convertScaleAbs(alpha, alpha=255), np.uint8)  # in 8 bits four times as fast
    open_to = np.full_like(levels, 255)
    np.copyto(open_to, levels, where=alpha < FAINT)
    for border in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        open_to[border] = levels[border]
    square = np.ones((3, 3), np.uint8)
    while True:
        lower = np.asarray(cv2.max(cv2.erode(open_to, square), levels), np.uint8)
        if np.array_equal(lower, open_to):
            break
        open_to = lower
    raised = open_to > levels
    return np.where(raised, open_to / np.float32(255), alpha) if raised.any() else alpha


def fill_pinholes(alpha: Alpha, largest: float = PINHOLE) -> Alpha:
    """Dips enclosed by the subject, smaller than this share of the picture and nowhere sure, are raised to 1.

    A dip is an island of alpha below 1 that touches neither the border nor what is surely background. One that reaches
    DOUBTED or less is a hole that the network saw: a ring's, a handle's, a letter's; it stays, however small.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats((alpha < 1).astype(np.uint8), connectivity=4)
    height, width = alpha.shape
    left, top, across, down, areas = stats[:count].T
    enclosed = (left > 0) & (top > 0) & (left + across < width) & (top + down < height)
    small = np.flatnonzero(enclosed & (areas <= largest * alpha.size))
    dips = [_Island.of(int(number), alpha, labels, stats) for number in small if number > 0]
    dips = [dip for dip in dips if dip.values.min() > DOUBTED]
    if not dips:
        return alpha
    result = alpha.copy()
    for dip in dips:
        result[dip.box][dip.where] = 1
    return result
