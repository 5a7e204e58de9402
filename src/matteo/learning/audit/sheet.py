"""Contact sheets: the pictures that were found fault with, the mask's outline on them, and the reason below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

from matteo.errors import DataError
from matteo.learning.audit.judge import Judge
from matteo.learning.data.decode import picture_of, rgb_of
from matteo.learning.data.listing import Entry
from matteo.learning.data.pair import shrink
from matteo.learning.data.pairs import load

Rgb = NDArray[np.uint8]

CELL, CAPTION, LEGEND, COLUMNS = 240, 46, 22, 6
GIVEN, SEEN = (255, 40, 40), (40, 140, 255)  # the given mask's outline is red, the network's blue
PAPER, INK = (250, 250, 250), (20, 20, 20)


@dataclass(frozen=True)
class Cell:
    rgb: Rgb
    lines: tuple[str, ...]


def sheet(cells: Sequence[Cell], asked: str | None = None) -> Rgb:
    """All cells in rows of six, H x W x 3. asked: the name of the network whose outlines are drawn, too."""
    columns = min(COLUMNS, len(cells))
    rows = -(-len(cells) // columns)
    page = PilImage.new("RGB", (columns * CELL, LEGEND + rows * (CELL + CAPTION)), PAPER)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(12)
    draw.text((4, 4), "red: the given mask", fill=GIVEN, font=font)
    if asked:
        draw.text((130, 4), f"blue: {asked}"[:16], fill=SEEN, font=font)
    for at, cell in enumerate(cells):
        left, top = at % columns * CELL, LEGEND + at // columns * (CELL + CAPTION)
        height, width = cell.rgb.shape[:2]
        page.paste(PilImage.fromarray(cell.rgb), (left + (CELL - width) // 2, top + (CELL - height) // 2))
        for number, line in enumerate(cell.lines[:3]):
            draw.text((left + 4, top + CELL + 2 + 14 * number), _fitting(line), fill=INK, font=font)
    return np.asarray(page)


def cell_of(entry: Entry, lines: tuple[str, ...], judge: Judge | None = None) -> Cell:
    """A picture with its mask's outline, and the network's; a grey field where it cannot be shown."""
    return Cell(_drawn(entry, judge), lines)


def _drawn(entry: Entry, judge: Judge | None) -> Rgb:
    most = CELL - 8
    try:
        pair = load(entry)
    except DataError:
        return _without_mask(entry, most)
    small = shrink(pair.rgb, most).copy()
    if judge is not None:
        _outline(small, (judge.alpha(pair.rgb) * 255).astype(np.uint8), SEEN)
    if entry.mask is not None:
        _outline(small, shrink(pair.mask, most), GIVEN)
    return small


def _without_mask(entry: Entry, most: int) -> Rgb:
    try:
        return shrink(rgb_of(picture_of(entry.picture.read(), str(entry.picture))), most)
    except DataError:
        return np.full((most, most, 3), 128, np.uint8)


def _outline(rgb: Rgb, mask: NDArray[np.uint8], colour: tuple[int, int, int]) -> None:
    """Draws a mask's edge at one half on a picture, in place; the mask may be of another size."""
    resized = cv2.resize(mask, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    contours, _ = cv2.findContours((resized > 127).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(rgb, contours, -1, colour, 1, cv2.LINE_AA)


def _fitting(line: str, most: int = 40) -> str:
    return line if len(line) <= most else line[: most - 1] + "…"
