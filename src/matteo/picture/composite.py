"""Layers over one another: the plain composite of Porter and Duff 1984 ("over"), with straight colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.picture.image import ABOVE_0, Alpha, Image, Rgb
from matteo.picture.light import Light

STRIP_PIXELS = 1 << 18


def composite(layers: Sequence[Image], light: Light | None = None) -> tuple[Rgb, Alpha | None]:
    """The layers, bottom first, as one: H x W x 3, and H x W or None where the bottom is opaque.

    All are of one profile, depth and size (that of the last); the bottom may be 1 x 1, one colour. Encoded values are
    mixed, or with `light` linear ones. Where the topmost opacity is 1 its pixel stays, bit for bit.
    """
    height, width = layers[-1].size_hw
    colours = [np.broadcast_to(layer.rgb, (height, width, 3)) for layer in layers]
    weights = [None if layer.opacity is None else np.broadcast_to(layer.opacity, (height, width)) for layer in layers]
    out = np.empty((height, width, 3), layers[-1].rgb.dtype)
    opacity = None if layers[0].opacity is None else np.empty((height, width), np.float32)
    for part in strips(height, width):
        some = [colour[part] for colour in colours], [None if w is None else w[part] for w in weights]
        total = _composed(out[part], *some, light)
        if opacity is not None:
            opacity[part] = total
    return out, opacity


def strips(height: int, width: int) -> Iterator[slice]:
    """Rows in turn, few enough that floats of them are small beside a large picture."""
    rows = max(1, STRIP_PIXELS // max(width, 1))
    return (slice(top, min(height, top + rows)) for top in range(0, height, rows))


def _composed(
    out: NDArray[Any], colours: Sequence[NDArray[Any]], weights: Sequence[Alpha | None], light: Light | None
) -> Alpha | float:
    """Fills h x w x 3 and gives the opacity. Where all weights are 0 or 1 nothing but the topmost is copied; what is
    mixed is picked out, as it is little of most pictures."""
    import cv2

    out[:] = colours[0]
    total: Alpha | float = 1.0 if weights[0] is None else weights[0].copy()
    between = np.zeros(out.shape[:2], np.uint8)
    for colour, weight in zip(colours[1:], weights[1:], strict=True):
        if weight is None:
            out[:] = colour
            total = 1.0 if isinstance(total, float) else np.ones_like(total)
            between[:] = 0  # whatever is mixed beneath is not seen
            continue
        solid = weight == 1
        cv2.copyTo(np.ascontiguousarray(colour), solid.view(np.uint8), out)
        if isinstance(total, np.ndarray):
            total[solid] = 1
        cv2.bitwise_or(between, cv2.inRange(weight, ABOVE_0, 2.0), dst=between)  # sums may come out a hair above 1
        between[solid] = 0
    places = np.flatnonzero(between > 0)
    if places.size:
        picked = [colour.reshape(-1, 3).take(places, 0) for colour in colours]
        shares = [None if weight is None else weight.ravel().take(places) for weight in weights]
        mixed, share = _mixed(picked if light is None else [light.linear(values) for values in picked], shares)
        out.reshape(-1, 3)[places] = np.rint(mixed) if light is None else light.encoded(mixed, out.dtype)
        if isinstance(total, np.ndarray):
            total.ravel()[places] = 1 if share is None else share
    return total


def _mixed(
    colours: Sequence[NDArray[Any]], weights: Sequence[Alpha | None]
) -> tuple[NDArray[np.float32], Alpha | None]:
    """n x 3 values over one another, and the opacity of all. Integers below 2**24 stay exact where weights are 0 or
    1."""
    value, total = colours[0].astype(np.float32), weights[0]
    for colour, weight in zip(colours[1:], weights[1:], strict=True):
        if weight is None:
            value, total = colour.astype(np.float32), None
            continue
        share = weight
        if total is not None:
            together = weight + total * (1 - weight)
            share = np.divide(weight, together, out=np.zeros_like(weight), where=together > 0)
            total = together
        value += (colour - value) * share[..., None]
    return value, total
