"""The subject's own colours in soft edges of a film's frame: the estimate of `matting.foreground`, its means found on a
coarser grid: half the time, and some levels of 255 from the full estimate, which `--quality best` makes."""

from __future__ import annotations

from matteo.matting.foreground import estimate_foreground
from matteo.picture.image import Alpha, Rgb

GRID = 240  # samples along the long side
NEAR = 4 / 255


def edge_colours(rgb: Rgb, alpha: Alpha, opacity: Alpha | None = None) -> Rgb:
    """H x W x 3 in rgb's depth: rgb itself where alpha is 1 or 0 or so near it that nobody sees another colour, else
    the foreground's colour.

    opacity: the source's own; colours that it hides do not count.
    """
    return estimate_foreground(rgb, alpha, opacity, working=GRID, near=NEAR)
