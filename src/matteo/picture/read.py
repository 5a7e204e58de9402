"""Any picture a caller hands in, as an `Image`: format by first bytes, limits from the header, upright, straight.

This is the one door. Errors of whatever codec leave it as an error of ours, one line that names the file.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from matteo.errors import LimitExceeded, MatteoError, UnreadablePicture, UnsupportedFormat, UsageError
from matteo.picture import formats, icc, source
from matteo.picture.decoded import Decoded, cv2_colour
from matteo.picture.image import Alpha, Image
from matteo.picture.limits import Limits
from matteo.picture.metadata import carried
from matteo.picture.source import Source

if TYPE_CHECKING:
    import PIL.Image

__all__ = ["Source", "read"]

_ARRAY_SHAPES = "H x W, or H x W x 1, 2 (grey and alpha), 3 (RGB) or 4 (RGBA)"


def read(source: Source, *, limits: Limits = Limits(), bgr: bool = False) -> Image:  # noqa: B008 (frozen)
    """Read a picture from a path, bytes, a binary file object, a PIL image or a numpy array.

    Arrays are uint8 or uint16, H x W, or H x W x 1, 2 (grey and alpha), 3 (RGB) or 4 (RGBA, straight); `bgr` says that
    the channels of an array lie as BGR or BGRA. An RGB array is not copied: don't change it while the result is used.

    EXIF orientation is applied, also to a PIL image whose EXIF still says so. RGB profiles are kept; CMYK, Lab and
    grey of another curve become sRGB, which a note says. Raises UnreadablePicture, UnsupportedFormat, LimitExceeded,
    MissingExtra, UsageError.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, limits, bgr)
    if bgr:
        raise UsageError("bgr=True is for arrays only: a file says its own order of colours; leave it out")
    if _is_pil(source):
        return _from_pil(source, limits)
    return _from_file(source, limits)


def _is_pil(source: object) -> TypeGuard[PIL.Image.Image]:
    # Where nobody loaded Pillow, nothing can be an image of its; where another thread is loading it, not yet.
    kind = getattr(sys.modules.get("PIL.Image"), "Image", None)
    return kind is not None and isinstance(source, kind)


def _from_file(given: object, limits: Limits) -> Image:
    data, name = source.load(given, limits)
    head = data[: formats.HEAD_BYTES]
    format = formats.sniff(head)
    if format is None:
        raise _unknown(head, name)
    return _guarded(name, lambda: _finished(*_decoded(data, format, name, limits)))


def _unknown(head: bytes, name: str) -> MatteoError:
    if (known := formats.refusal(head)) is not None:
        return UnsupportedFormat(f"{name}: is {known[0]}, which is not read here; {known[1]}")
    kind = "looks like text" if head.isascii() and b"\0" not in head else "begins with no known picture's bytes"
    return UnreadablePicture(
        f"{name}: is no picture ({kind}); give a JPEG, PNG, WebP, AVIF, TIFF, BMP, GIF, HEIC or camera raw"
    )


def _guarded(name: str, work: Any) -> Image:
    """Codecs raise anything at all on damaged bytes: from here on it is one line that names the file."""
    try:
        image: Image = work()
        return image
    except MatteoError:
        raise
    except MemoryError as error:
        raise LimitExceeded(f"{name}: needs more memory than there is; make it smaller first") from error
    except Exception as error:
        if type(error).__name__ == "DecompressionBombError":
            raise LimitExceeded(f"{name}: larger than Pillow's PIL.Image.MAX_IMAGE_PIXELS allows; raise it") from error
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise UnreadablePicture(f"{name}: damaged or cut off ({reason}); fetch or export it again") from error


def _decoded(data: bytes, format: str, name: str, limits: Limits) -> tuple[Decoded, str]:
    """Decoders are imported when their format comes: a folder of JPEG never loads OpenCV for it."""
    from matteo.picture import pillow

    if format == "png":
        from matteo.picture import png

        return png.decode(data, name, limits), format
    if format == "tiff":
        return _decoded_tiff(data, name, limits)
    if format == "heic":
        return pillow.decode_heic(data, name, limits), format
    if format == "raw":
        return pillow.decode_raw(data, name, limits), format
    return pillow.decode(data, format, name, limits), format


def _decoded_tiff(data: bytes, name: str, limits: Limits) -> tuple[Decoded, str]:
    from matteo.picture import pillow, tiff

    directory = tiff.directory_of(data)
    if tiff.is_raw(directory):
        return pillow.decode_raw(data, name, limits), "raw"
    decoded, layout = tiff.decode(data, directory, name, limits)
    if layout.photometric not in (5, 8):
        return decoded, "tiff"
    return _other_space(decoded, "CMYK" if layout.photometric == 5 else "LAB", name), "tiff"


