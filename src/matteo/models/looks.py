"""A second look: the network sees the subject that it found once more, closer and mirrored, and the two are averaged.

What it gets wrong depends on side and scale, so the mean is better than either look (as in testing with several crops
and mirror images, Krizhevsky 2012); and of a subject that is small in its picture the second look sees more. The mean
is one of log-odds: who is surer counts more, and where the two contradict each other less is left half transparent. It
counts only around what the first look found: what was not seen at all is not seen now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matteo.models.card import ModelCard
from matteo.models.fit import fit, fitted_size
from matteo.models.session import Outputs
from matteo.picture.colour import narrow
from matteo.picture.geometry import resize, resize_by_halves, sampled
from matteo.picture.image import Alpha, Rgb

Floats = NDArray[np.float32]
Box = tuple[slice, slice]
Look = Callable[[Floats], Outputs]

FOUND = 0.3  # alpha from which something may belong to the subject
ROOM = 0.3  # of the subject's height and width, on either side
LEAST = 1 / 3  # of the picture's height and width: what is found in a speck may be nothing
WHOLE = 0.9  # of the picture's height and width from which it is seen as a whole
SHARE = 0.5  # of the second look in the mean
RAMP = 0.12  # of the box, over which that share falls to nothing towards a side that is not the picture's
SURE = 0.999  # chances beyond it, or as near to 0, are no surer
FINEST = 2.0  # how many times finer than the first look's grid that of the mean may be


@dataclass(frozen=True)
class Second:
    """What came of it. alpha: h x w in [0, 1], the mean of both looks, on a grid as fine as the closer one's.
    rgb: h x w x 3 in [0, 1], the picture on that grid; None where that is the first look's own. closer, outputs: what
    the second look alone gave, of its part of the picture; None where there was none."""

    alpha: Alpha
    rgb: Floats | None = None
    closer: Alpha | None = None
    outputs: Outputs | None = None


def look_again(rgb: Rgb, first: Alpha, card: ModelCard, look: Look, *, finest: float = FINEST) -> Second:
    """rgb: H x W x 3, uint8 or uint16. first: h x w, what the network made of it. look: the network. finest: how many
    times finer than the first look's grid that of the mean may be."""
    size_hw = rgb.shape[0], rgb.shape[1]
    box = around_subject(first, size_hw)
    if box is None:
        return Second(first)
    closer, outputs = _mirrored_look(rgb[box], card, look)
    grid_hw = grid_of(first.shape, size_hw, box, finest)
    alpha = merged(resize(first, grid_hw), closer, size_hw, box)
    if grid_hw == first.shape:
        return Second(alpha, None, closer, outputs)
    unit = resize(narrow(rgb), grid_hw).astype(np.float32) * np.float32(1 / 255)
    return Second(alpha, unit, closer, outputs)


def around_subject(alpha: Alpha, size_hw: tuple[int, int]) -> Box | None:
    """Rows and columns of a picture of size_hw that hold what is found in `alpha` (h x w), with room; all of them where
    that is most of it; None where nothing is found."""
    found = alpha > FOUND
    if not found.any():
        return None
    rows, columns = (
        _with_room(np.asarray(found.any(axis)), length) for axis, length in zip((1, 0), size_hw, strict=True)
    )
    if all(along.stop - along.start >= WHOLE * length for along, length in zip((rows, columns), size_hw, strict=True)):
        return slice(0, size_hw[0]), slice(0, size_hw[1])
    return rows, columns


def grid_of(grid_hw: tuple[int, ...], size_hw: tuple[int, int], box: Box, finest: float = FINEST) -> tuple[int, int]:
    """The grid on which the closer look is as fine as the first one on its own; not finer than the picture."""
    seen = max((along.stop - along.start) / length for along, length in zip(box, size_hw, strict=True))
    finer = min(finest, 1 / seen)
    height, width = (max(grid, min(length, round(grid * finer))) for grid, length in zip(grid_hw, size_hw, strict=True))
    return height, width


def merged(alpha: Alpha, closer: Alpha, size_hw: tuple[int, int], box: Box) -> Alpha:
    """`alpha` (h x w, of a whole picture of size_hw), in the picture's box its mean with `closer`, which is of that.

    The mean is one of log-odds (a logarithmic opinion pool, Genest and Zidek 1986).
    """
    place, there, share = _placed(closer, alpha.shape, size_hw, box)
    here = log_odds(alpha[place])
    out = alpha.copy()
    out[place] = 1 / (1 + np.exp(-(here + np.float32(SHARE) * share * (there - here))))
    return out


