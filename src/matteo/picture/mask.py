"""Somebody's mask or trimap of a picture, from whatever holds it. It belongs to the upright picture."""

from __future__ import annotations

import os
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matteo.errors import UsageError
from matteo.picture.geometry import resize
from matteo.picture.image import Alpha, Image
from matteo.picture.limits import Limits
from matteo.picture.read import Source, read

MaskSource: TypeAlias = "Source | Image"

NUMBERS = {255: 20, 65535: 255}  # the brightest value of a mask up to which it holds numbers and no alpha
SOME = 0.002  # share of the pixels that makes numbers of it, and no specks
COLOURED = 0.16  # a mask's channels may differ by so much: JPEG and profiles do that, a photograph does more


def read_mask(given: MaskSource, size_hw: tuple[int, int], limits: Limits) -> Alpha:
    """h x w float32 in [0, 1], at the mask's own size: its transparency where it has any, else its grey.

    given: what `read` takes, or an array of bool or of floats in [0, 1]. size_hw: the upright picture's, whose aspect
    it must have within a pixel. Raises UsageError for another aspect, a colour picture, floats out of range, or numbers
    of classes (0 and 1 in bytes) in place of alpha.
    """
    values = _values(given, limits, "mask")
    check_aspect((values.shape[0], values.shape[1]), size_hw, _called("mask", given))
    return np.ascontiguousarray(values)


def read_trimap(given: MaskSource, size_hw: tuple[int, int], limits: Limits) -> NDArray[np.uint8]:
    """H x W uint8 of the picture's size: 0 where the trimap is 0 (background), 255 where it is full (foreground), else
    128. UsageError as for a mask, and where all of it is unknown."""
    values = _values(given, limits, "trimap")
    check_aspect((values.shape[0], values.shape[1]), size_hw, _called("trimap", given))
    trimap = np.full(values.shape, 128, np.uint8)
    trimap[values == 0], trimap[values == 1] = 0, 255
    if (trimap == 128).all():
        raise UsageError(f"the {_called('trimap', given)} knows nothing: 0 is background, 255 is foreground")
    return resize(trimap, size_hw, smooth=False)


def numbers_in(grey: NDArray[np.uint8] | NDArray[np.uint16]) -> str | None:
    """Why stored values (H x W) are numbers of classes and no alpha, with the remedy; None where they may be alpha."""
    full, brightest = int(np.iinfo(grey.dtype).max), int(grey.max(initial=0))
    if 0 < brightest <= NUMBERS[full] and (grey > 0).mean() > SOME:
        return f"brightest value is {brightest} of {full}: numbers of classes; save the subject as {full}"
    return None


def check_aspect(mask_hw: tuple[int, int], size_hw: tuple[int, int], what: str) -> None:
    if _agree(mask_hw, size_hw):
        return
    turned = _agree(mask_hw[::-1], size_hw)
    hint = "turn it: it belongs to the upright picture" if turned else "give one of the picture's aspect"
    raise UsageError(
        f"the {what} is {mask_hw[1]} x {mask_hw[0]} pixels and the upright picture {size_hw[1]} x {size_hw[0]}: {hint}"
    )


def _agree(mask_hw: tuple[int, int], size_hw: tuple[int, int]) -> bool:
    """Whether one side, scaled as the other is, comes within a pixel, of the mask's or of the picture's."""
    down, across = (mask / size for mask, size in zip(mask_hw, size_hw, strict=True))
    off = abs(mask_hw[0] - across * size_hw[0]), abs(mask_hw[1] - down * size_hw[1])
    return min(off) <= 1 or min(off[0] / across, off[1] / down) <= 1


def _called(what: str, given: object) -> str:
    return f"{what} {given}" if isinstance(given, (str, os.PathLike)) else what


def _values(given: MaskSource, limits: Limits, what: str) -> Alpha:
    if isinstance(given, np.ndarray) and given.dtype.kind in "fb":
        return _from_floats(given)
    image = given if isinstance(given, Image) else read(given, limits=limits)
    if image.opacity is not None and image.opacity.min() < 1:
        return image.opacity
    lowest, highest = image.rgb.min(2), image.rgb.max(2)
    full = np.float32(np.iinfo(image.rgb.dtype).max)
    if float((highest - lowest).max()) > COLOURED * full:
        raise UsageError(
            f"the {_called(what, given)} is a colour picture without transparency: give a grey one, or one with "
            "transparency"
        )
    grey = image.rgb[..., 1]
    if fault := numbers_in(grey):
        raise UsageError(f"the {_called(what, given)} is no alpha: its {fault}")
    return np.asarray(grey / full, np.float32)


def _from_floats(given: NDArray[Any]) -> Alpha:
    values = given[..., 0] if given.ndim == 3 and given.shape[2] == 1 else given
    if values.ndim != 2 or not values.size:
        raise UsageError(f"a mask of shape {given.shape} is none: give H x W")
    values = np.asarray(values, np.float32)
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise UsageError("a mask of floats goes from 0 to 1: divide it by its full value")
    return values
