"""Makes the pictures of the documentation with matteo itself: python docs/make_pictures.py"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import matteo
from matteo import Image

DOCS = Path(__file__).parent


def checkerboard(size_hw: tuple[int, int], square: int = 16) -> NDArray[np.uint8]:
    dark = (np.indices(size_hw) // square).sum(0) % 2
    return np.where(dark[..., None], 205, 255).astype(np.uint8).repeat(3, axis=2)


def before_alpha_after(source: Path) -> Image:
    """The photograph, its alpha, and the cut-out on a checkerboard, side by side."""
    photograph, cutout = matteo.read(source), matteo.remove(source)
    alpha = np.rint(cutout.alpha * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    after = cutout.over(checkerboard(cutout.size_hw)).rgb
    return Image(np.ascontiguousarray(np.hstack([photograph.rgb, alpha, after])))


if __name__ == "__main__":
    before_alpha_after(DOCS.parent / "examples" / "astronaut.jpg").save(
        DOCS / "astronaut.jpg", overwrite=True, quality=88
    )
