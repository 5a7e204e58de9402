"""The subject turned, on a canvas that grows so that nothing is cut off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.table import check
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Alpha, Image

FAINTEST = 1e-3  # alpha under which a colour is not worth its rounding


def rotate(angle: float = 0.0) -> Effect:
    """By `angle` degrees, anticlockwise. Quarter turns change no pixel; others resample colours weighted by alpha."""
    check("rotate", angle=angle)

    def turned(cutout: Cutout) -> Cutout:
        if angle % 360 == 0:
            return cutout
        rgb, alpha = _turned(cutout.rgb, cutout.alpha, angle)
        return replace(
            cutout, rgb=rgb, alpha=alpha,
            under=tuple(_image_turned(layer, angle) for layer in cutout.under),
            source=None if cutout.source is None else _image_turned(cutout.source, angle),
        )  # fmt: skip

    return turned


def _image_turned(image: Image, angle: float) -> Image:
    if image.opacity is None and angle % 90 == 0:
        return replace(image, rgb=np.ascontiguousarray(np.rot90(image.rgb, round(angle / 90))))
    opacity = np.ones(image.size_hw, np.float32) if image.opacity is None else image.opacity
    rgb, turned = _turned(image.rgb, opacity, angle)
    return replace(image, rgb=rgb, opacity=turned)


def _turned(rgb: NDArray[Any], alpha: Alpha, angle: float) -> tuple[NDArray[Any], Alpha]:
    if angle % 90 == 0:
        turns = round(angle / 90)
        return np.ascontiguousarray(np.rot90(rgb, turns)), np.ascontiguousarray(np.rot90(alpha, turns))
    height, width = alpha.shape
    turn: NDArray[Any] = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    # Rounded up before it becomes whole: a turn by a hair's breadth keeps the size.
    across, down = (int(np.ceil(side - 1e-3)) for side in np.abs(turn[:, :2]) @ (width, height))
    turn[:, 2] += (across - width) / 2, (down - height) / 2
    premultiplied = rgb.astype(np.float32) * alpha[..., None]
    moved = [cv2.warpAffine(array, turn, (across, down), flags=cv2.INTER_CUBIC) for array in (premultiplied, alpha)]
    # Divided by what the same weights made of alpha: cubic interpolation runs over 1, and colours with it.
    weight = np.where(moved[1] > FAINTEST, moved[1], np.float32(np.inf))[..., None]
    straight, opacity = moved[0] / weight, np.clip(np.asarray(moved[1], np.float32), 0, 1)
    return np.rint(np.clip(straight, 0, np.iinfo(rgb.dtype).max)).astype(rgb.dtype), opacity
