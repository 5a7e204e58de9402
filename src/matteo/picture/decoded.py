"""What a decoder hands to the reader: pixels as they lay in the file, and what is to be known of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matteo.picture.exif import Cleaned

if TYPE_CHECKING:
    import PIL.Image


@dataclass(frozen=True)
class Decoded:
    """pixels: H x W x C, uint8 or uint16; C is 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.

    icc, xmp, dpi are the file's own; `exif` is cleaned already and knows how the picture is to be turned.
    """

    pixels: NDArray[Any]
    icc: bytes | None = None
    exif: Cleaned = field(default_factory=lambda: Cleaned(None))
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    premultiplied: bool = False
    notes: tuple[str, ...] = ()


def pixels_of(image: PIL.Image.Image) -> NDArray[np.uint8]:
    """H x W x C of an L, LA, RGB or RGBA Pillow image.

    Row strips of about 100 kB: three times as fast as np.asarray and without a second copy of the whole picture.
    """
    width, height = image.size
    bands = len(image.getbands())
    out = np.empty((height, width, bands), np.uint8)
    rows = max(1, 100_000 // (4 * width))
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        strip = np.frombuffer(image.crop((0, top, width, bottom)).tobytes(), np.uint8)
        out[top:bottom] = strip.reshape(bottom - top, width, bands)
    return out


def cv2_colour(pixels: NDArray[Any], conversion: str) -> NDArray[Any]:
    """OpenCV's cvtColor by the name of a code, always with an axis of channels."""
    import cv2

    done = cv2.cvtColor(pixels, getattr(cv2, f"COLOR_{conversion}"))
    return done if done.ndim == 3 else done[..., None]
