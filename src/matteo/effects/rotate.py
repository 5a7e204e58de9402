"""The subject turned, on a canvas that grows so that nothing is cut off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.entry import effect_function
from matteo.effects.placement import check_canvas
from matteo.effects.table import check
from matteo.errors import UsageError
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Alpha, Image
from matteo.picture.limits import Limits

LONGEST = 32_766  # pixels a side that OpenCV can warp
FAINTEST = 1e-3  # alpha under which a colour is not worth its rounding


@effect_function
def rotate(angle: float = 0.0, *, limits: Limits | None = None) -> Effect:
    """By `angle` degrees, anticlockwise. Quarter turns change no pixel; others resample colours weighted by alpha.
    limits: of the canvas, the reader's where None. UsageError where it would get too large."""
    check("rotate", angle=angle)

    def turned(cutout: Cutout) -> Cutout:
        if angle % 360 == 0:
            return cutout
        rgb, alpha = _turned(cutout.rgb, cutout.alpha, angle, limits)
        return replace(
            cutout, rgb=rgb, alpha=alpha,
            under=tuple(_image_turned(layer, angle, limits) for layer in cutout.under),
            source=None if cutout.source is None else _image_turned(cutout.source, angle, limits),
        )  # fmt: skip

    return turned


def _image_turned(image: Image, angle: float, limits: Limits | None) -> Image:
    if image.opacity is None and angle % 90 == 0:
        return replace(image, rgb=np.ascontiguousarray(np.rot90(image.rgb, round(angle / 90))))
    opacity = np.ones(image.size_hw, np.float32) if image.opacity is None else image.opacity
    rgb, turned = _turned(image.rgb, opacity, angle, limits)
    return replace(image, rgb=rgb, opacity=turned)


def _turned(rgb: NDArray[Any], alpha: Alpha, angle: float, limits: Limits | None) -> tuple[NDArray[Any], Alpha]:
    if angle % 90 == 0:
        turns = round(angle / 90)
        return np.ascontiguousarray(np.rot90(rgb, turns)), np.ascontiguousarray(np.rot90(alpha, turns))
    height, width = alpha.shape
    turn: NDArray[Any] = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    # Rounded up before it becomes whole: a turn by a hair's breadth keeps the size.
    across, down = (int(np.ceil(side - 1e-3)) for side in np.abs(turn[:, :2]) @ (width, height))
    turn[:, 2] += (across - width) / 2, (down - height) / 2
    _check_canvas((height, width), (down, across), limits)
    weight = np.asarray(cv2.warpAffine(alpha, turn, (across, down), flags=cv2.INTER_CUBIC), np.float32)
    # Divided by what the same weights made of alpha: cubic interpolation runs over 1, and colours with it.
    share = np.divide(1, weight, out=np.zeros_like(weight), where=weight > FAINTEST)
    out = np.empty((down, across, 3), rgb.dtype)
    for c in range(3):  # one channel at a time, as floats take four times the room
        channel = cv2.multiply(np.ascontiguousarray(rgb[..., c]), alpha, dtype=cv2.CV_32F)
        moved = cv2.warpAffine(channel, turn, (across, down), flags=cv2.INTER_CUBIC)
        for part in strips(down, across):
            out[part, :, c] = np.rint(np.clip(moved[part] * share[part], 0, np.iinfo(rgb.dtype).max))
    return out, np.clip(weight, 0, 1, out=weight)


def _check_canvas(before_hw: tuple[int, int], after_hw: tuple[int, int], limits: Limits | None) -> None:
    check_canvas(after_hw, before_hw, limits)
    if max(*before_hw, *after_hw) > LONGEST:
        height, width = after_hw
        raise UsageError(
            f"a turn to {width} x {height} is more than {LONGEST} pixels a side; give a smaller picture or 90 degrees"
        )
