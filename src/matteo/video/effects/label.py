"""Words or a picture that follow the subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.entry import effect_function
from matteo.errors import UsageError
from matteo.picture.colour import parse_colour
from matteo.picture.cutout import Cutout, in_space_of, read_background
from matteo.picture.geometry import resize_straight
from matteo.picture.image import Image
from matteo.picture.limits import Limits
from matteo.video.effects.follow import Followed, box_of, followed
from matteo.video.effects.layers import before, right_under
from matteo.video.effects.lettering import lettered
from matteo.video.effects.moving import Moving
from matteo.video.effects.subject import Where, where
from matteo.video.effects.table import check
from matteo.video.frame import Frame

if TYPE_CHECKING:
    from matteo.picture.source import Source

GAP = 0.02  # of the picture's height, between the subject's box and what is beside it
PARTS = 4  # of a pixel: what stands still is not redrawn at every tremor

# Of each anchor: the point of the subject's box, the point of the label that is there, and the way it stands off.
_Place = Callable[[Where], tuple[float, float]]
_ANCHORS: dict[str, tuple[_Place, tuple[float, float], tuple[float, float]]] = {
    "above": (lambda box: (box.head, box.top), (0.5, 1.0), (0, -GAP)),
    "head": (lambda box: (box.head, box.top), (0.5, 0.5), (0, 0)),
    "middle": (lambda box: box.middle, (0.5, 0.5), (0, 0)),
    "left": (lambda box: (box.left, box.middle[1]), (1.0, 0.5), (-GAP, 0)),
    "right": (lambda box: (box.right, box.middle[1]), (0.0, 0.5), (GAP, 0)),
    "below": (lambda box: (box.middle[0], box.bottom), (0.5, 0.0), (0, GAP)),
}


@effect_function
def label(
    text: str = "", *, picture: Source | Image | None = None, anchor: str = "above",
    offset: tuple[float, float] = (0.0, 0.0), size: float = 0.07, colour: str = "white", paper: str = "none",
    font: str | Path | None = None, opacity: float = 1.0, where: str = "before", lag: float = 0.15,
    limits: Limits | None = None,
) -> Moving:  # fmt: skip
    """Words (lines parted by a line break) or a picture, read now, at the subject's head or box, and never beyond the
    picture's border. Nothing is shown until there is a subject.

    size: of one line, or of the picture, as a share of the film's height. offset: across and down from its place, in
    shares. where: "before" makes it part of the cut-out, "behind" lays it right under. opacity: of all of it. lag: as
    in `follow_spot`. font: a file; Pillow's default font where None. limits: of the reader. UsageError for words and a
    picture together, for neither, and for letters that the font lacks.
    """
    check("label", anchor=anchor, offset=offset, size=size, opacity=opacity, where=where, lag=lag)
    parse_colour(colour)
    if paper != "none":
        parse_colour(paper)
    if bool(text) == (picture is not None):
        raise UsageError("label takes words or a picture, one of them: give text=Ada, or picture=crown.png")
    found = None if picture is None else read_background(picture, limits)
    if isinstance(found, str):
        raise UsageError(f"label's picture is the colour {found!r}; give the path of a picture, or its words as text")
    given = None if font is None else str(font)
    if found is None:
        lettered(text, 20, colour, paper, given)  # so that an error comes now

    @lru_cache(maxsize=2)
    def drawn(height: int) -> Image:
        return lettered(text, height, colour, paper, given) if found is None else _scaled(found, height)

    def labelled(cutout: Cutout, frame: Frame, state: Followed | None) -> tuple[Cutout, Followed | None]:
        after = followed(state, _seen(cutout), float(frame.time), lag)
        box = box_of(after)
        if box is None or opacity == 0:
            return cutout, after
        patch = drawn(max(4, round(size * cutout.size_hw[0])))
        layer = _on_canvas(in_space_of(patch, cutout), cutout, _corner(box, anchor, offset, patch, cutout), opacity)
        return (before if where == "before" else right_under)(cutout, layer), after

    return Moving(labelled)


def _seen(cutout: Cutout) -> Where | None:
    return where(cutout.alpha)


def _scaled(image: Image, height: int) -> Image:
    opacity = np.ones(image.size_hw, np.float32) if image.opacity is None else image.opacity
    width = max(1, round(image.size_hw[1] * height / image.size_hw[0]))
    rgb, small = resize_straight(image.rgb, opacity, (height, width))
    return replace(image, rgb=rgb, opacity=small)


def _corner(box: Where, anchor: str, offset: tuple[float, float], patch: Image, cutout: Cutout) -> tuple[float, float]:
    """The upper left corner, x and y in pixels and fourths of them, within the picture as far as it fits."""
    height, width = cutout.size_hw
    place, own, off = _ANCHORS[anchor]
    at = place(box)
    corner = []
    for number, (whole, length) in enumerate(((width, patch.size_hw[1]), (height, patch.size_hw[0]))):
        start = (at[number] + offset[number]) * whole + off[number] * height - own[number] * length
        corner.append(round(min(max(start, 0), max(whole - length, 0)) * PARTS) / PARTS)
    return corner[0], corner[1]


def _on_canvas(patch: Image, cutout: Cutout, corner_xy: tuple[float, float], opacity: float) -> Image:
    """The patch on a layer of the cut-out's size, moved by parts of pixels with its colours weighted by its opacity."""
    (x, across), (y, down) = ((int(at), at - int(at)) for at in corner_xy)
    assert patch.opacity is not None
    weight = np.pad(patch.opacity, 1)
    colours: NDArray[Any] = np.pad(patch.rgb, ((1, 1), (1, 1), (0, 0)), mode="edge")
    if across or down:
        way = np.array([[1, 0, across], [0, 1, down]])
        size = weight.shape[1], weight.shape[0]
        premultiplied = cv2.warpAffine(colours * weight[..., None], way, size)
        weight = np.asarray(cv2.warpAffine(weight, way, size), np.float32)
        shown = premultiplied / np.maximum(weight, np.float32(1e-4))[..., None]
        colours = np.rint(np.clip(shown, 0, np.iinfo(patch.rgb.dtype).max)).astype(patch.rgb.dtype)
    rgb, alpha = np.zeros_like(cutout.rgb), np.zeros_like(cutout.alpha)
    # The patch has one pixel more on every side, so it begins at x - 1, y - 1.
    rows, columns = (slice(max(1 - n, 0), 1 - n + whole) for n, whole in zip((y, x), cutout.size_hw, strict=True))
    colours, weight = colours[rows, columns], weight[rows, columns]
    top, left = max(y - 1, 0), max(x - 1, 0)
    part = slice(top, top + weight.shape[0]), slice(left, left + weight.shape[1])
    rgb[part], alpha[part] = colours, weight * np.float32(opacity)
    return Image(rgb, alpha, cutout.metadata)
