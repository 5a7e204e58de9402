"""Words as a picture with opacity."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matteo.errors import UsageError
from matteo.picture.colour import parse_colour
from matteo.picture.composite import composite
from matteo.picture.image import Alpha, Image

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FINE = 4  # samples a pixel of the paper's round corners
ROOM = 0.35  # around the words on a paper, of a line's height
ROUND = 0.3  # the corners' radius, of a line's height
LINE = 1.2  # from one line to the next, of a line's height


@lru_cache(maxsize=8)
def lettered(text: str, height: int, colour: str, paper: str, font: str | None) -> Image:
    """The words, lines as they are, each `height` pixels high (from the tallest letters to the deepest), on a paper of
    one colour with round corners, or on "none". 8 bits, sRGB.

    font: a file's path; Pillow's default font (Aileron, CC0) where None. UsageError where the font cannot be read or
    has no glyph for a character.
    """
    opened = _opened(font, height)
    _check_glyphs(text, opened, font)
    ink = _ink(text, opened, height)
    words = _filled(parse_colour(colour), ink)
    if paper == "none":
        return words
    more = round(ROOM * height)
    size_hw = ink.shape[0] + 2 * more, ink.shape[1] + 4 * more
    ground = _filled(parse_colour(paper), _rounded(size_hw, round(ROUND * height)))
    opacity = np.pad(ink, ((more, more), (2 * more, 2 * more)))
    rgb, found = composite([ground, _filled(parse_colour(colour), opacity)])
    return Image(rgb, found)


def _opened(font: str | None, height: int) -> FreeTypeFont:
    from PIL import ImageFont

    try:
        size = max(4, height * 3 // 4)  # of the em: ascender and descender together are larger
        return ImageFont.load_default(size) if font is None else ImageFont.truetype(font, size)  # type: ignore[return-value]
    except (OSError, ValueError) as error:  # the latter for a name with a null byte
        raise UsageError(f"{font}: cannot be read as a font ({error}); give the path of a .ttf or .otf file") from error


def _check_glyphs(text: str, font: FreeTypeFont, path: str | None) -> None:
    none = bytes(font.getmask("\uffff"))
    missing = [one for one in dict.fromkeys(text) if one.strip() and bytes(font.getmask(one)) == none]
    if missing:
        remedy = "give one that has them, as font=NotoSans.ttf" if path is None else "give another font"
        raise UsageError(f"the font {path or 'that comes with Pillow'} has no {''.join(missing)!r}; {remedy}")


def _ink(text: str, font: FreeTypeFont, height: int) -> Alpha:
    """The coverage of the words, H x W in [0, 1], lines in the middle."""
    from PIL import Image as PilImage
    from PIL import ImageDraw

    lines = text.split("\n")
    width = max(1, *(int(np.ceil(font.getlength(line))) + 2 for line in lines))
    canvas = PilImage.new("L", (width, max(1, round(height * (1 + LINE * (len(lines) - 1))))))
    pen = ImageDraw.Draw(canvas)
    for number, line in enumerate(lines):
        pen.text((width / 2, height * (0.5 + LINE * number)), line, fill=255, font=font, anchor="mm")
    return np.asarray(canvas, np.float32) / np.float32(255)


def _rounded(size_hw: tuple[int, int], radius: int) -> Alpha:
    from PIL import Image as PilImage
    from PIL import ImageDraw

    height, width = (n * FINE for n in size_hw)
    canvas = PilImage.new("L", (width, height))
    ImageDraw.Draw(canvas).rounded_rectangle((0, 0, width - 1, height - 1), radius * FINE, fill=255)
    fine: NDArray[np.float32] = np.asarray(canvas, np.float32) / np.float32(255)
    return np.asarray(fine.reshape(size_hw[0], FINE, size_hw[1], FINE).mean((1, 3)), np.float32)


def _filled(colour: tuple[int, int, int], coverage: Alpha) -> Image:
    return Image(np.broadcast_to(np.array(colour, np.uint8), (*coverage.shape, 3)), coverage)
