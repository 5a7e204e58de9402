"""Colours as the dialect writes them: hex of 3, 4, 6 or 8 digits with or without #, or a CSS name."""

from __future__ import annotations

import re
from typing import TypeAlias

import numpy as np

from matteo.errors import UsageError
from matteo.picture.colour import parse_colour
from matteo.picture.image import Image
from matteo.server.removebg.lengths import bad

Colour: TypeAlias = tuple[int, int, int, int]

_HEX = re.compile(r"#?([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")


def parse(text: str) -> Colour | None:
    """Red, green, blue and opacity, 0 to 255; None for one that is not seen. Refusal for what is no colour."""
    if text.lower() == "transparent":
        return None
    matched = _HEX.fullmatch(text)
    if matched is None:
        return (*_named(text), 255)
    digits = matched[1] if len(matched[1]) > 4 else "".join(2 * digit for digit in matched[1])
    values = bytes.fromhex(digits + "ff")[:4]
    return (values[0], values[1], values[2], values[3]) if values[3] else None


def _named(text: str) -> tuple[int, int, int]:
    try:
        return parse_colour(text)
    except UsageError:
        raise bad("bg_color") from None


def as_picture(colour: Colour) -> Image:
    """1 x 1, which spreads by itself."""
    rgb = np.array(colour[:3], np.uint8).reshape(1, 1, 3)
    return Image(rgb, None if colour[3] == 255 else np.full((1, 1), colour[3] / 255, np.float32))
