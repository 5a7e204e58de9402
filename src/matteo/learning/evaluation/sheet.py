"""The worst pictures of a set as one sheet: the picture, the truth, and what each network made of it."""

from __future__ import annotations

import io
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

from matteo.picture.image import Alpha

Bytes = NDArray[np.uint8]

CELL = 220  # pixels, the side of the square that a thumbnail fits into
GAP, LINE, TEXT = 8, 18, 13
HEAD = 2 * (LINE + GAP)
GROUND, INK, FAINT = (24, 24, 27), (240, 240, 240), (165, 165, 172)
MISSED, EXTRA = (64, 156, 255), (255, 140, 40)  # blue and orange: told apart by the colour-blind too
DIM = 0.25  # how much of the picture shows where there is nothing


@dataclass
class Example:
    """Thumbnails of one picture and of its alphas, and each network's numbers for it."""

    key: str
    rgb: Bytes
    true: Bytes
    alphas: dict[str, Bytes] = field(default_factory=dict)
    numbers: dict[str, dict[str, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, key: str, rgb: Bytes, mask: Bytes, label: str, alpha: Alpha, numbers: dict[str, float]) -> Example:
        example = cls(key, thumbnail(rgb), thumbnail(mask))
        example.show(label, alpha, numbers)
        return example

    def show(self, label: str, alpha: Alpha, numbers: dict[str, float]) -> None:
        """Adds what a network made of the picture."""
        self.alphas[label] = thumbnail(np.asarray(np.rint(alpha * 255), np.uint8))
        self.numbers[label] = numbers


class Worst:
    """Keeps, in `kept`, the examples of the lowest scores, the lowest first."""

    def __init__(self, kept: list[Example], size: int) -> None:
        self.kept, self.size = kept, size
        self._scores: list[float] = []

    def takes(self, score: float) -> bool:
        return len(self.kept) < self.size or score < self._scores[-1]

    def add(self, score: float, example: Example) -> None:
        insort(self._scores, score)
        self.kept.insert(self._scores.index(score), example)
        del self._scores[self.size :], self.kept[self.size :]


def thumbnail(array: Bytes) -> Bytes:
    """H x W (x 3) brought to at most CELL pixels on its long side."""
    height, width = array.shape[:2]
    scale = min(1.0, CELL / max(height, width))
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(array, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def errors_shown(rgb: Bytes, true: Bytes, alpha: Bytes) -> Bytes:
    """The picture, dark where there is nothing, bright where both see the subject; blue: missed, orange: too much."""
    picture, truth, found = (array.astype(np.float32) / 255 for array in (rgb, true, alpha))
    missed, extra = np.maximum(truth - found, 0), np.maximum(found - truth, 0)
    light = (DIM + (1 - DIM) * np.maximum(truth, found))[..., None] * picture
    wrong = (missed + extra)[..., None]
    colour = missed[..., None] * (np.array(MISSED) / 255) + extra[..., None] * (np.array(EXTRA) / 255)
    shown = light * (1 - 0.75 * wrong) + 0.75 * colour
    return np.asarray(np.rint(np.clip(shown, 0, 1) * 255), np.uint8)


def sheet(examples: Sequence[Example], labels: Sequence[str]) -> PilImage.Image:
    """One row a picture, the worst first: picture, truth, then a column of errors for each network."""
    columns = 2 + len(labels)
    heights = [example.rgb.shape[0] + LINE + GAP for example in examples]
    page = PilImage.new("RGB", (columns * (CELL + GAP) + GAP, HEAD + sum(heights) + GAP), GROUND)
    draw = ImageDraw.Draw(page)
    _legend(draw, ["picture", "truth", *labels])
    top = HEAD
    for number, (example, height) in enumerate(zip(examples, heights, strict=True), 1):
        captions = [f"{number}. {example.key}", "", *(_caption(example.numbers[label]) for label in labels)]
        for column, (picture, caption) in enumerate(zip(_row(example, labels), captions, strict=True)):
            left = GAP + column * (CELL + GAP)
            page.paste(PilImage.fromarray(picture), (left, top))
            _write(draw, (left, top + height - LINE - GAP + 2), caption)
        top += height
    return page


def _row(example: Example, labels: Sequence[str]) -> list[Bytes]:
    truth = np.repeat(example.true[..., None], 3, axis=2)
    return [example.rgb, truth, *(errors_shown(example.rgb, example.true, example.alphas[label]) for label in labels)]


def _legend(draw: ImageDraw.ImageDraw, titles: Sequence[str]) -> None:
    for column, title in enumerate(titles):
        _write(draw, (GAP + column * (CELL + GAP), GAP + LINE), title)
    left = GAP
    for text, colour in (("the lowest IoU first", INK), ("missed", MISSED), ("too much", EXTRA)):
        _write(draw, (left, GAP // 2), text, colour, width=10 * CELL)
        left += round(draw.textlength(text, font=_font())) + 2 * GAP


def _caption(numbers: dict[str, float]) -> str:
    return f"IoU {numbers['iou']:.3f}, confidence {numbers['confidence']:.2f}"


def _write(
    draw: ImageDraw.ImageDraw,
    at_xy: tuple[int, int],
    text: str,
    colour: tuple[int, int, int] = FAINT,
    width: int = CELL,
) -> None:
    """One line, shortened at its beginning to the width: ends of keys tell more than beginnings."""
    font = _font()
    if draw.textlength(text, font=font) > width:
        while text and draw.textlength("…" + text, font=font) > width:
            text = text[1:]
        text = "…" + text
    draw.text(at_xy, text, fill=colour, font=font)


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(TEXT)


def encoded(page: PilImage.Image, format_: str) -> bytes:
    """The bytes of a PNG, or of a WebP that is a tenth as large, for embedding."""
    buffer = io.BytesIO()
    page.save(buffer, format_, **({"quality": 82, "method": 4} if format_ == "webp" else {"optimize": True}))
    return buffer.getvalue()
