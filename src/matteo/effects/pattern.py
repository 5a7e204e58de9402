"""Stripes, dots and checks, drawn at the picture's own size: behind the subject or in place of its colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matteo.effects.entry import effect_function
from matteo.effects.shape import Length, check_length, coloured, pixels
from matteo.effects.table import check
from matteo.picture.colour import parse_colour
from matteo.picture.composite import composite, strips
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Alpha, Image
from matteo.picture.layers.drawn import Drawn

KINDS = ("dots", "stripes", "checks")
PLACES = ("behind", "subject")


@effect_function
def pattern(
    kind: str = "dots",
    ink: str = "#ffcf33",
    paper: str = "#fff4cc",
    size: Length = 60,
    angle: float = 45.0,
    where: str = "behind",
) -> Effect:
    """The pattern as an opaque layer beneath all others, or (where="subject") as the subject's own colours.

    kind: dots, stripes or checks. size: from one to the next, thousandths of the picture's long side, "6%" of it, or
    "80px".
    angle: degrees, anticlockwise. Edges are smooth to a pixel.
    """
    check("pattern", kind=kind, angle=angle, where=where)
    check_length(size)
    parse_colour(ink), parse_colour(paper)

    def filled(cutout: Cutout) -> Cutout:
        covered = coverage(kind, cutout.size_hw, max(2.0, pixels(size, cutout.size_hw)), angle)
        rgb, _ = composite([Image(coloured(paper, cutout)), Image(coloured(ink, cutout), covered)])
        if where == "subject":
            return replace(cutout, rgb=rgb)
        return replace(cutout, under=(Drawn(rgb, metadata=cutout.metadata, name="pattern"), *cutout.under))

    return filled


def coverage(kind: str, size_hw: tuple[int, int], period: float, angle: float) -> Alpha:
    """How much of each pixel is ink: H x W float32 in [0, 1]. period: pixels from one to the next."""
    out: Alpha = np.empty(size_hw, np.float32)
    for part in strips(*size_hw):
        out[part] = _covered(kind, size_hw, part, period, angle)
    return out


def _covered(kind: str, size_hw: tuple[int, int], rows: slice, period: float, angle: float) -> Alpha:
    turn = np.deg2rad(angle)
    y, x = (np.arange(length, dtype=np.float32) + np.float32(0.5) for length in size_hw)
    y = y[rows]
    u = np.float32(np.cos(turn)) * x - np.float32(np.sin(turn)) * y[:, None]
    v = np.float32(np.sin(turn)) * x + np.float32(np.cos(turn)) * y[:, None]
    if kind == "dots":
        return _drawn(np.float32(0.28 * period) - np.hypot(_from_centre(u, period), _from_centre(v, period)))
    # Half ink, half paper: a wave that is above 0 on ink, as the distance to the nearest edge in pixels.
    first = np.float32(period / 4) - np.abs(_from_centre(u, period))
    if kind == "stripes":
        return _drawn(first)
    second = np.float32(period / 4) - np.abs(_from_centre(v, period))
    nearest = np.minimum(np.abs(first), np.abs(second))
    return _drawn(np.where((first > 0) == (second > 0), nearest, -nearest))


def _from_centre(along: Alpha, period: float) -> Alpha:
    """Pixels to the middle of the cell, -period / 2 to period / 2."""
    offset: Alpha = np.mod(along, np.float32(period)) - np.float32(period / 2)
    return offset


def _drawn(distance: Alpha) -> Alpha:
    """From pixels within an edge to coverage."""
    covered: Alpha = np.clip(distance + np.float32(0.5), 0, 1).astype(np.float32)
    return covered
