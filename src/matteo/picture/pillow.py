"""Pixels by Pillow: JPEG, WebP, AVIF, GIF, BMP, and images that a caller opened himself.

Plugins are called by their class, never through `Image.open`: so nothing but the format that the first bytes tell is
ever tried, and Pillow's global pixel limit stays as other users of the process set it, our own being checked first.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matteo.errors import MissingExtra, UnsupportedFormat
from matteo.picture import exif
from matteo.picture.decoded import Decoded, pixels_of
from matteo.picture.limits import Limits

if TYPE_CHECKING:
    import PIL.Image
    from PIL.ImageFile import ImageFile

_PLAIN = ("L", "LA", "RGB", "RGBA")
# Modes that hold the same as a plain one: the mode to convert to.
_EQUAL = {"1": "L", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "PA": "RGBA", "YCbCr": "RGB", "HSV": "RGB"}


def decode(data: bytes, format: str, name: str, limits: Limits) -> Decoded:
    """A file of one of the formats above."""
    image = _opened(data, format, name)
    limits.check_size(name, *image.size)
    animated = getattr(image, "is_animated", False)
    found = decode_image(image, name)
    return replace(found, notes=(*found.notes, "the first frame of an animation")) if animated else found


def _opened(data: bytes, format: str, name: str) -> ImageFile:
    stream = io.BytesIO(data)
    if format == "jpeg":
        return _jpeg(stream)
    if format == "webp":
        from PIL.WebPImagePlugin import WebPImageFile

        if int.from_bytes(data[4:8], "little") + 8 > len(data):
            raise ValueError("cut off")
        return WebPImageFile(stream)
    if format == "avif":
        from PIL.AvifImagePlugin import SUPPORTED, AvifImageFile

        if not SUPPORTED:
            raise UnsupportedFormat(f"{name}: this build of Pillow reads no AVIF; pip install --upgrade pillow")
        return AvifImageFile(stream)
    if format == "gif":
        from PIL.GifImagePlugin import GifImageFile

        return GifImageFile(stream)
    from PIL.BmpImagePlugin import BmpImageFile

    return BmpImageFile(stream)


def _jpeg(stream: io.BytesIO) -> ImageFile:
    from PIL.JpegImagePlugin import JpegImageFile

    class PlainJpeg(JpegImageFile):
        """Without Pillow's look into EXIF for a resolution, which warns of odd blocks; exif.py does that."""

        def _read_dpi_from_exif(self) -> None:
            pass

    return PlainJpeg(stream)


def decode_image(image: PIL.Image.Image, name: str) -> Decoded:
    """A Pillow image of any mode. Spaces other than grey and RGB come converted to sRGB."""
    info = image.info
    icc: bytes | None = info.get("icc_profile") or None
    notes: tuple[str, ...] = ()
    image.load()
    pixels: NDArray[Any]
    if image.mode in ("CMYK", "LAB"):
        from matteo.picture import colour

        pixels, notes = colour.to_srgb(image, icc)
        icc = None
    else:
        pixels = stored_pixels(image, name)
    dpi = info.get("dpi")
    return Decoded(
        pixels,
        icc=icc,
        exif=exif.clean(_exif_of(image)),
        xmp=_bytes(info.get("xmp")),
        dpi=(float(dpi[0]), float(dpi[1])) if dpi else None,
        notes=notes,
    )


def stored_pixels(image: PIL.Image.Image, name: str = "the picture") -> NDArray[Any]:
    """H x W x C as Decoded holds them; CMYK and LAB as they are, four and three channels."""
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16)[..., None]
    if image.mode == "I":
        return _from_integers(np.asarray(image), name)
    if image.mode in ("CMYK", "LAB"):
        return pixels_of(image)
    if "transparency" in image.info and image.mode in ("1", "L", "P", "RGB"):
        return pixels_of(image.convert("RGBA"))
    if image.mode == "P":
        return pixels_of(image.convert("RGB"))
    mode = image.mode if image.mode in _PLAIN else _EQUAL.get(image.mode)
    if mode is None:
        raise UnsupportedFormat(f"{name}: pixels of mode {image.mode} are not read; convert to RGB of 8 or 16 bits")
    return pixels_of(image if mode == image.mode else image.convert(mode))


def _from_integers(values: NDArray[Any], name: str) -> NDArray[np.uint16]:
    if values.min() < 0 or values.max() > 65535:
        raise UnsupportedFormat(f"{name}: 32-bit pixels beyond 0 to 65535 are not read; convert it to 8 or 16 bits")
    return values.astype(np.uint16)[..., None]


def _exif_of(image: PIL.Image.Image) -> bytes | None:
    block = _bytes(image.info.get("exif"))
    if block is None and getattr(image, "_exif", None):  # set by hand, or a TIFF that the caller opened
        block = image.getexif().tobytes()
    return block


def _bytes(value: object) -> bytes | None:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else None


def decode_heic(data: bytes, name: str, limits: Limits) -> Decoded:
    """HEIC through pillow-heif; 10 and 12 bits come as 16."""
    try:
        import pillow_heif
    except ImportError:
        raise MissingExtra(f'{name}: reading HEIC needs one more package; pip install "matteo[heic]"') from None
    heif = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
    limits.check_size(name, *heif.size)
    pixels = np.asarray(heif)
    found = exif.clean(heif.info.get("exif"))
    # libheif turns the picture itself (irot, imir); what EXIF says of it is a copy.
    return Decoded(
        pixels if pixels.ndim == 3 else pixels[..., None],
        icc=heif.info.get("icc_profile"),
        exif=replace(found, orientation=1),
        xmp=heif.info.get("xmp"),
        premultiplied=bool(getattr(heif, "premultiplied_alpha", False)),
        notes=("the first of several pictures in the file",) if len(heif) > 1 else (),
    )


def decode_raw(data: bytes, name: str, limits: Limits) -> Decoded:
    """A camera's raw developed by LibRaw: camera white balance, sRGB, 16 bits, upright."""
    try:
        import rawpy
    except ImportError:
        raise MissingExtra(f'{name}: reading camera raws needs one more package; pip install "matteo[raw]"') from None
    with rawpy.imread(io.BytesIO(data)) as raw:
        limits.check_size(name, raw.sizes.iwidth, raw.sizes.iheight)
        pixels = raw.postprocess(use_camera_wb=True, output_bps=16, gamma=(2.4, 12.92))
    return Decoded(pixels, notes=("developed from a camera raw with the camera's white balance",))
