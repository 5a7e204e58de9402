"""Makes the pictures of docs/selecting.md and docs/keying.md: python docs/make_hands.py"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

import matteo
from matteo import Hints, Image

DOCS = Path(__file__).parent
PERSON, CAT = ((225, 90), (225, 300), (380, 430)), ((690, 200), (780, 280))  # strokes
SCREEN = (0.16, 0.68, 0.27)
BEHIND = "#2d6cdf"

Pixels = NDArray[np.uint8]
Stroke = tuple[tuple[int, int], ...]


def pair() -> Pixels:
    """An astronaut, and a cat beside her."""
    person, cat = data.astronaut(), data.chelsea()
    side = np.zeros((512, 512, 3), np.uint8)
    side[:] = cat[:1, :1]
    side[100:400, 30:481] = cat
    return np.hstack([person, side])


def marked(picture: Pixels, keep: Stroke, drop: Stroke) -> Pixels:
    out = picture.copy()
    for spots, colour in ((keep, (40, 200, 90)), (drop, (230, 60, 50))):
        for thickness, shade in ((18, (255, 255, 255)), (11, colour)):
            cv2.polylines(out, [np.array(spots)], False, shade, thickness, cv2.LINE_AA)
    return out


def selecting() -> Image:
    """Above what was said, below what came of it: without a word, for the one, for the other."""
    picture = pair()
    columns = [np.vstack([picture, on_blue(matteo.remove(picture))])]
    for keep, drop in ((PERSON, CAT), (CAT, PERSON)):
        cutout = matteo.remove(picture, hints=Hints(keep=[keep], drop=[drop]))
        columns.append(np.vstack([marked(picture, keep, drop), on_blue(cutout)]))
    gap = np.full((1024, 12, 3), 255, np.uint8)
    sheet = np.hstack([part for column in columns for part in (column, gap)][:-1])
    return Image(np.ascontiguousarray(sheet[::2, ::2]))


def keying() -> Image:
    """A cut-out before a made screen whose light falls off; its clean plate; alpha; on blue."""
    from matteo.keying.screen import find_screen

    cutout = matteo.remove(data.astronaut())
    light = np.linspace(1.1, 0.75, 512)[None, :, None]
    plate = np.array(SCREEN) * light * np.ones((512, 1, 1))
    alpha = cutout.alpha[..., None]
    noise = np.random.default_rng(0).normal(0, 2 / 255, (512, 512, 3))
    rgb = np.rint(255 * np.clip(cutout.rgb / 255 * alpha + plate * (1 - alpha) + noise, 0, 1)).astype(np.uint8)
    keyed = matteo.remove(rgb, key="auto")
    clean = cv2.resize(find_screen(rgb).plate, (512, 512))
    grey = np.rint(255 * keyed.alpha).astype(np.uint8)[..., None].repeat(3, axis=2)
    panels = [rgb, np.rint(255 * clean).astype(np.uint8), grey, on_blue(keyed)]
    return Image(np.ascontiguousarray(np.hstack(panels)))


def on_blue(cutout: matteo.Cutout) -> Pixels:
    return np.asarray(cutout.over(BEHIND).rgb, np.uint8)


if __name__ == "__main__":
    selecting().save(DOCS / "selecting.jpg", overwrite=True, quality=88)
    keying().save(DOCS / "keying.jpg", overwrite=True, quality=88)
