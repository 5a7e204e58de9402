"""Cut-outs whose foreground, background and alpha are known, with the picture that they make together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.picture.cutout import Cutout
from matteo.picture.image import Image, Metadata


@dataclass(frozen=True)
class Scene:
    cutout: Cutout
    plate: NDArray[Any]  # the background without the subject


def slope(height: int, width: int) -> NDArray[np.float64]:
    """A smooth gradient of each channel in another direction, values from 40 to 215."""
    y, x = np.mgrid[:height, :width] / (max(height, width) - 1)
    return np.asarray(40 + 175 * np.stack([x, y, (x + y) / 2], axis=-1))


def soft_ellipse(height: int, width: int, box: tuple[float, float, float, float], edge: float = 1.5) -> Any:
    """An alpha of an ellipse in a box (left, top, right, bottom, shares of the size) with a soft rim."""
    left, top, right, bottom = box
    y, x = np.mgrid[:height, :width]
    yy = ((y + 0.5) / height - (top + bottom) / 2) / ((bottom - top) / 2)
    xx = ((x + 0.5) / width - (left + right) / 2) / ((right - left) / 2)
    alpha = cv2.GaussianBlur((yy * yy + xx * xx <= 1).astype(np.float32), (0, 0), edge)
    alpha[alpha < 0.01], alpha[alpha > 0.99] = 0, 1
    return alpha


def scene(
    size_hw: tuple[int, int] = (180, 240),
    box: tuple[float, float, float, float] = (0.3, 0.2, 0.65, 0.8),
    colour: tuple[int, int, int] = (255, 0, 40),
    noise: float = 0,
    dtype: Any = np.uint8,
    icc: bytes | None = None,
    seed: int = 0,
) -> Scene:
    """A subject of one colour before a slope with noise (its deviation, of 255)."""
    rng = np.random.default_rng(seed)
    scale = np.iinfo(dtype).max / 255
    plate = np.clip(slope(*size_hw) + rng.normal(0, noise, (*size_hw, 3)) if noise else slope(*size_hw), 0, 255)
    alpha = soft_ellipse(*size_hw, box)
    whole = plate + (np.array(colour) - plate) * alpha[..., None].astype(float)
    source, behind = (np.rint(values * scale).astype(dtype) for values in (whole, plate))
    rgb = np.where(alpha[..., None] > 0, np.rint(np.array(colour) * scale), 0).astype(dtype)
    metadata = Metadata(icc=icc)
    return Scene(Cutout(rgb, alpha, metadata=metadata, source=Image(source, metadata=metadata)), behind)
