"""Another picture behind the subject."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matteo.effects.background import FITS, Background, colour
from matteo.effects.entry import effect_function
from matteo.effects.table import check
from matteo.errors import UsageError
from matteo.picture.colour import parse_colour, srgb_to_profile
from matteo.picture.composite import composite
from matteo.picture.cutout import Cutout, in_space_of, read_background
from matteo.picture.geometry import cover, cover_straight, resize, resize_straight
from matteo.picture.image import Image
from matteo.picture.limits import Limits

if TYPE_CHECKING:
    from matteo.picture.source import Source


@effect_function
def picture(
    given: Source | Image | None = None,
    *,
    fit: str = "cover",
    position: tuple[float, float] = (0.5, 0.5),
    around: str = "white",
    light: str = "encoded",
    limits: Limits | None = None,
) -> Background:
    """A path, bytes, an array or an Image, read now, in the cut-out's profile and depth.

    fit: "cover" scales it until it covers the canvas, "contain" until all of it is seen, with the colour `around` it;
    "stretch" gives up its aspect, "tile" repeats it unscaled. position: which part of it is seen, or where it stands,
    (0, 0) upper left to (1, 1) lower right. A text that is a colour gives that colour. limits: of the reader.
    """
    check("picture", fit=fit, position=position, light=light)
    if given is None:
        raise UsageError("a picture as background needs a path, as beach.jpg: give one")
    found = read_background(given, limits)
    if isinstance(found, str):
        return colour(found, light=light)
    rim = parse_colour(around)

    def behind(cutout: Cutout) -> Image:
        arranged = in_space_of(_ARRANGED[fit](found, cutout.size_hw, position), cutout)
        if fit != "contain":
            return replace(arranged, metadata=cutout.metadata)
        values: NDArray[Any] = np.array(srgb_to_profile(rim, cutout.metadata.icc, cutout.depth), cutout.rgb.dtype)
        rgb, _ = composite([Image(values.reshape(1, 1, 3)), arranged])
        return Image(rgb, metadata=cutout.metadata, notes=arranged.notes)

    return Background(behind, light)


def _covering(image: Image, size_hw: tuple[int, int], position: tuple[float, float]) -> Image:
    if image.opacity is None:
        return replace(image, rgb=cover(image.rgb, size_hw, position))
    rgb, opacity = cover_straight(image.rgb, image.opacity, size_hw, position)
    return replace(image, rgb=rgb, opacity=opacity)


def _contained(image: Image, size_hw: tuple[int, int], position: tuple[float, float]) -> Image:
    factor = min(size_hw[0] / image.size_hw[0], size_hw[1] / image.size_hw[1])
    height, width = (min(max(1, round(n * factor)), most) for n, most in zip(image.size_hw, size_hw, strict=True))
    top, left = round((size_hw[0] - height) * position[1]), round((size_hw[1] - width) * position[0])
    small = _stretched(image, (height, width), position)
    rgb, canvas = np.zeros((*size_hw, 3), small.rgb.dtype), np.zeros(size_hw, np.float32)
    rgb[top : top + height, left : left + width] = small.rgb
    canvas[top : top + height, left : left + width] = 1 if small.opacity is None else small.opacity
    return replace(image, rgb=rgb, opacity=canvas)


def _stretched(image: Image, size_hw: tuple[int, int], position: tuple[float, float]) -> Image:
    if image.opacity is None:
        return replace(image, rgb=resize(image.rgb, size_hw))
    rgb, opacity = resize_straight(image.rgb, image.opacity, size_hw)
    return replace(image, rgb=rgb, opacity=opacity)


def _tiled(image: Image, size_hw: tuple[int, int], position: tuple[float, float]) -> Image:
    """Whole tiles from the corner or side that `position` names."""
    starts = (round((n - m) * p) for n, m, p in zip(size_hw, image.size_hw, position[::-1], strict=True))
    rows, columns = ((np.arange(n) - start) % m for n, m, start in zip(size_hw, image.size_hw, starts, strict=True))

    def laid(array: NDArray[Any]) -> Any:
        return array[rows][:, columns]

    return replace(image, rgb=laid(image.rgb), opacity=None if image.opacity is None else laid(image.opacity))


_ARRANGED = dict(zip(FITS, (_covering, _contained, _stretched, _tiled), strict=True))
