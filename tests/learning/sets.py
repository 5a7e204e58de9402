"""Sets of pictures and masks for tests: pieces of scikit-image's photographs, each with a disc as its mask."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.pictures import photograph, save

SIZE_HW = (96, 128)


@cache
def _photograph(name: str) -> NDArray[np.uint8]:
    return photograph(name)


def piece(index: int) -> NDArray[np.uint8]:
    """One of a hundred different pieces of photographs, 96 x 128 x 3."""
    source = _photograph(("astronaut", "chelsea", "coffee", "rocket")[index % 4])
    height, width = SIZE_HW
    top = (index * 37) % (source.shape[0] - height)
    left = (index * 53) % (source.shape[1] - width)
    return source[top : top + height, left : left + width]


def disc(index: int = 0) -> NDArray[np.uint8]:
    """A white disc on black with a soft rim, 96 x 128."""
    ys, xs = np.mgrid[0 : SIZE_HW[0], 0 : SIZE_HW[1]]
    distance = np.hypot(ys - 48 - index % 5, xs - 64 + index % 7)
    return np.asarray(np.clip((30 - distance) * 60 + 128, 0, 255), np.uint8)


def two_folders(root: Path, count: int = 12) -> Path:
    """images/a00.png and masks/a00.png, and so on. PNG, so that what comes back can be compared."""
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True)
    for index in range(count):
        save(piece(index), root / "images" / f"a{index:02}.png")
        save(disc(index), root / "masks" / f"a{index:02}.png")
    return root
