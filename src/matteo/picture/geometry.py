"""Other sizes of pictures and mattes. Pixel centres stay aligned: nothing shifts, whatever the factor.

Half-pixel convention: pixel i covers [i, i + 1), so its centre i + 0.5 goes to (i + 0.5) * new / old.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = TypeVar("Array", bound=NDArray[Any])


def resize(array: Array, size_hw: tuple[int, int], *, smooth: bool = True) -> Array:
    """H x W or H x W x C (C up to 4), uint8, uint16 or float32, at another size.

    Each axis by itself: the mean over the area where it shrinks, cubic where it grows. Cubic overshoot is cut off at
    the array's own range, so an alpha stays in [0, 1]. `smooth=False` takes the nearest pixel (labels, masks).
    """
    if array.shape[:2] == tuple(size_hw):
        return array
    shape = (*size_hw, *array.shape[2:])
    if not smooth:
        down, across = (_nearest(new, old) for new, old in zip(size_hw, array.shape[:2], strict=True))
        return array.take(across, 1).take(down, 0)  # type: ignore[return-value]
    height, width = (min(new, old) for new, old in zip(size_hw, array.shape[:2], strict=True))
    shrunk = _scaled(array, height, width, area=True)
    return _scaled(shrunk, *size_hw, area=False).reshape(shape)  # type: ignore[return-value]


def within(size_hw: tuple[int, ...], longest: int) -> tuple[int, int]:
    """A size of that aspect with a long side of at most so many; never larger than it is."""
    scale = min(1.0, longest / max(size_hw[:2]))
    return max(1, round(size_hw[0] * scale)), max(1, round(size_hw[1] * scale))


def resize_by_halves(rgb: NDArray[np.uint8], size_hw: tuple[int, int]) -> NDArray[np.uint8]:
    """H x W x 3 of 8 bits at a much smaller size: halved, as long as both sides are even and twice the size is left,
    which takes a third of the time and differs by the halves' rounding alone."""
    import cv2

    while all(old >= 2 * new and old % 2 == 0 for old, new in zip(rgb.shape[:2], size_hw, strict=True)):
        half_wh = rgb.shape[1] // 2, rgb.shape[0] // 2
        rgb = np.asarray(cv2.resize(rgb, half_wh, interpolation=cv2.INTER_AREA), np.uint8)
    return resize(rgb, size_hw)


def sampled(values: NDArray[np.float32], places: NDArray[np.float64], axis: int) -> NDArray[np.float32]:
    """Floats along an axis at places in samples, by linear interpolation; beyond the outer ones those hold."""
    last = values.shape[axis] - 1
    places = np.clip(places, 0, last)
    before = places.astype(np.intp)
    share = (places - before).astype(np.float32).reshape(-1, *[1] * (values.ndim - 1 - axis))
    behind = np.minimum(before + 1, last)
    between = np.take(values, before, axis) * (1 - share) + np.take(values, behind, axis) * share
    return np.asarray(between, np.float32)


def resize_straight(rgb: Array, alpha: NDArray[np.float32], size_hw: tuple[int, int]) -> tuple[Array, NDArray[Any]]:
    """H x W x 3 straight colours and their alpha at another size: colours count as much as they are seen, so that
    what lies hidden under alpha 0 does not come into the edge. Colours are 0 where the new alpha is 0."""
    if alpha.shape == tuple(size_hw):
        return rgb, alpha
    import cv2

    opacity = resize(alpha, size_hw)
    out = np.empty((*size_hw, 3), rgb.dtype)
    share = np.divide(1, opacity, out=np.zeros_like(opacity), where=opacity > 0)
    for c in range(3):  # one channel at a time, as floats take four times the room
        premultiplied = resize(cv2.multiply(np.ascontiguousarray(rgb[..., c]), alpha, dtype=cv2.CV_32F), size_hw)
        out[..., c] = np.rint(np.clip(premultiplied * share, 0, np.iinfo(rgb.dtype).max))
    return out, opacity  # type: ignore[return-value]


def cover(array: Array, size_hw: tuple[int, int], position_xy: tuple[float, float] = (0.5, 0.5)) -> Array:
    """The array scaled until it covers the size, its aspect kept, and what juts out cut off: evenly, or so that the
    part at `position_xy` is seen, (0, 0) the upper left, (1, 1) the lower right."""
    return resize(array[_seen(array.shape, size_hw, position_xy)], size_hw)  # type: ignore[return-value]


def cover_straight(
    rgb: Array, alpha: NDArray[np.float32], size_hw: tuple[int, int], position_xy: tuple[float, float] = (0.5, 0.5)
) -> tuple[Array, NDArray[Any]]:
    """As `cover`, of H x W x 3 straight colours and their alpha together: what lies hidden under alpha 0 does not come
    into the edge."""
    seen = _seen(alpha.shape, size_hw, position_xy)
    return resize_straight(rgb[seen], alpha[seen], size_hw)  # type: ignore[arg-type]


def _seen(shape: tuple[int, ...], size_hw: tuple[int, int], position_xy: tuple[float, float]) -> tuple[slice, slice]:
    """The part of a picture of this shape that is seen where it covers the size."""
    height, width = shape[:2]
    factor = max(size_hw[0] / height, size_hw[1] / width)
    # What will be seen is cut out first: a panorama behind a portrait is never enlarged as a whole.
    seen = min(height, round(size_hw[0] / factor) or 1), min(width, round(size_hw[1] / factor) or 1)
    top, left = int((height - seen[0]) * position_xy[1]), int((width - seen[1]) * position_xy[0])
    return slice(top, top + seen[0]), slice(left, left + seen[1])


def _nearest(new: int, old: int) -> NDArray[np.intp]:
    return ((np.arange(new) + 0.5) * (old / new)).astype(np.intp)


def _scaled(array: NDArray[Any], height: int, width: int, *, area: bool) -> NDArray[Any]:
    import cv2

    if array.shape[:2] == (height, width):
        return array
    scaled = cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA if area else cv2.INTER_CUBIC)
    if not area and array.dtype.kind == "f":
        np.clip(scaled, array.min(), array.max(), out=scaled)
    return scaled
