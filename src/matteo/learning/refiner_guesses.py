"""What the refiner sees when a network's guess is refined: the very inputs of `matting.refine`, size by size.

At the first size the alpha is the network's own, with its veils, its lost strands and its wrong parts; at the next it
is what a refiner made of that. Neither can be made up: so the network, and a refiner that was trained before, are run
on every made picture once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.learning.synthesis.layer import Floats
from matteo.matting.clean import cleaned
from matteo.matting.refine import Run, following, from_guess, levels, refine_once
from matteo.models.fit import fit
from matteo.models.looks import look_again
from matteo.picture.geometry import resize
from matteo.remover import Remover

Bytes = NDArray[np.uint8]
Guess = Callable[[Bytes, int], Floats]

AGREES = 0.35  # largest difference of a network's alpha from the truth, in subjects' areas, that counts as found
SHARES = (1.0, 0.8, 0.6, 0.5)  # of the network's side: a made picture is small, and a photograph many times the grid
WITHOUT_HINTS = 4  # one picture in so many is refined without hints, as a film's frames are


@dataclass(frozen=True)
class Seen:
    """One size of one picture, all H x W and uint8: rgb (x 3), the true alpha, the coarse one, 1 where unknown."""

    rgb: Bytes
    alpha: Bytes
    coarse: Bytes
    unknown: Bytes


def guess_of(remover: Remover) -> Guess:
    """The network's alpha of a picture, on its own grid, as it is before the pipeline cleans it; by the picture's
    number the grid is a smaller one, so that steps as large as in photographs are learned, too."""

    def guess(rgb: Bytes, number: int) -> Floats:
        card = replace(remover.card, side=round(remover.card.side * SHARES[number // 20 % len(SHARES)]))
        fitted = fit(rgb, card)
        first = fitted.coarse_alpha(remover.session.run(fitted.tensor), card)
        return look_again(rgb, first, card, remover.session.look).alpha if remover.looks > 1 else first

    return guess


def guesses(rgb: Bytes, alpha: Bytes, raw: Floats, finder: Run, *, hinted: bool) -> tuple[Seen, ...]:
    """What the refiner sees of a picture (rgb, its true alpha) of which a network gave `raw`, at its first sizes.

    Two sizes, the second with what the finder, a refiner, made of the first; none where the network went astray.
    hinted: whether the alpha before cleaning is told.
    """
    coarse = cleaned(raw)
    small = resize(alpha, (coarse.shape[0], coarse.shape[1])).astype(np.float32) / 255
    if float(np.abs(coarse - small).sum()) > AGREES * float(small.sum()):
        return ()
    size_hw = rgb.shape[0], rgb.shape[1]
    start = from_guess(size_hw, coarse, raw if hinted else None)
    sizes = levels(start.alpha.shape, size_hw, at_start=True)
    found = []
    for level_hw in sizes[:2]:
        picture = resize(rgb, level_hw)
        seen = resize(start.alpha, level_hw), resize(start.band.astype(np.uint8), level_hw, smooth=False)
        found.append(Seen(picture, resize(alpha, level_hw), levels_of_255(seen[0]), seen[1]))
        if level_hw == sizes[0]:
            start = following(start, refine_once(picture, start, finder))
    return tuple(one for one in found if one.unknown.any())


def levels_of_255(alpha: Floats) -> Bytes:
    return np.asarray(cv2.convertScaleAbs(alpha, alpha=255), np.uint8)
