"""The original without its subject: what lies behind, for backgrounds that are made of it."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.fill import fill
from matteo.effects.subject import Box, source_of
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout
from matteo.picture.image import ABOVE_0, Image, Rgb

WORKING = 1000  # samples along the long side, on which the hole is filled: what is filled is smooth
BEYOND = "the canvas reaches beyond the photograph, which was continued there: mirrored, and soon out of focus"
COARSE = 250  # samples along the long side of what is out of focus
SOFT = 0.035  # of the long side: the deviation of its blur
HIDDEN = "the subject is everywhere, so that nothing tells what is behind it: the photograph was taken as it is"
SEEN_THROUGH = 0.5  # alpha up to which what is behind can be told from the pixel and the subject's colour
FINEST = 2 / 3  # of a disc that blurs it: what is filled in is no finer
GRAINY = 3.0  # pixels: a disc of that radius leaves nothing of the grain
NEAR = 11  # pixels a side: over so many it has to be what is filled in there, on average
APART = 3 / 255  # the mean difference up to which it is; none of it is kept from twice that on
RAMP = 0.08  # of the long side: so far beyond the photograph nothing but that is seen


def clean_plate(cutout: Cutout, effect: str, margin: int = 0, blurred: float = 0) -> Image:
    """The source with its subject filled in from around, in its own depth; pixels where alpha is 0 as they are.

    margin: pixels around the subject that are not trusted either, unless they are, on average, what is filled in
    there: then they stay, with their grain. So does what the soft edge lets through. blurred: the radius in pixels of
    a disc that the plate is blurred with afterwards; then nothing finer than FINEST of it is filled in, and from GRAINY
    on all of that is, as nothing of a grain would be left.
    Where the canvas reaches beyond the source it is continued, mirrored and farther out ever softer (what is mirrored
    draws the eye), and a note says so; a source that was see-through itself keeps its opacity.
    Where no part of the source is seen by itself nothing can be filled in: its own pixels stay, and a note says so.
    UsageError, naming `effect`, where the cut-out has no source.
    """
    source = source_of(cutout, effect)
    hidden: NDArray[Any] = cv2.inRange(cutout.alpha, ABOVE_0, 2.0)
    if margin:
        ring = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * margin + 1, 2 * margin + 1))
        hidden = cv2.dilate(hidden, ring)
    plain = replace(source, metadata=cutout.metadata, notes=())
    if source.opacity is None:
        return _with(plain, _filled(source.rgb, hidden > 0, cutout, blurred))
    inner = _rectangle(source.opacity)
    if inner is None:
        hidden = cv2.bitwise_or(hidden, cv2.inRange(source.opacity, 0.0, 0.5))
        return _with(plain, _filled(source.rgb, hidden > 0))
    seen = slice(inner.top, inner.bottom), slice(inner.left, inner.right)
    part = replace(cutout, rgb=cutout.rgb[seen], alpha=cutout.alpha[seen], under=(), source=None)
    within = _with(Image(source.rgb[seen]), _filled(source.rgb[seen], hidden[seen] > 0, part, blurred))
    rgb = _continued(within.rgb, source.rgb.shape, inner)
    return replace(plain, rgb=rgb, opacity=None, notes=(BEYOND, *within.notes))


def _with(image: Image, filled: Rgb | None) -> Image:
    """The picture with these pixels; where there are none its own, and a note."""
    return replace(image, notes=(HIDDEN,)) if filled is None else replace(image, rgb=filled)


def _rectangle(opacity: NDArray[np.float32]) -> Box | None:
    """Where an opaque picture lies on a larger canvas; None where it is see-through itself."""
    left, top, width, height = cv2.boundingRect((opacity > 0).view(np.uint8))
    solid = width and opacity[top : top + height, left : left + width].min() == 1
    return Box(left, top, left + width, top + height) if solid else None


def _continued(rgb: Rgb, shape: tuple[int, ...], inner: Box) -> Rgb:
    """What lies at `inner` of a canvas of this shape mirrored over all of it, and blurred more and more with the
    distance from it."""
    around = inner.top, shape[0] - inner.bottom, inner.left, shape[1] - inner.right
    out: Any = cv2.copyMakeBorder(rgb, *around, cv2.BORDER_REFLECT)
    step = max(1, -(-max(rgb.shape) // COARSE))
    small, _ = _reduced(out, np.zeros(out.shape[:2], bool), step)
    soft = np.asarray(cv2.GaussianBlur(small, (0, 0), SOFT * max(small.shape)), np.float32)
    x = np.arange(out.shape[1], dtype=np.float32)
    across = np.maximum(np.maximum(inner.left - x, x - inner.right + 1), 0)
    for part in strips(*out.shape[:2]):
        y = np.arange(part.start, part.stop, dtype=np.float32)
        down = np.maximum(np.maximum(inner.top - y, y - inner.bottom + 1), 0)
        share = np.minimum(np.hypot(down[:, None], across) / np.float32(RAMP * max(shape)), 1)
        if share.any():
            own = out[part].astype(np.float32)
            out[part] = np.rint(own + (_magnified(soft, step, part)[:, : len(x)] - own) * share[..., None])
    return np.asarray(out)


def _filled(rgb: Rgb, hidden: NDArray[np.bool_], cutout: Cutout | None = None, blurred: float = 0) -> Rgb | None:
    """A copy with the hole filled: on a smaller picture, of whose cells only those count that are known as a whole.
    None where no cell is. cutout: what is seen beside and through its edge stays where it fits in, unless it is blurred
    away; None where the picture's own colours are not to be trusted, as it is see-through itself."""
    step = max(1, -(-max(hidden.shape) // WORKING), int(blurred * FINEST))
    values, known = _reduced(rgb, hidden, step)
    if not known.any():
        return None
    small = fill(values, known)
    out = rgb.copy()
    for part in strips(*hidden.shape):
        if hidden[part].any():
            more = slice(max(part.start - NEAR, 0), min(part.stop + NEAR, len(hidden)))
            filled = _magnified(small, step, more)[:, : out.shape[1]]
            if cutout is not None and blurred < GRAINY:
                filled = _with_grain(filled, rgb[more], hidden[more], cutout.rgb[more], cutout.alpha[more])
            filled = filled[part.start - more.start : part.stop - more.start]
            np.copyto(out[part], np.rint(filled).astype(out.dtype), where=hidden[part][..., None])
    return out


def _with_grain(
    filled: NDArray[np.float32], rgb: Rgb, hidden: NDArray[np.bool_], subject: Rgb, alpha: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The fill with the picture's own grain where the picture shows what is behind: beside the subject, and through
    its soft edge, from which the subject's share is taken away. Where that is, on average, another value than the
    fill, the matte is not right there, and a ghost of the subject would come back: the fill stays."""
    told = hidden & (alpha <= SEEN_THROUGH)
    left, top, width, height = cv2.boundingRect(told.view(np.uint8))
    if not width:
        return filled
    box = slice(top, top + height), slice(left, left + width)
    share, full = alpha[box][..., None], np.float32(np.iinfo(rgb.dtype).max)
    behind = np.clip((rgb[box] - subject[box] * share) / np.maximum(1 - share, np.float32(1 - SEEN_THROUGH)), 0, full)
    weight = told[box].astype(np.float32)
    more = (behind - filled[box]) * weight[..., None]
    around = np.maximum(cv2.blur(weight, (NEAR, NEAR)), np.float32(1e-6))
    apart = reduce(cv2.max, (np.abs(channel) for channel in cv2.split(cv2.blur(more, (NEAR, NEAR))))) / around
    kept = np.clip(2 - apart / (np.float32(APART) * full), 0, 1)
    out = filled.copy()
    out[box] += more * kept[..., None]
    return out


def _magnified(small: NDArray[np.float32], step: int, rows: slice) -> NDArray[np.float32]:
    """These rows of the picture `step` times as large."""
    first, last = max(0, rows.start // step - 1), min(len(small), -(-rows.stop // step) + 1)
    large = cv2.resize(small[first:last], (small.shape[1] * step, (last - first) * step))
    return np.asarray(large[rows.start - first * step : rows.stop - first * step], np.float32)


def _reduced(rgb: Rgb, hidden: NDArray[np.bool_], step: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Means of step x step pixels, and where nothing of them is hidden."""
    size = -(-hidden.shape[0] // step), -(-hidden.shape[1] // step)
    small, known = np.empty((*size, 3), np.float32), np.empty(size, bool)
    for part in strips(size[0], size[1] * step * step):
        rows = slice(part.start * step, part.stop * step)
        down, across = (part.stop - part.start) * step - len(rgb[rows]), size[1] * step - rgb.shape[1]
        piece, unknown = (
            cv2.copyMakeBorder(array.astype(np.float32), 0, down, 0, across, cv2.BORDER_REPLICATE)
            for array in (rgb[rows], hidden[rows])
        )
        cells = size[1], part.stop - part.start
        small[part] = cv2.resize(piece, cells, interpolation=cv2.INTER_AREA)
        known[part] = cv2.resize(unknown, cells, interpolation=cv2.INTER_AREA) == 0
    return small, known
