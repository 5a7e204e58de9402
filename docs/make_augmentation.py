"""Makes docs/augmentation.jpg, every augmentation of the table on one photograph: python docs/make_augmentation.py"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageDraw
from skimage import data

import matteo
from matteo.learning.augment import Augmentation, table
from matteo.learning.augment_light import Blur, Jpeg, LowLight, Noise
from matteo.learning.augment_place import Crop
from matteo.learning.data import Pair

DOCS = Path(__file__).parent
SIDE = 176
DRAWS = 3
MARGIN = 150  # for the names
GAP = 4
CLOSE = slice(40, 40 + SIDE), slice(80, 80 + SIDE)
DIRT = (LowLight, Blur, Noise, Jpeg)
Bytes = NDArray[np.uint8]


def pair_of(name: str) -> Pair:
    """A photograph of scikit-image's, its mask what matteo finds."""
    rgb = np.asarray(getattr(data, name)(), np.uint8)
    rgb = np.asarray(cv2.resize(rgb, (400, 400 * rgb.shape[0] // rgb.shape[1]), interpolation=cv2.INTER_AREA), np.uint8)
    return Pair(name, rgb, np.rint(matteo.alpha(rgb) * 255).astype(np.uint8))


def shown(rgb: Bytes, mask: Bytes, close: bool) -> Bytes:
    """The picture in a square, with its mask's outline in green. close: a part of it at its own size."""
    if close:
        rgb, mask = rgb[CLOSE], mask[CLOSE]
    tile = np.full((SIDE, SIDE, 3), 255, np.uint8)
    scale = SIDE / max(mask.shape)
    size_wh = (int(mask.shape[1] * scale), int(mask.shape[0] * scale))
    rgb, mask = (np.asarray(cv2.resize(a, size_wh, interpolation=cv2.INTER_AREA), np.uint8) for a in (rgb, mask))
    outline, _ = cv2.findContours((mask > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rgb = np.ascontiguousarray(rgb)
    cv2.drawContours(rgb, outline, -1, (60, 255, 60), 1)
    tile[: rgb.shape[0], : rgb.shape[1]] = rgb
    return np.pad(tile, ((0, GAP), (0, GAP), (0, 0)), constant_values=255)


def row(name: str, change: Augmentation, pair: Pair) -> Bytes:
    close = isinstance(change, DIRT)
    draws = [shown(*change(pair.rgb, pair.mask, np.random.default_rng(seed)), close) for seed in range(DRAWS)]
    return np.hstack([title(name), shown(pair.rgb, pair.mask, close), *draws])


def title(name: str) -> Bytes:
    label = PilImage.new("RGB", (MARGIN, SIDE + GAP), "white")
    ImageDraw.Draw(label).text((8, SIDE // 2 - 8), name, fill="black", font_size=16)
    return np.asarray(label, np.uint8)


def sheet() -> Bytes:
    subject, other, scene = pair_of("astronaut"), pair_of("chelsea"), pair_of("rocket")
    changes = [change for _, change in table((SIDE, SIDE), [other], [scene])]
    rows = [row(type(change).__name__, change, subject) for change in changes if not isinstance(change, Crop)]
    crop = row("Crop", Crop((SIDE, SIDE), whole=0), subject)
    half = (len(rows) + 2) // 2
    left, right = [*rows[:2], crop, *rows[2 : half - 1]], rows[half - 1 :]
    blank = np.full_like(crop, 255)
    return np.hstack([np.vstack(part + [blank] * (half - len(part))) for part in (left, right)])


if __name__ == "__main__":
    PilImage.fromarray(sheet()).save(DOCS / "augmentation.jpg", quality=80)
