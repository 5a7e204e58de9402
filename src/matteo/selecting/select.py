"""The subject that hints mean, by a network that sees them beside the picture: hints -> alpha.

It looks at the whole picture, once more with what it found, and then closer and mirrored at that (`models.looks`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.models.card import ModelCard
from matteo.models.fit import Fitted, fit
from matteo.models.looks import around_subject, grid_of, merged
from matteo.picture.colour import narrow
from matteo.picture.geometry import resize, within
from matteo.picture.image import Alpha, Rgb
from matteo.selecting.drawing import Map
from matteo.selecting.placed import Part, Placed, on_grid

Floats = NDArray[np.float32]
Run = Callable[..., NDArray[Any]]  # the picture's tensor, 1 x 3 x h x w, and that of the hints -> alpha, 1 x 1 x h x w

SAME = 0.5  # overlap from which two answers are about the same thing
LOOKS = 2  # at the whole, each with what the one before found


@dataclass(frozen=True)
class Selected:
    """alpha: h x w in [0, 1]. rgb: h x w x 3 in [0, 1], the picture on that grid. keep, drop: the hints there."""

    alpha: Alpha
    rgb: Floats
    keep: Map
    drop: Map


def select(rgb: Rgb, placed: Placed, card: ModelCard, run: Run, before: Alpha | None = None) -> Selected:
    """rgb: H x W x 3, uint8 or uint16. run: the network of hints. before: h x w, an alpha to correct, of any size."""
    return _told(rgb, placed, _found(rgb, fit(rgb, card), placed, card, run, before))


def meant(rgb: Rgb, placed: Placed, card: ModelCard, run: Run, automatic: Alpha) -> Selected:
    """As `select`, where a network that sees no hints found `automatic` (h x w).

    It is asked twice: by hints alone, and to correct that. Where both answers are about the same thing the correction
    is better; where they are not, something else was meant than what stands out.
    """
    whole = fit(rgb, card)
    alone, corrected = (_found(rgb, whole, placed, card, run, before) for before in (None, automatic))
    same = _overlap(alone, resize(corrected, _hw(alone))) >= SAME
    return _told(rgb, placed, corrected if same else alone)


def _found(rgb: Rgb, whole: Fitted, placed: Placed, card: ModelCard, run: Run, before: Alpha | None) -> Alpha:
    """whole: all of rgb, fitted."""
    size_hw = placed.size_hw
    all_of_it = _all_of(placed)
    alpha = _look(whole, all_of_it, placed, card, run, before)
    for _ in range(LOOKS - 1):
        alpha = _look(whole, all_of_it, placed, card, run, alpha)
    keep, _ = placed.maps(all_of_it, _hw(alpha))
    part = around_subject(np.maximum(alpha, keep.astype(np.float32)), size_hw)
    if part is None:
        return alpha
    alpha = resize(alpha, grid_of(alpha.shape, size_hw, part))
    closer = _look(fit(rgb[part], card), part, placed, card, run, alpha, mirrored=True)
    return merged(alpha, closer, size_hw, part)


def _told(rgb: Rgb, placed: Placed, alpha: Alpha) -> Selected:
    small = resize(narrow(rgb), _hw(alpha)).astype(np.float32) * np.float32(1 / 255)
    return Selected(alpha, small, *placed.maps(_all_of(placed), _hw(alpha)))


def _all_of(placed: Placed) -> Part:
    return slice(0, placed.size_hw[0]), slice(0, placed.size_hw[1])


def _overlap(one: Alpha, other: Alpha) -> float:
    return float(np.minimum(one, other).sum() / max(1.0, float(np.maximum(one, other).sum())))


def kept_by_hand(cleaned: Alpha, selected: Selected) -> Alpha:
    """The alpha after cleaning with what hints point at put back: an island with a mark to keep, a hole with one to
    drop, however small."""
    found = selected.alpha > 0.5
    islands = _touched(found, selected.keep)
    holes = _touched(~found, selected.drop)
    out = np.where(islands, np.maximum(cleaned, selected.alpha), cleaned)
    return np.asarray(np.where(holes, np.minimum(out, selected.alpha), out), np.float32)


def _touched(where: NDArray[np.bool_], marks: Map) -> NDArray[np.bool_]:
    """The connected parts of an area that a mark lies on."""
    _, labels = cv2.connectedComponents(where.astype(np.uint8))
    touched = np.unique(labels[(marks > 0) & where])
    return np.isin(labels, touched[touched > 0])


def _look(
    fitted: Fitted, part: Part, placed: Placed, card: ModelCard, run: Run, before: Alpha | None, *,
    mirrored: bool = False,
) -> Alpha:  # fmt: skip
    """The network's alpha of a part of the picture, which is fitted. before: h x w, known of the whole."""
    grid_hw = fitted.rgb.shape[0], fitted.rgb.shape[1]
    known = np.zeros(grid_hw, np.float32)
    if before is not None:
        coarse = resize(before, within(before.shape, 2 * max(grid_hw)))
        known = on_grid(coarse, part, placed.size_hw, grid_hw)
    hints = np.stack([*placed.maps(part, grid_hw), known]).astype(np.float32)[None]
    tensors = [fitted.tensor, hints]
    if mirrored:
        tensors = [np.ascontiguousarray(tensor[..., ::-1]) for tensor in tensors]
    alpha = fitted.coarse_alpha(run(*tensors), card)
    return np.ascontiguousarray(alpha[:, ::-1]) if mirrored else alpha


def _hw(values: Alpha) -> tuple[int, int]:
    return values.shape[0], values.shape[1]
