"""A crop of another aspect that follows the subject, as a camera operator would."""

from __future__ import annotations

from dataclasses import dataclass, replace

from matteo.effects.crop import parse_aspect
from matteo.effects.entry import effect_function
from matteo.effects.placement import Placement, placed
from matteo.picture.cutout import Cutout
from matteo.picture.limits import Limits
from matteo.video.effects.follow import Followed, followed
from matteo.video.effects.moving import Moving
from matteo.video.effects.subject import Where, where
from matteo.video.effects.table import check
from matteo.video.frame import Frame


@dataclass(frozen=True)
class Aimed:
    """What the crop is to show: aim, its middle as shares of the picture; camera: where it is."""

    aim: tuple[float, float]
    camera: Followed


@effect_function
def follow_crop(
    aspect: str = "9:16", *, height: float = 1.0, slack: float = 0.1, size: tuple[int, int] | None = None,
    lag: float = 0.5, limits: Limits | None = None,
) -> Moving:  # fmt: skip
    """The canvas cut to the largest part of this aspect, or to a share (`height`) of it, whose middle follows the
    subject and never leaves the picture. Without a size no pixel is changed, and both sides are even.

    slack: the subject moves freely as far as this share of the crop's width to either side; only then the camera goes
    after it, `lag` seconds behind (see `follow_spot`). size: of the film in pixels, width and height, whose aspect then
    counts. limits: of the canvas, the reader's where None.
    """
    check("follow-crop", height=height, slack=slack, size=size, lag=lag)
    wanted = parse_aspect(aspect) if size is None else size[0] / size[1]

    def cropped(cutout: Cutout, frame: Frame, state: Aimed | None) -> tuple[Cutout, Aimed | None]:
        part = _part(cutout.size_hw, wanted, height)
        shares = part[0] / cutout.size_hw[0], part[1] / cutout.size_hw[1]
        seen = where(cutout.alpha)
        wish = None if seen is None else _wish(seen, shares)
        after = _aimed(state, wish, shares, float(frame.time), slack, lag)
        middle = (0.5, 0.5) if after is None else after.camera.place
        top, left = (
            min(max(round(at * whole - length / 2), 0), whole - length)
            for at, whole, length in zip(middle[::-1], cutout.size_hw, part, strict=True)
        )
        scale = 1.0 if size is None else max(size[0] / part[1], size[1] / part[0])
        to = Placement(scale, -left * scale, -top * scale, part if size is None else size[::-1])
        return replace(placed(cutout, lambda box: to, limits, cutting=True), notes=cutout.notes), after

    return Moving(cropped, whole=True)


def _part(size_hw: tuple[int, int], aspect: float, share: float) -> tuple[int, int]:
    """Height and width of the crop, even where the picture has room for it."""
    down = min(size_hw[0], size_hw[1] / aspect) * share
    sides = (max(2, 2 * round(down / 2)), max(2, 2 * round(down * aspect / 2)))
    return min(sides[0], size_hw[0]), min(sides[1], size_hw[1])


def _aimed(
    state: Aimed | None,
    wish: tuple[float, float] | None,
    part: tuple[float, float],
    time: float,
    slack: float,
    lag: float,
) -> Aimed | None:
    if state is None or time <= state.camera.time:
        camera = followed(None, wish, time, lag)
        return None if camera is None else Aimed((camera.place[0], camera.place[1]), camera)
    free = slack * part[1], slack * part[0]
    aim = state.aim if wish is None else tuple(
        min(max(old, new - room), new + room) for old, new, room in zip(state.aim, wish, free, strict=True)
    )  # fmt: skip
    camera = followed(state.camera, aim, time, lag)
    assert camera is not None
    return Aimed((aim[0], aim[1]), camera)


def _wish(seen: Where, part: tuple[float, float]) -> tuple[float, float]:
    """The middle of the crop that shows the subject best: as much of it as fits, its face nearest to the
    middle; within the picture."""
    ends = ((seen.left, seen.right), (seen.top, seen.bottom))
    x, y = (
        _between(_between(at, first + length / 2, last - length / 2), length / 2, 1 - length / 2)
        for at, (first, last), length in zip((seen.body, seen.face), ends, part[::-1], strict=True)
    )
    return x, y


def _between(at: float, one: float, other: float) -> float:
    return min(max(at, min(one, other)), max(one, other))
