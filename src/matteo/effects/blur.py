"""The original out of focus behind its own sharp subject."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.effects.background import Background
from matteo.effects.entry import effect_function
from matteo.effects.lens import lens_blur
from matteo.effects.original import unchanged
from matteo.effects.plate import clean_plate
from matteo.effects.subject import subject_box
from matteo.effects.table import check
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha, Image
from matteo.picture.light import Light, light_of

Strip = tuple[slice, NDArray[np.float32]]
LEVELS = 4  # blurs between which a growing one is mixed
MARGIN = 0.004  # of the long side, at most: what a matte may miss of the subject's rim
FEET = 0.001  # the same where the floor stays sharp at the subject's feet and what is filled in would be seen
NO_GROUND = "the subject is cut by the lower border, so its ground line is not seen: blurred evenly"


@effect_function
def blur(strength: float = 12, *, depth: bool = False, light: str = "encoded") -> Background:
    """As a lens does it: in linear light, highlights become discs; nothing of the subject's colours gets into it, as
    the hole behind it is filled from around before.

    strength: the disc's radius in thousandths of the picture's long side; 0 gives the original. depth: the floor is
    sharp at the subject's ground line, and the radius grows with the distance from it in the picture's rows, as it
    does on a level floor under a camera as high as the subject (whose top is at the horizon): full from there on.
    light: how the subject's soft edge is mixed with what lies behind. UsageError without a source.
    """
    check("blur", strength=strength, depth=depth, light=light)
    if strength == 0:
        return unchanged("blur", light)

    def behind(cutout: Cutout) -> Image:
        radius = strength / 1000 * max(cutout.size_hw)
        margin = math.ceil(min(radius, (FEET if depth else MARGIN) * max(cutout.size_hw)))
        growth = _growth(cutout.alpha) if depth else None
        plate = clean_plate(cutout, "blur", margin, blurred=radius if growth is None else 0)
        notes = (*plate.notes, NO_GROUND) if depth and growth is None else plate.notes
        tone = light_of(plate.metadata.icc)
        rgb = np.empty_like(plate.rgb)
        for part, values in _blurred(plate.rgb, radius, tone, growth):
            rgb[part] = tone.encoded(values, rgb.dtype)
        return replace(plate, rgb=rgb, notes=notes)

    return Background(behind, light)


def _growth(alpha: Alpha) -> NDArray[np.float32] | None:
    """Per row the share of the full radius; None where no ground line is in the picture.

    On a level floor the disc grows with |1 - z0 / z|, z the distance and z0 the subject's, which is linear in the
    picture's rows between the ground line and the horizon.
    """
    box = subject_box(alpha)
    if box is None or box.bottom >= alpha.shape[0]:
        return None
    rows = np.arange(alpha.shape[0], dtype=np.float32) + 0.5
    return np.asarray(np.clip(np.abs(rows - box.bottom) / box.height, 0, 1), np.float32)


def _blurred(rgb: NDArray[Any], radius: float, tone: Light, growth: NDArray[np.float32] | None) -> Iterator[Strip]:
    if growth is None:
        return lens_blur(rgb, radius, tone)
    return _growing(rgb, radius, tone, growth)


def _growing(rgb: NDArray[Any], radius: float, tone: Light, growth: NDArray[np.float32]) -> Iterator[Strip]:
    """Each row a mix of the two nearest of LEVELS + 1 even blurs; rows of the same two are mixed at once."""
    lower = np.floor(growth * LEVELS)
    for level in range(LEVELS):
        for run in _runs(lower == level):
            out = np.zeros((run.stop - run.start, *rgb.shape[1:]), np.float32)
            share = growth[run] * LEVELS - level
            for one, weight in ((level, 1 - share), (level + 1, share)):
                for part, values in lens_blur(rgb, radius * one / LEVELS, tone, run):
                    within = slice(part.start - run.start, part.stop - run.start)
                    out[within] += values * weight[within, None, None]
            for part in strips(*out.shape[:2]):
                yield slice(part.start + run.start, part.stop + run.start), out[part]
    for run in _runs(lower == LEVELS):
        yield from lens_blur(rgb, radius, tone, run)


def _runs(rows: NDArray[np.bool_]) -> Iterator[slice]:
    """The unbroken runs of rows that are set."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]])))
    return (slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True))