def _other_space(decoded: Decoded, mode: str, name: str) -> Decoded:
    import PIL.Image

    from matteo.picture import colour

    if mode == "LAB" and decoded.pixels.itemsize == 2:
        raise UnsupportedFormat(f"{name}: 16-bit Lab is not read; save it as 16-bit RGB")
    values = np.ascontiguousarray(colour.narrow(decoded.pixels[..., : len(mode)]))
    height, width, _ = values.shape
    image = PIL.Image.frombytes(mode, (width, height), values.tobytes())
    pixels, notes = colour.to_srgb(image, decoded.icc)
    if decoded.pixels.shape[2] > len(mode):
        pixels = np.dstack([pixels, colour.narrow(decoded.pixels[..., len(mode)])])
    return replace(decoded, pixels=pixels, icc=None, notes=(*decoded.notes, *notes))


def _from_pil(image: PIL.Image.Image, limits: Limits) -> Image:
    from matteo.picture import pillow

    name = str(getattr(image, "filename", "") or "the PIL image")
    limits.check_size(name, *image.size)
    if not all(image.size):
        raise UnreadablePicture(f"{name}: has no pixels; give a picture of at least 1 x 1")
    return _guarded(name, lambda: replace(_finished(pillow.decode_image(image, name), None), format=_pil_format(image)))


def _pil_format(image: PIL.Image.Image) -> str | None:
    return image.format.lower() if image.format else None


def _from_array(array: NDArray[Any], limits: Limits, bgr: bool) -> Image:
    if array.dtype.kind != "u" or array.itemsize > 2:
        raise UsageError(
            f"an array of {array.dtype} is not read; give uint8 or uint16, e.g. "
            "(array * 255).round().astype(numpy.uint8) for floats from 0 to 1"
        )
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        raise UsageError(f"an array of shape {array.shape} is no picture; give {_ARRAY_SHAPES}")
    if not array.size:
        raise UsageError(f"an array of shape {array.shape} has no pixels; give {_ARRAY_SHAPES}")
    limits.check_size("the array", array.shape[1], array.shape[0])
    pixels = array if array.ndim == 3 else array[..., None]
    if bgr and pixels.shape[2] >= 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    return _finished(Decoded(pixels.astype(pixels.dtype.newbyteorder("="), copy=False)), None)


def _finished(decoded: Decoded, format: str | None) -> Image:
    """From pixels as stored to the one convention: colour and opacity apart, straight, RGB, upright."""
    metadata, notes = carried(icc=decoded.icc, exif=decoded.exif, xmp=decoded.xmp, dpi=decoded.dpi)
    pixels = decoded.pixels
    opacity = _opacity(pixels[..., -1]) if pixels.shape[2] in (2, 4) else None
    colours = _colours(pixels)
    if decoded.premultiplied and opacity is not None:
        colours = _straight(colours, pixels[..., -1])
    if opacity is not None and opacity.min() == 1:
        opacity = None  # screenshots and exports have an alpha that hides nothing
    profile, said = metadata.icc, icc.space(metadata.icc)
    if profile is not None and colours.shape[2] == 1 and said == "GRAY":
        colours, profile, more = _grey_in_srgb(colours, profile)
        notes += more
    if profile is not None and said != "RGB" and (said != "GRAY" or colours.shape[2] == 3):
        profile = None
        notes += ("its colour profile is not one of RGB pictures and was left out",)
    rgb = cv2_colour(colours, "GRAY2RGB") if colours.shape[2] == 1 else colours
    turn = decoded.exif.orientation
    return Image(
        np.ascontiguousarray(_upright(rgb, turn)),
        None if opacity is None else np.ascontiguousarray(_upright(opacity, turn)),
        replace(metadata, icc=profile, dpi=metadata.dpi[::-1] if metadata.dpi and turn >= 5 else metadata.dpi),
        format,
        (*decoded.notes, *notes),
    )


def _colours(pixels: NDArray[Any]) -> NDArray[Any]:
    """Without alpha. OpenCV for RGBA: a tenth of the time of a strided copy."""
    if pixels.shape[2] == 4:
        return cv2_colour(np.ascontiguousarray(pixels), "RGBA2RGB")
    return pixels[..., :1] if pixels.shape[2] == 2 else pixels


def _grey_in_srgb(grey: NDArray[Any], profile: bytes) -> tuple[NDArray[Any], None, tuple[str, ...]]:
    from matteo.picture import colour

    converted = colour.grey_to_srgb(grey, profile)
    if converted is None:
        return grey, None, ("its grey profile cannot be used and was left out",)
    return converted, None, ("converted from grey with a profile to sRGB",)


def _opacity(values: NDArray[Any]) -> Alpha:
    opacity: Alpha = np.divide(values, np.float32(np.iinfo(values.dtype).max), dtype=np.float32)
    return opacity


def _straight(colours: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """Colour divided by alpha, rounded; 0 where alpha is 0."""
    top = np.iinfo(colours.dtype).max
    out = np.empty_like(colours)
    rows = max(1, (1 << 18) // colours.shape[1])
    for at in range(0, len(colours), rows):
        below = alpha[at : at + rows, :, None].astype(np.uint32)
        value = (colours[at : at + rows].astype(np.uint32) * top + below // 2) // np.maximum(below, 1)
        out[at : at + rows] = np.where(below > 0, np.minimum(value, top), 0)
    return out


def _upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Undo one of the eight EXIF orientations. A view."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
