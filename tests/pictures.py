"""Photographs that scikit-image brings, for tests with the shipped network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from skimage import data

EXAMPLES = Path(__file__).parent.parent / "examples"
ASTRONAUT = EXAMPLES / "astronaut.jpg"

# Points (x, y) of the photograph that lie well inside the subject, and well outside.
INSIDE = {
    "astronaut": [(225, 100), (220, 300), (120, 420), (260, 460)],
    "chelsea": [(150, 150), (200, 100), (300, 150)],
    "coffee": [(300, 100), (330, 60), (250, 170)],
}
OUTSIDE = {
    "astronaut": [(120, 40), (330, 60), (300, 200), (140, 130)],
    "chelsea": [(440, 40), (430, 200), (445, 130)],
    "coffee": [(20, 380), (570, 30), (580, 380)],
}


def photograph(name: str) -> NDArray[np.uint8]:
    return np.asarray(getattr(data, name)(), np.uint8)


def save(array: NDArray[np.uint8], path: Path, **options: Any) -> Path:
    PilImage.fromarray(array).save(path, **options)
    return path
