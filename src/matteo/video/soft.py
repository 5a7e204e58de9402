"""A background that is out of focus anyway, made on a smaller picture: of a film it would be most of the work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.background import Background
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image, Rgb

Array = TypeVar("Array", bound=NDArray[Any])

RADIUS = 3.0  # pixels that the blur's disc keeps on the smaller picture
LEAST = 320  # pixels of its long side
USUAL = 12.0  # of `blur`, in thousandths of the long side


def blur_of(text: str | None) -> float | None:
    """The strength of an even blur ("blur", "blur:8"), in thousandths of the long side; None for other backgrounds."""
    name, _, rest = (text or "").strip().partition(":")
    try:
        return (float(rest) if rest else USUAL) if name == "blur" else None
    except ValueError:
        return None


def softened(ground: Background, strength: float) -> Background:
    """The same background, found on a picture that is smaller by a whole factor, where the disc is wide enough."""

    def behind(cutout: Cutout) -> Image:
        longest = max(cutout.size_hw)
        factor = int(min(strength / 1000 * longest / RADIUS, longest / LEAST))
        if factor < 2 or cutout.source is None or cutout.source.opacity is not None:
            return ground.behind(cutout)
        source = replace(cutout.source, rgb=_shrunk(cutout.source.rgb, factor))
        small = replace(cutout, rgb=source.rgb, alpha=_shrunk(cutout.alpha, factor), source=source, under=())
        found = ground.behind(small)
        return replace(found, rgb=_enlarged(found.rgb, factor, cutout.size_hw))

    return replace(ground, behind=behind)


def _shrunk(array: Array, factor: int) -> Array:
    """Means of factor x factor; the last row or column goes on where it does not come out even."""
    height, width = array.shape[:2]
    if height % factor or width % factor:
        array = cv2.copyMakeBorder(array, 0, -height % factor, 0, -width % factor, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
    while factor > 1:
        step = 2 if factor % 2 == 0 else factor  # halves are several times as fast
        size_wh = array.shape[1] // step, array.shape[0] // step
        array = cv2.resize(array, size_wh, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        factor //= step
    return array


def _enlarged(rgb: Rgb, factor: int, size_hw: tuple[int, int]) -> Rgb:
    size_wh = rgb.shape[1] * factor, rgb.shape[0] * factor
    large = cv2.resize(rgb, size_wh, interpolation=cv2.INTER_LINEAR)  # nothing in it is finer than its disc
    result: Rgb = np.ascontiguousarray(large[: size_hw[0], : size_hw[1]])  # type: ignore[assignment]
    return result
