"""Refinement of a coarse alpha by a small network, in the band where alpha is uncertain.

From coarse to fine, as in PointRend (Kirillov 2020) and CascadePSP (Cheng 2020): the alpha is brought to a picture at
most LARGEST_STEP times as large as its own grid, refined there, and so on; the band narrows as alpha becomes sure. Up
to a long side of 2048 pixels the last of these pictures is the whole one; a larger one is refined at a half, a third,
... of its size and its alpha enlarged (cubic; on known alphas that errs less than a guided filter up to three times the
size). Only the parts that the band touches are computed, each with so much of its surroundings that the cuts do not
show.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.given import impose
from matteo.matting.parts import NEAR, SIDE, outer, parts
from matteo.matting.patch import beside, patch, within
from matteo.matting.surroundings import surroundings
from matteo.matting.trimap import HINTED, Mask, band_radius, guessed_band, near_outline, unknown_band
from matteo.picture.colour import narrow
from matteo.picture.geometry import resize
from matteo.picture.image import Alpha, Rgb

Floats = NDArray[np.float32]
Run = Callable[[Floats, Floats, NDArray[np.int64]], Floats]

WORKING = 2048  # the long side up to which the network works
LARGEST_STEP = 4.5  # from one size to the next: one size more takes a fifth more time for 1.4 % less error
WIDEST = 64  # pixels: half the width of the band that the network bridges
SOFT = 3  # pixels over which the refined goes over into a doubt that is left
LEAST = 160  # the long side below which no alpha is shrunk to narrow its band


def refine(
    rgb: Rgb, coarse: Alpha | None, run: Run, trimap: NDArray[np.uint8] | None = None, *, guessed: bool = False,
    hints: Alpha | None = None, side: int = SIDE,
) -> Alpha:  # fmt: skip
    """Alpha of H x W for rgb (H x W x 3, uint8 or uint16).

    coarse: h x w in [0, 1], of any size and softness; where None, the trimap alone decides. trimap: H x W or smaller,
    0 surely background, 255 surely foreground, between unknown; where None it is made from `coarse`. run: the network,
    a `patch`, what is known beside it, and what is wanted of it (`within`) -> the alpha of that, 1 x 1 x s x t.
    guessed: `coarse` is a network's guess, not only rough but wrong in places: it is refined at its own size first, and
    its doubts far from any outline are left as they are. hints: h x w, that guess before it was cleaned: where it is
    faintly sure of hair, hair is looked for. side: of the parts that are computed at once; it changes no result.
    Outside the band alpha is `coarse`'s own, enlarged where it is smaller; under a trimap, 0 and 1 as that says.
    """
    size_hw = rgb.shape[0], rgb.shape[1]
    working_hw = worked_at(size_hw)
    small = narrow(rgb if working_hw == size_hw else resize(rgb, working_hw))
    if guessed and trimap is None and coarse is not None:
        start = from_guess(working_hw, coarse, hints)
    else:
        start = beginning(working_hw, coarse, None if trimap is None else shrunk(trimap, working_hw))
    *sizes, _ = levels(start.alpha.shape, working_hw, at_start=guessed or coarse is None)
    pictures = [small]
    for level_hw in sizes[::-1]:
        pictures.insert(0, resize(pictures[0], level_hw))
    for picture in pictures[:-1]:
        start = following(start, refine_once(picture, start, run, side))
    alpha = resize(refine_once(small, start, run, side), size_hw)
    if trimap is not None and trimap.shape == size_hw:  # which a smaller grid may have blurred
        impose(alpha, trimap)
    return alpha


@dataclass(frozen=True)
class Start:
    """From where one size is refined. alpha, band: h x w. left: h x w, the alpha that stays outside the band, if it is
    another. near: h x w or smaller, how much of what is found counts, 1 well inside a band that doubt goes on beyond
    and falling to 0 at its end, or that end would be seen; None where the band holds all doubt."""

    alpha: Alpha
    band: Mask
    left: Alpha | None = None
    near: Floats | None = None


def from_guess(size_hw: tuple[int, int], coarse: Alpha, hints: Alpha | None = None) -> Start:
    """A network's guess on its own grid, or on the picture's of size_hw where that is smaller; in the band, the hints
    themselves."""
    grid_hw = min(size_hw[0], coarse.shape[0]), min(size_hw[1], coarse.shape[1])
    left = np.clip(resize(coarse, grid_hw), 0, 1)
    if hints is None:
        return Start(left, guessed_band(left), None, softened(near_outline(left)))
    hints = np.clip(resize(hints, grid_hw), 0, 1)
    band = guessed_band(left, hints)
    return Start(np.where(band, hints, left), band, left, softened(near_outline(left, HINTED)))


def following(start: Start, found: Alpha) -> Start:
    """From where the next size is refined, after `found` (H x W, that size or a smaller) came from `start`. The band is
    where alpha is still uncertain; it never grows."""
    size_wh = found.shape[1], found.shape[0]
    inside = cv2.resize(start.band.astype(np.uint8), size_wh, interpolation=cv2.INTER_NEAREST) > 0
    return Start(found, unknown_band(found) & inside, None, start.near)


def softened(near: Mask) -> Floats:
    """1 well inside the mask and 0 outside it, h x w; between it falls over SOFT pixels."""
    inside = cv2.erode(near.astype(np.float32), np.ones((SOFT, SOFT), np.uint8))
    return np.asarray(cv2.blur(inside, (SOFT, SOFT)), np.float32)


def worked_at(size_hw: tuple[int, int]) -> tuple[int, int]:
    """The picture's size, or the largest whole fraction of it within WORKING."""
    part = -(-max(size_hw) // WORKING)
    return max(1, size_hw[0] // part), max(1, size_hw[1] // part)


def shrunk(trimap: NDArray[np.uint8], size_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """At most of that size; a pixel is known only where all that it covers is."""
    small_hw = min(size_hw[0], trimap.shape[0]), min(size_hw[1], trimap.shape[1])
    if small_hw == trimap.shape:
        return trimap
    behind, before = (resize(cv2.inRange(trimap, known, known), small_hw) == 255 for known in (0.0, 255.0))
    return np.where(before, 255, np.where(behind, 0, 128)).astype(np.uint8)


def beginning(size_hw: tuple[int, int], coarse: Alpha | None, trimap: NDArray[np.uint8] | None) -> Start:
    """The alpha and its band on the grid from which refinement starts.

    That is the coarse alpha's own, or a smaller one where its band is wider than the network can bridge.
    """
    if trimap is not None:
        known = np.where(trimap == 255, np.float32(1), np.where(trimap == 0, np.float32(0), np.float32(0.5)))
        guess = known if coarse is None else resize(coarse, (trimap.shape[0], trimap.shape[1]))
        alpha, band = np.where(known == 0.5, guess, known), known == 0.5
    elif coarse is not None:
        alpha = resize(coarse, (min(size_hw[0], coarse.shape[0]), min(size_hw[1], coarse.shape[1])))
        band = unknown_band(alpha)
    else:
        raise ValueError("give a coarse alpha, or a trimap, or both")
    factor = max(1.0, min(band_radius(band) / WIDEST, max(alpha.shape) / LEAST))
    small_hw = round(alpha.shape[0] / factor) or 1, round(alpha.shape[1] / factor) or 1
    if small_hw != alpha.shape:
        alpha = resize(np.asarray(alpha, np.float32), small_hw)
        band = resize(band.astype(np.float32), small_hw) > 0
    return Start(np.clip(alpha, 0, 1, dtype=np.float32), band)  # means of ones may come out a little above one


def levels(start_hw: tuple[int, ...], size_hw: tuple[int, int], *, at_start: bool) -> list[tuple[int, int]]:
    """The sizes at which alpha is refined, from small to full, in equal steps of at most LARGEST_STEP.

    at_start: the size at which it starts is one of them.
    """
    ratio = max(size_hw) / max(start_hw)
    steps = max(1, math.ceil(math.log(max(1.0, ratio)) / math.log(LARGEST_STEP) - 1e-6))
    shares = [ratio ** (step / steps - 1) for step in range(0 if at_start and ratio > 1 else 1, steps + 1)]
    sizes = [(max(1, round(size_hw[0] * s)), max(1, round(size_hw[1] * s))) for s in shares]
    return [*sizes[:-1], size_hw]


def refine_once(rgb: Rgb, start: Start, run: Run, side: int = SIDE) -> Alpha:
    """H x W alpha for rgb (H x W x 3), refined at that size, which is that of the start's alpha or larger."""
    size_hw = rgb.shape[0], rgb.shape[1]
    coarse = resize(start.alpha, size_hw)
    unknown = resize(start.band, size_hw, smooth=False)
    near = None if start.near is None else np.asarray(cv2.resize(start.near, size_hw[::-1]), np.float32)
    result = coarse.copy() if start.left is None else resize(start.left, size_hw).copy()
    around = surroundings(rgb, coarse, unknown) if unknown.any() else np.empty((0, 0, 0), np.float32)
    for part in parts(unknown, side):
        seen, near_by = outer(part, size_hw), outer(part, size_hw, NEAR)
        refined = run(patch(rgb, coarse, unknown, seen)[None], beside(around, seen)[None], within(near_by, seen))[0, 0]
        place = tuple(slice(p.start, min(p.stop, length)) for p, length in zip(part, size_hw, strict=True))
        inside = refined[tuple(slice(p.start - s.start, p.stop - s.start) for p, s in zip(place, near_by, strict=True))]
        if near is not None and near[place].min() < 1:
            inside = result[place] + (inside - result[place]) * near[place]
        # Where it is no number (fp16 that ran over) the coarse alpha stays.
        np.copyto(result[place], np.clip(inside, 0, 1), where=unknown[place] & np.isfinite(inside))
    return result
