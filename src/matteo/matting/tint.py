"""What is left of a strongly coloured backdrop's tint in an edge is taken out, in the manner of spill suppression.

A backdrop's hue comes into the edge twice: through it, which the foreground's estimate takes out, and as light that it
threw on the subject, which stays. Along the hue of the backdrop beside it, an edge pixel may be as coloured as the
subject's own opaque pixels near it are; what it is beyond them goes. So a subject of the backdrop's own hue keeps it,
and a grey one is not greyed, as nothing is ever turned towards another hue.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.foreground import sample
from matteo.matting.tiles import SIDE, magnify, tiles
from matteo.picture.image import ABOVE_0, BELOW_1, Alpha, Rgb

Floats = NDArray[np.float32]

WORKING = 400  # samples along the long side, of which the colours around are told
NEAR = 0.04  # of the long side: the subject's own colours within this distance are its own
STRONG = (0.15, 0.35)  # chroma of the backdrop, of 1, from which it is treated, and from which fully
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def neutralise(foreground: Rgb, rgb: Rgb, alpha: Alpha, opacity: Alpha | None = None) -> Rgb:
    """foreground (H x W x 3, the subject's estimated colours) with the backdrop's tint taken out where 0 < alpha < 1.

    rgb: the picture, of the same size and depth. opacity: its own, where it had one; colours that it hides do not
    count. Where alpha is 1 nothing changes.
    """
    step = max(1, -(-max(alpha.shape) // WORKING))
    full = np.float32(np.iinfo(rgb.dtype).max)
    told = None if opacity is None else sample(opacity, step)
    hue, own = _around(sample(rgb, step) / full, sample(foreground, step) / full, sample(alpha, step), told)
    result = foreground.copy()
    for tile in tiles((alpha.shape[0], alpha.shape[1]), step * max(1, SIDE // step)):
        band = cv2.inRange(alpha[tile], ABOVE_0, BELOW_1)
        if not cv2.countNonZero(band):
            continue
        f = foreground[tile].astype(np.float32) / full
        along = magnify(hue, step, tile)
        allowed = magnify(own, step, tile)
        excess = np.maximum(np.einsum("hwc,hwc->hw", chroma(f), along) - allowed[..., 0], 0)
        changed = np.clip(f - excess[..., None] * along, 0, 1)
        changed = np.rint(changed * full).astype(foreground.dtype)
        result[tile] = np.where(band[..., None] > 0, changed, foreground[tile])
    return result


def chroma(rgb: Floats) -> Floats:
    """H x W x 3: a colour less its grey (luma); adding a multiple of it changes no luma."""
    return np.asarray(rgb - cv2.transform(rgb, LUMA[None])[..., None], np.float32)


def _around(rgb: Floats, foreground: Floats, alpha: Alpha, opacity: Alpha | None) -> tuple[Floats, Floats]:
    """The direction of the backdrop's chroma around each sample, shorter where it is weak (h x w x 3), and how far the
    subject's opaque pixels near it go along that direction (h x w x 1, thrice, as `magnify` takes it)."""
    radius = max(1, round(NEAR * max(alpha.shape)))
    empty = (alpha == 0).astype(np.float32)
    behind = _mean(rgb, empty if opacity is None else empty * opacity, 2 * radius)
    colour = chroma(behind)
    strength = np.linalg.norm(colour, axis=-1)
    share = np.clip((strength - STRONG[0]) / (STRONG[1] - STRONG[0]), 0, 1)
    direction = colour / np.maximum(strength, 1e-6)[..., None]
    opaque = (alpha == 1).astype(np.float32)
    inner = cv2.erode(opaque, np.ones((3, 3), np.uint8))  # the rim itself is tinted
    weight = np.where(inner.any(), inner, opaque).astype(np.float32)
    own = np.einsum("hwc,hwc->hw", chroma(foreground), direction)
    mean = _mean(own[..., None].repeat(3, -1), weight, radius)
    square = _mean((own * own)[..., None].repeat(3, -1), weight, radius)
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    return np.asarray(direction * share[..., None], np.float32), np.asarray(np.maximum(mean + spread, 0), np.float32)


def _mean(values: Floats, weight: Floats, radius: int) -> Floats:
    """Of the samples within reach, and where there are none, of all."""
    side = (2 * radius + 1, 2 * radius + 1)
    total = np.asarray(cv2.blur(weight, side), np.float32)[..., None]
    overall = (values * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), 1e-6)
    return np.asarray((cv2.blur(values * weight[..., None], side) + 1e-5 * overall) / (total + 1e-5), np.float32)
