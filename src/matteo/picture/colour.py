"""Named colours, and from one colour space to another.

Eight bits go through littlecms (Pillow's ImageCms). 16-bit RGB goes through the profiles' own curves and matrices,
exact to the rounding of the result; profiles that work by tables have to go through eight bits, and a note says so.
"""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matteo.errors import UsageError
from matteo.picture import icc as profiles
from matteo.picture.decoded import pixels_of
from matteo.picture.image import Image, Metadata

if TYPE_CHECKING:
    import PIL.Image

_STRIP_PIXELS = 1 << 18


def parse_colour(text: str) -> tuple[int, int, int]:
    """An sRGB colour, 0 to 255, from a CSS name, #rgb, #rrggbb or rgb(r, g, b). UsageError for anything else."""
    from PIL import ImageColor

    cleaned = text.strip().lower()
    plain = re.fullmatch(r"[a-z]+|#[0-9a-f]{3}|#[0-9a-f]{6}|rgb\(\s*\d{1,3}\s*(,\s*\d{1,3}\s*){2}\)", cleaned)
    try:
        values = ImageColor.getrgb(cleaned) if plain else ()
    except ValueError:
        values = ()
    if len(values) != 3 or max(values) > 255:
        near = get_close_matches(cleaned, colour_names(), 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"{text!r} is no colour; {hint}Write it as white, #f80, #ff8800 or rgb(255, 136, 0)")
    return values[0], values[1], values[2]


def colour_names() -> list[str]:
    """The names of CSS."""
    from PIL import ImageColor

    return list(ImageColor.colormap)


def convert(image: Image, icc: bytes | None) -> Image:
    """The picture in the space of another RGB profile (None: sRGB), same depth."""
    source, target = image.metadata.icc, icc
    if source == target:
        return image
    notes = image.notes
    if image.depth == 8:
        rgb: NDArray[Any] = _by_littlecms(image.rgb, source, target)
    else:
        ends = [profiles.matrix_profile(profile or profiles.srgb()) for profile in (source, target)]
        if ends[0] is not None and ends[1] is not None:
            rgb = _by_matrix(image.rgb, ends[0], ends[1])
        else:
            rgb = _by_littlecms(narrow(image.rgb), source, target).astype(np.uint16) * np.uint16(257)
            notes = (*notes, "its colours were converted with 8 bits, as a profile of tables allows no more")
    return replace(image, rgb=rgb, metadata=replace(image.metadata, icc=target), notes=notes)


def srgb_to_profile(colour: tuple[int, int, int], icc: bytes | None, depth: int = 8) -> tuple[int, int, int]:
    """An sRGB colour (0 to 255) in the space of a profile, in a picture's depth of 8 or 16 bits."""
    rgb = np.array(colour, np.uint8).reshape(1, 1, 3)
    found = convert(Image(widen(rgb) if depth == 16 else rgb, metadata=Metadata()), icc).rgb[0, 0].tolist()
    return found[0], found[1], found[2]


def narrow(values: NDArray[Any]) -> NDArray[np.uint8]:
    """16 bits to 8, rounded to the nearest; 8 bits as they are."""
    if values.dtype == np.uint8:
        return values
    import cv2

    return np.asarray(cv2.convertScaleAbs(np.ascontiguousarray(values), alpha=1 / 257), np.uint8).reshape(values.shape)


def widen(values: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """8 bits to 16: 255 becomes 65535."""
    return values.astype(np.uint16) * np.uint16(257)


def to_srgb(image: PIL.Image.Image, icc: bytes | None) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """A CMYK or LAB Pillow image as H x W x 3 in sRGB, and what is to be said of it."""
    if image.mode == "LAB":
        return _transformed(image, _lab_profile()), ("converted from Lab to sRGB",)
    if profiles.space(icc) == "CMYK" and icc is not None:
        try:
            return _transformed(image, icc), ("converted from CMYK to sRGB through its profile",)
        except (OSError, ValueError):
            pass  # a damaged profile: the plain way, and it is said
    plain = "converted from CMYK to sRGB without a profile (it has none that can be used); its colours are approximate"
    return pixels_of(image.convert("RGB")), (plain,)


def grey_to_srgb(grey: NDArray[Any], icc: bytes) -> NDArray[Any] | None:
    """Grey of a grey profile as grey of sRGB, same depth, exact to rounding. None where the profile has no curve."""
    curve, target = profiles.grey_curve(icc), profiles.matrix_profile(profiles.srgb())
    if curve is None or target is None:
        return None
    top = np.iinfo(grey.dtype).max
    levels = curve[np.rint(np.linspace(0, profiles.LEVELS - 1, top + 1)).astype(int)]
    table = np.rint(np.interp(levels, target.curves[0], np.linspace(0, top, profiles.LEVELS))).astype(grey.dtype)
    converted: NDArray[Any] = table[grey]
    return converted


def _lab_profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def _transformed(image: PIL.Image.Image, source: bytes, target: bytes | None = None) -> NDArray[np.uint8]:
    """Relative colorimetric with black point compensation, as picture programs show it."""
    import io

    from PIL import ImageCms

    opened = ImageCms.ImageCmsProfile(io.BytesIO(source))
    wanted = ImageCms.ImageCmsProfile(io.BytesIO(target or profiles.srgb()))
    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    try:
        done = ImageCms.profileToProfile(image, opened, wanted, intent, "RGB", flags=flags)
    except ImageCms.PyCMSError as error:
        raise ValueError(f"a colour profile that cannot be used ({error})") from error
    assert done is not None
    return pixels_of(done)


def _by_littlecms(rgb: NDArray[Any], source: bytes | None, target: bytes | None) -> NDArray[np.uint8]:
    import PIL.Image

    try:
        return _transformed(PIL.Image.fromarray(rgb), source or profiles.srgb(), target)
    except (OSError, ValueError) as error:
        raise UsageError(f"the background's colours cannot be converted ({error}); save it as sRGB") from error


def _by_matrix(rgb: NDArray[Any], source: profiles.MatrixProfile, target: profiles.MatrixProfile) -> NDArray[np.uint16]:
    """Decode by curve, multiply, encode by the inverse curve: in row strips, as floats take four times the room."""
    across = np.linalg.inv(target.matrix) @ source.matrix
    levels = np.arange(profiles.LEVELS, dtype=np.float64)
    out = np.empty(rgb.shape, np.uint16)
    rows = max(1, _STRIP_PIXELS // rgb.shape[1])
    for top in range(0, len(rgb), rows):
        strip = rgb[top : top + rows]
        linear = np.stack([source.curves[c][strip[..., c]] for c in range(3)], axis=-1) @ across.T
        for c in range(3):
            out[top : top + rows, :, c] = np.rint(np.interp(linear[..., c], target.curves[c], levels))
    return out
