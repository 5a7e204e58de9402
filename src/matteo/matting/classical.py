"""Closed-form matting (Levin 2008) and KNN matting (Chen 2013), as pymatting computes them, with bounded memory.

Both solve one system of equations for all pixels: closed-form takes about 1.3 kB a pixel. So only the unknown band's
bounding box is solved, at no more than WORKING pixels along its long side, and brought to the full size by the guided
filter. Needs pymatting, which is imported by the first call: its compiler takes seconds to start.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.errors import MissingExtra, ModelError, UsageError
from matteo.matting.guided import guided_upsample
from matteo.picture.geometry import resize
from matteo.picture.image import Alpha, Rgb

Trimap = NDArray[np.uint8]

WORKING = 640
AROUND = 0.05  # of the band's box, on each side: known pixels from which the unknown ones are told
SHIFTS = [1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0]  # of the diagonal, in its own units; the next where one is too little
METHODS = {"closed-form": "estimate_alpha_cf", "knn": "estimate_alpha_knn"}


class OneSided(UsageError):
    """Nothing is sure on one of the two sides, so that there is no equation to solve."""


def solve(method: str, rgb: Rgb, trimap: Trimap) -> Alpha:
    """H x W alpha in [0, 1] for rgb (H x W x 3) and trimap (h x w: 0 background, 255 foreground, else unknown).

    method: a key of METHODS. Raises OneSided where the trimap knows no foreground or no background, MissingExtra
    where pymatting is not installed.
    """
    estimate = _estimator(method)
    if not ((trimap == 0).any() and (trimap == 255).any()):
        raise OneSided(f"{method} needs some sure foreground and some sure background: give another trimap or edges")
    size_hw = rgb.shape[0], rgb.shape[1]
    alpha = np.asarray(resize(trimap, size_hw, smooth=False) > 127, np.float32)
    unknown = (trimap > 0) & (trimap < 255)
    if not unknown.any():
        return alpha
    box, small_hw = _box(unknown, size_hw)
    part = rgb[box]
    small = resize(part, small_hw).astype(np.float32) / np.float32(np.iinfo(rgb.dtype).max)
    known = _trimap_at(trimap, size_hw, box, small_hw)
    found = _solved(estimate, method, small, known)
    full = part.shape[0], part.shape[1]
    alpha[box] = found if full == small_hw else guided_upsample(found, small, part)
    return alpha


def _estimator(method: str) -> Callable[..., Any]:
    try:
        import pymatting
    except ImportError:
        raise MissingExtra(f'edges "{method}" needs one more package: pip install "matteo[classical]"') from None
    estimate = getattr(pymatting, METHODS[method])
    return partial(estimate, preconditioner=preconditioner) if method == "closed-form" else estimate


def preconditioner(system: Any) -> Any:
    """The incomplete Cholesky decomposition, with a little added to the system's diagonal from the beginning.

    Without that it fails where colours repeat, and says so on stdout, into pictures and JSON that go there, before it
    adds to it all the same. It decides how soon a solution is found, not which.
    """
    ichol = import_module("pymatting.preconditioner.ichol")
    vars(ichol)["print"] = _say_nothing  # should even that be too little
    return ichol.ichol(system, shifts=SHIFTS)


def _say_nothing(*words: object) -> None:
    pass


def _box(unknown: NDArray[np.bool_], size_hw: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[int, int]]:
    """The unknown part's box in the full picture, with something known around it, and the size to solve it at."""
    box, lengths = [], []
    for axis, length in enumerate(size_hw):
        touched = np.flatnonzero(unknown.any(1 - axis))
        scale = length / unknown.shape[axis]
        room = max(8, round(AROUND * length))
        start = max(0, int(touched[0] * scale) - room)
        box.append(slice(start, min(length, int(np.ceil((touched[-1] + 1) * scale)) + room)))
        lengths.append(box[-1].stop - start)
    shrunk = min(1.0, WORKING / max(lengths))
    return (box[0], box[1]), (max(1, round(lengths[0] * shrunk)), max(1, round(lengths[1] * shrunk)))


def _trimap_at(
    trimap: Trimap, size_hw: tuple[int, int], box: tuple[slice, slice], small_hw: tuple[int, int]
) -> NDArray[np.float64]:
    """The box's part of the trimap at the working size; a pixel is known only where all that it covers is known."""
    full = resize(trimap, size_hw, smooth=False)[box]
    sure = [resize((full == value).astype(np.float32), small_hw) > 0.999 for value in (0, 255)]
    return np.where(sure[0], 0.0, np.where(sure[1], 1.0, 0.5))


def _solved(estimate: Callable[..., Any], method: str, rgb: NDArray[np.float32], trimap: NDArray[np.float64]) -> Alpha:
    if not ((trimap == 0).any() and (trimap == 1).any()):
        raise OneSided(f"{method} needs some sure foreground and background beside the unknown: give a wider trimap")
    try:
        found = np.asarray(estimate(rgb.astype(np.float64), trimap), np.float32)
    except (ValueError, RuntimeError) as error:  # a solver that does not converge
        raise ModelError(f"{method} found no solution ({error}): choose other edges") from error
    return np.clip(found, 0, 1)
