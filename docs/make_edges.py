"""Makes the pictures of docs/edges.md: python docs/make_edges.py (needs `pip install "matteo[classical]"`)"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import matteo
from matteo import Image
from matteo.matting.edges import EDGES

DOCS = Path(__file__).parent
HAIR = slice(0, 120), slice(125, 245)  # of the 512 x 512 photograph
TWICE = 2  # each pixel is shown as 2 x 2
BEHIND = "#2d6cdf"
LABEL = 26

Pixels = NDArray[np.uint8]


def labelled(picture: Pixels, text: str) -> Pixels:
    """The crop, each pixel twice, under its name."""
    large = picture[HAIR].repeat(TWICE, 0).repeat(TWICE, 1)
    bar = np.full((LABEL, large.shape[1], 3), 255, np.uint8)
    cv2.putText(bar, text, (4, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (20, 20, 20), 1, cv2.LINE_AA)
    return np.vstack([bar, large])


def sheet(source: Path) -> Image:
    """Above the alpha of each of the edges, below it the cut-out on blue; the photograph at the left."""
    photograph = np.asarray(matteo.read(source).rgb, np.uint8)
    columns = [np.vstack([labelled(photograph, "photograph"), labelled(np.full_like(photograph, 255), "")])]
    for edges in EDGES:
        cutout = matteo.remove(source, edges=edges)
        alpha = np.rint(cutout.alpha * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
        over = np.asarray(cutout.over(BEHIND).rgb, np.uint8)
        columns.append(np.vstack([labelled(alpha, edges), labelled(over, "")]))
    return Image(np.ascontiguousarray(np.hstack(columns)))


if __name__ == "__main__":
    sheet(DOCS.parent / "examples" / "astronaut.jpg").save(DOCS / "edges.jpg", overwrite=True, quality=90)
