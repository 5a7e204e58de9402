"""Layers of a film's frame: what lies behind the subject, and one over the other, quickly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.original import unmixed
from matteo.effects.subject import source_of
from matteo.picture.composite import composite, strips
from matteo.picture.cutout import Cutout
from matteo.picture.image import ABOVE_0, Alpha, Image, Rgb

_DEPTHS = {1: cv2.CV_8U, 2: cv2.CV_16U}  # of a channel, by its bytes


def depth_of(rgb: Rgb) -> int:
    """OpenCV's name of a picture's depth."""
    return _DEPTHS[rgb.dtype.itemsize]


def blended(below: Rgb, above: Rgb, weight: Alpha) -> Rgb:
    """H x W x 3: `below`, and `above` over it as much as its weight (H x W in [0, 1]) says, of encoded values: the same
    numbers as `composite` gives, for the common case that what is below is opaque."""
    out: NDArray[Any] = np.empty(above.shape, above.dtype)
    below, above = (cast("Rgb", np.ascontiguousarray(rgb)) for rgb in (below, above))
    for part in strips(*weight.shape):
        lower = below[part]
        if not cv2.hasNonZero(weight[part]):
            out[part] = lower
            continue
        more = cv2.subtract(above[part], lower, dtype=cv2.CV_32F)
        share = weight[part]
        cv2.multiply(more, cv2.merge([share, share, share]), dst=more)
        cv2.add(lower.astype(np.float32), more, dst=out[part], dtype=depth_of(above))
    return out


def towards(rgb: Rgb, colour: NDArray[Any], share: Alpha) -> Rgb:
    """H x W x 3 mixed with one colour (3 values) by a share of H x W in [0, 1]."""
    out: NDArray[Any] = np.empty(rgb.shape, rgb.dtype)
    for part in strips(*share.shape):
        rest = 1 - share[part]
        kept = cv2.multiply(np.ascontiguousarray(rgb[part]), cv2.merge([rest, rest, rest]), dtype=cv2.CV_32F)
        added = cv2.merge([share[part] * np.float32(value) for value in colour])
        cv2.add(kept, added, dst=out[part], dtype=depth_of(rgb))
    return out


def flat(cutout: Cutout) -> Image:
    """The same as `cutout.flattened`, sooner where the bottom is opaque."""
    if not cutout.under or cutout.under[0].opacity is not None:
        return cutout.flattened()
    rgb = blended(_joined(cutout.under), cutout.rgb, cutout.alpha)
    return Image(rgb, None, cutout.metadata, cutout.format, cutout.notes)


def beneath(cutout: Cutout, effect: str) -> Image:
    """The opaque picture behind the subject: of the layers that are there, or where none of them is opaque with the
    film's own behind them. UsageError, naming `effect`, where there is neither."""
    under = cutout.under
    if not under or all(layer.opacity is not None for layer in under):
        under = (unmixed(source_of(cutout, effect), cutout), *under)
    if any(layer.opacity is not None for layer in under[:1]):
        return Image(*composite(under), cutout.metadata)
    return Image(_joined(under), None, cutout.metadata)


def under_all(cutout: Cutout, ground: Image) -> Cutout:
    """With a layer beneath all others, in the cut-out's size."""
    rgb: Any = np.broadcast_to(ground.rgb, cutout.rgb.shape)
    layer = replace(ground, rgb=np.ascontiguousarray(rgb), notes=())
    return replace(cutout, under=(layer, *cutout.under), notes=(*cutout.notes, *ground.notes))


def right_under(cutout: Cutout, layer: Image) -> Cutout:
    """With a layer between the subject and all others; where what is there is opaque they become one."""
    if cutout.under and cutout.under[0].opacity is None:
        return replace(cutout, under=(Image(_joined((*cutout.under, layer)), None, cutout.metadata),))
    return replace(cutout, under=(*cutout.under, layer))


def before(cutout: Cutout, layer: Image) -> Cutout:
    """With a layer over the subject, which becomes part of it."""
    assert layer.opacity is not None
    left, top, width, height = cv2.boundingRect(cv2.inRange(layer.opacity, ABOVE_0, 2.0))
    if not width:
        return cutout
    part = slice(top, top + height), slice(left, left + width)
    rgb, alpha = cutout.rgb.copy(), cutout.alpha.copy()
    found, opacity = composite([Image(rgb[part], alpha[part]), Image(layer.rgb[part], layer.opacity[part])])
    rgb[part], alpha[part] = found, opacity
    return replace(cutout, rgb=rgb, alpha=alpha)


def _joined(layers: tuple[Image, ...]) -> Rgb:
    """Layers of which the lowest is opaque as one picture."""
    below = layers[0].rgb
    for layer in layers[1:]:
        below = layer.rgb if layer.opacity is None else blended(below, layer.rgb, layer.opacity)
    return below
