"""The subject at a place of a canvas, and a series of subjects all on one line."""

from __future__ import annotations

from functools import partial

from matteo.effects.entry import effect_function
from matteo.effects.placement import Placement, placed, standing
from matteo.effects.subject import Box
from matteo.effects.table import check
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.limits import Limits


@effect_function
def place(
    *,
    size: tuple[int, int] | None = None,
    at: tuple[float, float] = (0.5, 0.95),
    height: float | None = None,
    scale: float | None = None,
    limits: Limits | None = None,
) -> Effect:
    """The middle of the subject's ground line (its box's lower edge) at a point of the canvas.

    at: the point, as shares of the canvas's width and height. size: of the canvas in pixels, width and height; the
    picture's own where None. height: of the box as a share of the canvas, or scale: in pixels by pixels; 1 where
    neither is given. What juts out of the canvas is cut off, which a note says, as it says an enlargement. limits: of
    the canvas, the reader's where None. UsageError where nothing of the subject would be on the canvas.
    """
    check("place", size=size, at=at, height=height, scale=scale)
    if height is not None and scale is not None:
        raise UsageError("height and scale both say how large the subject is; give one of them")

    def moved(cutout: Cutout) -> Cutout:
        down, across = cutout.size_hw if size is None else size[::-1]

        def where(box: Box) -> Placement:
            share = height if height is not None else (scale or 1) * box.height / down
            return standing(box, (across, down), height=share, width=float("inf"), base=at[1], centre=at[0])

        return placed(cutout, where, limits)

    return moved


@effect_function
def align(
    *,
    size: tuple[int, int] = (2000, 2000),
    height: float = 0.8,
    width: float = 0.9,
    base: float = 0.9,
    limits: Limits | None = None,
) -> Effect:
    """For a series: the same canvas for all, every subject as large as `height` and `width` of it allow (shares), in
    the middle, its ground line at `base` of the height.

    It depends on nothing but the subject's own box, so one picture or a folder of them come out alike.
    """
    check("align", size=size, height=height, width=width, base=base)
    if height > base:
        raise UsageError(f"a subject of height {height:g} does not fit above a base at {base:g}; lower one of them")
    line = partial(standing, size_wh=size, height=height, width=width, base=base)
    return partial(placed, place=line, limits=limits)
