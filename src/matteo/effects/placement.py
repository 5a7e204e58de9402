"""From a subject's box to its place on a canvas, and a cut-out moved there with all that belongs to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.effects.subject import Box, box_or_all, subject_box
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.geometry import resize, resize_straight
from matteo.picture.image import Alpha, Image
from matteo.picture.limits import Limits

UNSCALED = 1e-9  # what arithmetic may make of a scale of 1
AROUND = 3  # source pixels beyond what is seen, for the resampling's support
GROWTH = 2  # how much larger than the picture the canvas of a very large one may be
ENLARGED = 1.0005  # what rounding to whole pixels makes is no enlargement
CUT_OFF = 0.005  # of the subject, or of the canvas, that is worth a word
TOUCH = 0.1  # of a side's length that the subject covers where the photograph's border cuts it


@dataclass(frozen=True)
class Placement:
    """Where a picture goes: its pixel (x, y) to (left + scale * x, top + scale * y) of a canvas of `size_hw`."""

    scale: float
    left: float
    top: float
    size_hw: tuple[int, int]


def check_canvas(size_hw: tuple[int, int], picture_hw: tuple[int, int] = (0, 0), limits: Limits | None = None) -> None:
    """UsageError for a canvas of more pixels than the reader's limit and more than `GROWTH` times those of the picture:
    one that was let in by a higher limit can be worked on."""
    height, width = size_hw
    most = max((limits or Limits()).pixels, GROWTH * picture_hw[0] * picture_hw[1])
    if width * height > most:
        raise UsageError(
            f"a canvas of {width} x {height} is more than {most / 1e6:g} megapixels; give a smaller size, or raise the "
            "limit (--max-megapixels, limits=Limits(pixels=…))"
        )


def fitted(
    box: Box,
    *,
    fill: float = 1.0,
    margin: float = 0.0,
    aspect: float | None = None,
    size_wh: tuple[int, int] | None = None,
    position_xy: tuple[float, float] = (0.5, 0.5),
) -> Placement:
    """The canvas around a box: see `crop`, whose arguments these are. Without a size nothing is scaled."""
    wide, high = box.width + 2 * margin * box.longest, box.height + 2 * margin * box.longest
    if size_wh is None:
        scale = 1.0
        if aspect is not None:
            wide, high = max(wide, high * aspect), max(high, wide / aspect)
        width, height = max(1, round(wide / fill)), max(1, round(high / fill))
    else:
        width, height = size_wh
        scale = fill * min(width / wide, height / high)
    rim = scale * margin * box.longest
    free = width - 2 * rim - scale * box.width, height - 2 * rim - scale * box.height
    left, top = (rim + share * rest for share, rest in zip(position_xy, free, strict=True))
    return on_pixels(Placement(scale, left - scale * box.left, top - scale * box.top, (height, width)))


def standing(
    box: Box, size_wh: tuple[int, int], *, height: float, width: float = 1.0, base: float, centre: float = 0.5
) -> Placement:
    """The box as large as `height` and `width` (shares of the canvas) allow, its lower edge on the line `base` and its
    middle at `centre` (shares again): every box of a series stands on the same line."""
    across, down = size_wh
    scale = min(height * down / box.height, width * across / box.width)
    left = centre * across - scale * (box.left + box.right) / 2
    return on_pixels(Placement(scale, left, round(base * down) - scale * box.bottom, (down, across)))


def placed(
    cutout: Cutout, place: Callable[[Box], Placement], limits: Limits | None = None, *, cutting: bool = False
) -> Cutout:
    """The cut-out where `place` puts its subject's box, with its layers and its source. At scale 1 no pixel changes;
    otherwise colours are resampled weighted by alpha.

    cutting: that the canvas cuts the subject is meant. Else it is said in a note, as are an enlargement, and a border
    of the photograph that cuts the subject within the canvas. UsageError for a canvas that is too large, or on which
    nothing of the subject is seen.
    """
    to = place(box_or_all(cutout.alpha))
    check_canvas(to.size_hw, cutout.size_hw, limits)
    notes = cutout.notes if cutting else (*cutout.notes, *_cut_off(cutout.alpha, to))
    notes = (*notes, *(said for said in _cut_by_the_border(cutout.alpha, to) if said not in notes))
    if to.scale > ENLARGED:
        notes = (*notes, f"enlarged {to.scale:.2f} times, as its size or scale was asked for")
    rgb, alpha = _moved(cutout.rgb, cutout.alpha, to)
    return replace(
        cutout, rgb=rgb, alpha=alpha, notes=notes,
        under=tuple(_image_moved(layer, to) for layer in cutout.under),
        source=None if cutout.source is None else _image_moved(cutout.source, to),
    )  # fmt: skip


def _cut_off(alpha: Alpha, to: Placement) -> list[str]:
    """What is to be said where a part of the subject lies beyond the canvas."""
    box = subject_box(alpha)
    if box is None:
        return []
    ends = zip(to.size_hw, (to.top, to.left), (box.top, box.left), (box.bottom, box.right), strict=True)
    seen = [
        slice(max(first, math.ceil(-start / to.scale)), min(last, math.floor((length - start) / to.scale)))
        for length, start, first, last in ends
    ]
    if any(part.start >= part.stop for part in seen):
        raise UsageError("nothing of the subject is on the canvas, it would stand beyond it; give another place")
    whole = alpha[box.top : box.bottom, box.left : box.right]
    gone = 1 - float(alpha[seen[0], seen[1]].sum(dtype=np.float64) / whole.sum(dtype=np.float64))
    return [f"{gone:.0%} of the subject is beyond the canvas and cut off"] if gone > CUT_OFF else []


def _cut_by_the_border(alpha: Alpha, to: Placement) -> list[str]:
    """What is to be said where a border of the photograph cuts the subject and the canvas goes on beyond it."""
    height, width = alpha.shape
    beyond = {
        "top": (alpha[0], to.top),
        "bottom": (alpha[-1], to.size_hw[0] - to.top - to.scale * height),
        "left": (alpha[:, 0], to.left),
        "right": (alpha[:, -1], to.size_hw[1] - to.left - to.scale * width),
    }
    if all(float(edge.min()) > 0.5 for edge, _ in beyond.values()):
        return []  # a whole picture
    least = CUT_OFF * min(to.size_hw)
    cut = [side for side, (edge, room) in beyond.items() if room > least and float((edge > 0.5).mean()) >= TOUCH]
    return [f"the photograph's border cuts the subject ({', '.join(cut)}): it ends there in a line"] if cut else []


def on_pixels(to: Placement) -> Placement:
    """Unscaled pictures move by whole pixels, so that nothing is resampled."""
    if abs(to.scale - 1) > UNSCALED:
        return to
    return replace(to, scale=1.0, left=float(round(to.left)), top=float(round(to.top)))


def _image_moved(image: Image, to: Placement) -> Image:
    """Where the canvas reaches beyond the picture its opacity is 0."""
    (rows, down), (columns, across) = _spans(image.size_hw, to)
    if image.opacity is None and _covers(down, to.size_hw[0]) and _covers(across, to.size_hw[1]):
        seen = resize(image.rgb[rows, columns], _lengths(down, across))
        return replace(image, rgb=_pasted(seen, down, across, to.size_hw))
    opacity = np.ones(image.size_hw, np.float32) if image.opacity is None else image.opacity
    rgb, moved = _moved(image.rgb, opacity, to)
    return replace(image, rgb=rgb, opacity=moved)


def _moved(rgb: NDArray[Any], alpha: Alpha, to: Placement) -> tuple[NDArray[Any], Alpha]:
    (rows, down), (columns, across) = _spans((alpha.shape[0], alpha.shape[1]), to)
    size = _lengths(down, across)
    if rgb.strides[:2] == (0, 0):  # one colour: it stays without a copy
        opacity = _pasted(resize(alpha[rows, columns], size), down, across, to.size_hw)
        return np.broadcast_to(rgb[0, 0], (*to.size_hw, 3)), opacity
    colours, opacity = resize_straight(rgb[rows, columns], alpha[rows, columns], size)
    return _pasted(colours, down, across, to.size_hw), _pasted(opacity, down, across, to.size_hw)


def _spans(size_hw: tuple[int, int], to: Placement) -> list[tuple[slice, tuple[int, int]]]:
    """Per axis: the source's pixels that are seen, and the canvas pixels [start, end) that they become."""
    spans = []
    for length, start, canvas in zip(size_hw, (to.top, to.left), to.size_hw, strict=True):
        around = AROUND if to.scale != 1 else 0
        first = min(max(int(np.floor(-start / to.scale)) - around, 0), length - 1)
        last = min(max(int(np.ceil((canvas - start) / to.scale)) + around, first + 1), length)
        begin = round(start + first * to.scale)
        spans.append((slice(first, last), (begin, max(begin + 1, round(start + last * to.scale)))))
    return spans


def _lengths(*spans: tuple[int, int]) -> tuple[int, int]:
    down, across = (end - begin for begin, end in spans)
    return down, across


def _covers(span: tuple[int, int], canvas: int) -> bool:
    return span[0] <= 0 and span[1] >= canvas


def _pasted(array: NDArray[Any], down: tuple[int, int], across: tuple[int, int], size_hw: tuple[int, int]) -> Any:
    """The array on a canvas of zeros, what juts out cut off; the array itself where it is the canvas."""
    if _covers(down, size_hw[0]) and _covers(across, size_hw[1]):
        return np.ascontiguousarray(array[-down[0] :, -across[0] :][: size_hw[0], : size_hw[1]])
    canvas = np.zeros((*size_hw, *array.shape[2:]), array.dtype)
    (top, bottom), (left, right) = (
        (max(a, 0), max(min(b, n), 0)) for (a, b), n in zip((down, across), size_hw, strict=True)
    )
    if top < bottom and left < right:
        canvas[top:bottom, left:right] = array[top - down[0] : bottom - down[0], left - across[0] : right - across[0]]
    return canvas