def closer_look(rgb: Rgb, around: Alpha, card: ModelCard, look: Look) -> tuple[Alpha, Floats, Alpha, Outputs] | None:
    """The second look alone, at what `around` (h x w) shows: its alpha on that grid, 0 elsewhere; how far it counts
    there, 1 inside of what it saw and falling to 0 towards the sides that are not the picture's; and its alpha and
    outputs as they are. None where nothing is shown."""
    size_hw = rgb.shape[0], rgb.shape[1]
    box = around_subject(around, size_hw)
    if box is None:
        return None
    closer, outputs = _mirrored_look(rgb[box], card, look)
    place, there, share = _placed(closer, around.shape, size_hw, box)
    alpha, counts = np.zeros_like(around), np.zeros_like(around)
    alpha[place], counts[place] = 1 / (1 + np.exp(-there)), share
    return alpha, counts, closer, outputs


def _placed(
    closer: Alpha, grid_hw: tuple[int, ...], size_hw: tuple[int, int], box: Box
) -> tuple[Box, Floats, Floats]:  # fmt: skip
    """Where the box lies on a grid of the whole picture, and there, the log-odds of what was seen of it and its share,
    in [0, 1]."""
    places, samples, shares = [], [], []
    for grid, length, along in zip(grid_hw, size_hw, box, strict=True):
        first, last = np.ceil(np.array([along.start, along.stop]) * grid / length - 0.5).astype(int)
        at = ((np.arange(first, last) + 0.5) * length / grid - along.start) / (along.stop - along.start)
        places.append(slice(int(first), int(last)))
        samples.append(at)
        shares.append(_share(at, along.start > 0, along.stop < length))
    inside_hw = places[0].stop - places[0].start, places[1].stop - places[1].start
    if min(inside_hw) < 1:
        nothing = np.zeros((max(0, inside_hw[0]), max(0, inside_hw[1])), np.float32)
        return (places[0], places[1]), nothing, nothing
    # Where the grid is coarser than the closer look, that is averaged first.
    near = resize(log_odds(closer), (min(closer.shape[0], inside_hw[0]), min(closer.shape[1], inside_hw[1])))
    down, across = (at * length - 0.5 for at, length in zip(samples, near.shape, strict=True))
    there = sampled(sampled(near, down, 0), across, 1)
    return (places[0], places[1]), there, np.minimum(shares[0][:, None], shares[1][None, :])


def log_odds(alpha: Alpha, sure: float = SURE) -> Floats:
    """sure: the chance beyond which, or as near to 0, none is taken for surer."""
    chance = np.clip(alpha, np.float32(1 - sure), np.float32(sure))
    return np.asarray(np.log(chance / (1 - chance)), np.float32)


def _mirrored_look(part: Rgb, card: ModelCard, look: Look) -> tuple[Alpha, Outputs]:
    """The network's alpha of a part of the picture, seen mirrored, and mirrored back; and all that it told."""
    small = resize_by_halves(narrow(part), fitted_size((part.shape[0], part.shape[1]), card))
    fitted = fit(np.ascontiguousarray(small[:, ::-1]), card)
    outputs = look(fitted.tensor)
    return np.ascontiguousarray(fitted.coarse_alpha(outputs.alpha, card)[:, ::-1]), outputs


def _with_room(found: NDArray[np.bool_], length: int) -> slice:
    """Of a side of `length` pixels, what holds all that is found along it, with room on either side."""
    marked = np.flatnonzero(found)
    start, stop = marked[0] / len(found) * length, (marked[-1] + 1) / len(found) * length
    more = max(ROOM * (stop - start), (LEAST * length - (stop - start)) / 2)
    return slice(max(0, int(start - more)), min(length, int(np.ceil(stop + more))))


def _share(at: NDArray[np.float64], before: bool, behind: bool) -> Floats:
    """1, falling towards the box's ends; before, behind: whether the picture goes on there. at: places in [0, 1]."""
    share = np.ones_like(at)
    if before:
        share = np.minimum(share, at / RAMP)
    if behind:
        share = np.minimum(share, (1 - at) / RAMP)
    return share.astype(np.float32)
