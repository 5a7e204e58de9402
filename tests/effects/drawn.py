"""Shapes whose every pixel's coverage is known."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.picture.colour import widen
from matteo.picture.cutout import Cutout
from matteo.picture.geometry import resize
from matteo.picture.image import Image, Metadata

from ..picture.made import noise
from ..pictures import photograph


def disc(radius: float, size_hw: tuple[int, int] = (120, 160), centre_yx: tuple[float, float] = (60.3, 80.7)) -> Any:
    """A disc's coverage by 8 x 8 samples a pixel."""
    y, x = (np.arange(length * 8) / 8 + 1 / 16 for length in size_hw)
    inside = np.hypot(y[:, None] - centre_yx[0], x - centre_yx[1]) <= radius
    return inside.reshape(size_hw[0], 8, size_hw[1], 8).mean((1, 3)).astype(np.float32)


def radii(size_hw: tuple[int, int] = (120, 160), centre_yx: tuple[float, float] = (60.3, 80.7)) -> NDArray[np.float64]:
    """From every pixel's middle to the disc's."""
    y, x = (np.arange(length) + 0.5 for length in size_hw)
    found: NDArray[np.float64] = np.hypot(y[:, None] - centre_yx[0], x - centre_yx[1])
    return found


CROWN, CHIN, MIDDLE = 15, 179, 226  # of the astronaut's photograph, by eye


@cache
def portrait(factor: float = 1.0, dtype: Any = np.uint8, icc: bytes | None = None) -> Cutout:
    """The astronaut's photograph under a drawn outline of head and shoulders, `factor` times as large."""
    photo = photograph("astronaut")
    y, x = np.mgrid[: len(photo), : photo.shape[1]] + 0.5
    head = np.hypot((y - 95) / 80, (x - 226) / 74) <= 1
    body = (np.abs(x - 226) < 42) & (y > 95) & (y < 260) | (np.hypot((y - 512) / 330, (x - 240) / 225) <= 1)
    size_hw = round(len(photo) * factor), round(photo.shape[1] * factor)
    rgb = resize(photo, size_hw)
    deep = rgb if dtype == np.uint8 else widen(rgb)
    alpha = resize((head | body).astype(np.float32), size_hw)
    metadata = Metadata(icc=icc)
    return Cutout(deep, alpha, metadata=metadata, source=Image(deep, metadata=metadata))


def cutout(alpha: Any = None, dtype: Any = np.uint8, icc: bytes | None = None) -> Cutout:
    """Noise under a disc, with its source."""
    shape = disc(30) if alpha is None else alpha
    rgb = noise(shape.shape[0], shape.shape[1], dtype=dtype)
    metadata = Metadata(icc=icc)
    hidden = np.where(shape[..., None] > 0, rgb, rgb.dtype.type(0))
    return Cutout(hidden, shape, metadata=metadata, source=Image(rgb, metadata=metadata))
