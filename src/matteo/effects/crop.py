"""The canvas cut to the subject: margins, aspect, how much of it the subject fills, a size in pixels."""

from __future__ import annotations

from matteo.effects.entry import effect_function
from matteo.effects.placement import fitted, placed
from matteo.effects.table import check
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.limits import Limits


@effect_function
def crop(
    *,
    fill: float | None = None,
    margin: float | None = None,
    aspect: str | float | None = None,
    size: tuple[int, int] | None = None,
    position: tuple[float, float] = (0.5, 0.5),
    limits: Limits | None = None,
) -> Effect:
    """To the box of the subject (all pixels with alpha of 0.1 or more), tight, or with room around it.

    fill: the share of the canvas that the box takes, in the direction where it is tightest. margin: or the room on
    every side, as a share of the box's longer side. aspect: width by height, "1:1", "4:5" or a number. size: of the
    canvas in pixels, width and height; the subject is scaled to it, enlarged too, which a note says. Without a size
    no pixel is changed. position: where the box stands in the free room, (0, 0) upper left, (1, 1) lower right.
    An empty cut-out is taken as a whole. limits: of the canvas, the reader's where None. UsageError for values out of
    range, and for two that contradict.
    """
    check("crop", fill=fill, margin=margin, size=size, position=position)
    if fill is not None and margin is not None:
        raise UsageError("fill and margin both say how much room there is; give one of them")
    if size is not None and aspect is not None:
        raise UsageError("a size has an aspect already; give one of them")
    wanted = None if aspect is None else parse_aspect(aspect)

    def cropped(cutout: Cutout) -> Cutout:
        return placed(
            cutout,
            lambda box: fitted(
                box, fill=fill or 1, margin=margin or 0, aspect=wanted, size_wh=size, position_xy=position
            ),
            limits,
        )

    return cropped


def parse_aspect(aspect: str | float) -> float:
    """Width by height of "4:5" or of a number, 1:20 to 20:1. UsageError for anything else."""
    try:
        across, _, down = str(aspect).partition(":")
        value = float(across) / float(down or 1)
    except (ValueError, ZeroDivisionError):
        value = 0.0
    if not 0.05 <= value <= 20:
        raise UsageError(f"aspect is {aspect!r}; give width:height, as 1:1 or 4:5, from 1:20 to 20:1")
    return value
