"""From bytes to arrays: pictures by the house's reader, masks without any colour management, as alpha is no colour."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from matteo.errors import DataError, MatteoError
from matteo.picture.colour import narrow
from matteo.picture.image import Image
from matteo.picture.mask import SOME, numbers_in
from matteo.picture.read import read

COLOURED = 48  # difference of two channels of a mask from which it is a colour and no noise of JPEG


class Named(io.BytesIO):
    """Bytes that the reader's errors can call by name."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(data)
        self.name = name


def decode(data: bytes, mode: str) -> NDArray[np.uint8]:
    """As Pillow sees it: no orientation, no limits. mode: Pillow's, "RGB" or "L"."""
    with PilImage.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert(mode))


def picture_of(data: bytes, name: str) -> Image:
    """A picture, upright. Raises DataError, naming it, for what cannot be read."""
    try:
        return read(Named(name, data))
    except MatteoError as error:
        raise DataError(str(error)) from error


def rgb_of(image: Image) -> NDArray[np.uint8]:
    return np.asarray(narrow(image.rgb), np.uint8)


def own_alpha(image: Image, name: str) -> NDArray[np.uint8]:
    if image.opacity is None:
        raise DataError(f"{name}: has no transparency and no mask beside it; add a mask")
    return np.asarray(np.rint(image.opacity * 255), np.uint8)


def mask_of(data: bytes, name: str) -> NDArray[np.uint8]:
    """H x W uint8 of a mask file: its alpha where it has transparency, else its grey; 16 bits are rounded to 8.

    Raises DataError for what cannot be read, and for numbers of classes in place of alpha (0 and 1, colours).
    """
    raw = raw_mask(data, name)
    if fault := fault_of(raw):
        raise DataError(f"{name}: {fault}")
    return in_8_bits(raw)


def raw_mask(data: bytes, name: str) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """A mask as stored: H x W (grey, or its alpha where that says something) uint8 or uint16, or H x W x 3 uint8."""
    try:
        with PilImage.open(io.BytesIO(data)) as picture:
            if picture.mode.startswith("I;16"):
                return np.asarray(picture).astype(np.uint16)
            if picture.mode in ("I", "F"):
                raise DataError(f"{name}: a mask of mode {picture.mode} is not read; save it with 8 or 16 bits")
            if picture.has_transparency_data:
                alpha = np.asarray(picture.convert("RGBA"))[..., 3]
                if alpha.min() < 255:
                    return alpha
            return np.asarray(picture.convert("L" if picture.mode in ("1", "L", "LA") else "RGB"))
    except MatteoError:
        raise
    except Exception as error:  # decoders raise anything on damaged bytes
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise DataError(f"{name}: the mask cannot be read ({reason}); export it again") from error


def in_8_bits(raw: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
    """H x W uint8 of what `raw_mask` gives."""
    eight = narrow(raw)
    return eight if eight.ndim == 2 else np.asarray(PilImage.fromarray(eight).convert("L"))


def fault_of(raw: NDArray[np.uint8] | NDArray[np.uint16]) -> str | None:
    """Why stored values are no alpha, with the remedy; None if they may be."""
    if raw.ndim == 3:
        spread = raw.max(axis=2).astype(np.int16) - raw.min(axis=2)
        if (spread > COLOURED).mean() > SOME:
            return "the mask is coloured (classes or a palette); save the subject as white on black"
        return None
    fault = numbers_in(raw)
    return f"the mask's {fault}" if fault else None
