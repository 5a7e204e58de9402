"""Large photographs for measuring. None is at hand, so scikit-image's are enlarged and given grain anew."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

NAMES = ("astronaut", "chelsea", "coffee", "rocket")


def enlarged(name: str, megapixels: float, seed: int = 0) -> NDArray[np.uint8]:
    """The photograph at so many megapixels, 4:3, with grain of 4 levels' deviation: H x W x 3, RGB. Its sides are even,
    as a camera's are."""
    rgb = np.asarray(getattr(data, name)(), np.uint8)
    height = 2 * round((megapixels * 1e6 * 3 / 4) ** 0.5 / 2)
    width = 2 * round(height * 2 / 3)
    large = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_CUBIC)
    rng = np.random.default_rng(seed)
    for top in range(0, height, 256):  # in strips, as 100 megapixels of float64 would not fit
        strip = large[top : top + 256]
        strip[:] = np.clip(strip + rng.normal(0, 4, strip.shape), 0, 255)
    return np.asarray(large, np.uint8)


def write_jpeg(path: Path, name: str, megapixels: float, seed: int = 0) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), enlarged(name, megapixels, seed)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    return path
