"""Colours that run into one another behind the subject, along a line or from the middle outwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.effects.background import Background
from matteo.effects.entry import effect_function
from matteo.effects.table import check
from matteo.errors import UsageError
from matteo.picture.colour import parse_colour, srgb_to_profile
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image

MOST = 16  # colours
FINE = 1 << 16  # steps of a gradient: one level of 16 bits


@effect_function
def gradient(
    colours: Sequence[str] = ("white", "#ddd"), *, angle: float = 180, kind: str = "linear", light: str = "encoded"
) -> Background:
    """sRGB colours at equal distances, mixed as encoded values.

    angle: where a linear one runs to, degrees clockwise, 0 upwards, 90 to the right, 180 downwards, as in CSS; the
    corners have the first and the last colour. kind: "linear", or "radial" from the middle to the corners. Of 8 bits
    it is dithered by less than half a level, so that no bands show; the same picture every time.
    UsageError for fewer than two colours or more than sixteen, and for what is no colour.
    """
    check("gradient", angle=angle, kind=kind, light=light)
    if isinstance(colours, str) or not 2 <= len(colours) <= MOST:
        raise UsageError(f"a gradient needs 2 to {MOST} colours, as gradient:#fff,#ddd; got {colours!r}")
    values = [parse_colour(name) for name in colours]

    def behind(cutout: Cutout) -> Image:
        stops = np.array([srgb_to_profile(value, cutout.metadata.icc, 16) for value in values], np.float64)
        return Image(_painted(stops, cutout, angle, kind), metadata=cutout.metadata)

    return Background(behind, light)


def _painted(stops: NDArray[np.float64], cutout: Cutout, angle: float, kind: str) -> NDArray[Any]:
    height, width = cutout.size_hw
    out = np.empty((height, width, 3), cutout.rgb.dtype)
    rng = np.random.default_rng(0)
    scale = np.iinfo(out.dtype).max / 65535
    at, fine = np.linspace(0, 1, len(stops)), np.linspace(0, 1, FINE)
    tables = [np.interp(fine, at, stops[:, c] * scale).astype(np.float32) for c in range(3)]
    for part in strips(height, width):
        place = (_along(part, height, width, angle, kind) * np.float32(FINE - 1) + np.float32(0.5)).astype(np.int32)
        dither = (rng.random(place.shape, np.float32) - np.float32(0.5)) * np.float32(0.99 if scale < 1 else 0)
        for c in range(3):
            out[part, :, c] = np.rint(tables[c].take(place, mode="clip") + dither)
    return out


def _along(rows: slice, height: int, width: int, angle: float, kind: str) -> NDArray[np.float32]:
    """How far along the gradient each pixel of these rows lies, 0 to 1 from corner to corner."""
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + np.float32(0.5 - height / 2)
    x = np.arange(width, dtype=np.float32)[None] + np.float32(0.5 - width / 2)
    if kind == "radial":
        return np.asarray(np.hypot(y, x) / np.float32(math.hypot(height / 2, width / 2)), np.float32)
    right, down = math.sin(math.radians(angle)), -math.cos(math.radians(angle))
    length = width * abs(right) + height * abs(down)
    return np.asarray(x * np.float32(right / length) + y * np.float32(down / length) + np.float32(0.5), np.float32)
