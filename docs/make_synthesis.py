"""Makes the picture of docs/synthesis.md from scikit-image's photographs: python docs/make_synthesis.py"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

import matteo
from matteo import Image
from matteo.learning.data import Pair
from matteo.learning.synthesis.layer import Generator, Layer, disc, streak
from matteo.learning.synthesis.patterns import glass, leaves, pierced, veil
from matteo.learning.synthesis.scene import compose, make_background, subject_of, with_strands
from matteo.learning.synthesis.strands import fur, grass, hair

DOCS = Path(__file__).parent
LONGEST, CROP, COLUMNS = 640, 300, 3

KINDS: dict[str, tuple[int, Callable[[Layer, Generator], Layer]]] = {
    "hair": (4, with_strands(hair)),
    "fur": (2, with_strands(fur)),
    "grass": (1, with_strands(grass)),
    "leaves": (3, lambda subject, rng: leaves(subject, rng).over(subject)),
    "lace, nets, holes": (6, pierced),
    "glass": (1, glass),
    "veil": (2, lambda subject, rng: subject.over(veil(subject, rng))),
    "out of focus": (0, lambda subject, rng: with_strands(hair)(subject, rng).filtered(disc(6))),
    "motion": (0, lambda subject, rng: subject.filtered(streak(24, 0.3))),
}


def photograph(name: str) -> NDArray[np.uint8]:
    return np.asarray(getattr(data, name)(), np.uint8)


def shown(name: str, pair: Pair, seed: int, part: Callable[[Layer, Generator], Layer]) -> NDArray[np.uint8]:
    """The middle of the outline's upper part: the photograph beside its alpha, with its name above."""
    rng = np.random.default_rng(seed)
    layer = part(subject_of(pair, LONGEST, rng), rng)
    behind = make_background([photograph("coffee")], (layer.alpha.shape[0], layer.alpha.shape[1]), rng)
    rgb = compose(layer, behind, rng)
    alpha = np.rint(layer.alpha * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    mixed = cv2.blur(((layer.alpha > 0.05) & (layer.alpha < 0.95)).astype(np.float32), (CROP, CROP))
    inner = mixed[CROP // 2 : -(CROP // 2), CROP // 2 : -(CROP // 2)]
    top, left = np.unravel_index(int(np.argmax(inner)), inner.shape)
    box = slice(int(top), int(top) + CROP), slice(int(left), int(left) + CROP)
    panel = np.hstack([rgb[box], alpha[box]])
    title = np.full((28, panel.shape[1], 3), 255, np.uint8)
    cv2.putText(title, name, (6, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([title, panel])


def sheet() -> Image:
    pairs = []
    for name in ("astronaut", "chelsea"):
        rgb = photograph(name)
        pairs.append(Pair(name, rgb, np.rint(matteo.alpha(rgb) * 255).astype(np.uint8)))
    panels = [shown(name, pairs[i % 2], seed, part) for i, (name, (seed, part)) in enumerate(KINDS.items())]
    rows = [np.hstack(panels[i : i + COLUMNS]) for i in range(0, len(panels), COLUMNS)]
    return Image(np.ascontiguousarray(np.vstack(rows)))


if __name__ == "__main__":
    sheet().save(DOCS / "synthesis.jpg", overwrite=True, quality=85)
