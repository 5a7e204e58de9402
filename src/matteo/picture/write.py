"""From pixels and metadata to a file's bytes, and from bytes to a file that is there whole or not at all.

Pillow writes what has 8 bits only (WebP, AVIF, JPEG); PNG and TIFF of both depths are in png.py and tiff.py.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.errors import OutputError, OutputExists, UnsupportedFormat, UsageError
from matteo.picture import exif, icc
from matteo.picture.colour import narrow
from matteo.picture.decoded import cv2_colour
from matteo.picture.image import Alpha, Metadata, Rgb

DEFAULT_QUALITY = {"webp": 90, "avif": 80, "jpeg": 92}
DEEP = ("png", "tiff")  # formats that hold 16 bits
_LONGEST_JPEG_SEGMENT = 65533


def encode(rgb: Rgb, alpha: Alpha | None, metadata: Metadata, format: str, *, quality: int | None = None) -> bytes:
    """The bytes of a file of `format`: "png", "tiff" (8 and 16 bits), "webp", "avif" or "jpeg" (8 bits, rounded).

    `alpha` None is opaque; it is straight and lossless in every format. `quality` (1 to 100) is for WebP (90), AVIF
    (80) and JPEG (92); WebP of quality 100 is lossless. Lossy WebP chooses colours under alpha 0 itself, the other
    formats hold what is given. ICC, EXIF, XMP and DPI go into every format. Raises UnsupportedFormat, UsageError.
    """
    if format not in ("png", "tiff", "webp", "avif", "jpeg"):
        raise UnsupportedFormat(f"{format} is not written here; use png, webp, avif, tiff or jpeg")
    if format == "jpeg" and alpha is not None:
        raise UnsupportedFormat(
            "JPEG holds no transparency; put it over a background first (--background, Cutout.over), or choose png, "
            "webp, avif or tiff"
        )
    if quality is not None and not 1 <= quality <= 100:
        raise UsageError(f"a quality of {quality} makes no sense; give 1 to 100")
    pixels = joined(rgb, alpha, rgb.itemsize * 8 if format in DEEP else 8)
    return _encoded(pixels, metadata, format, quality)


def encode_grey(alpha: Alpha, metadata: Metadata, format: str, *, depth: int) -> bytes:
    """A matte as a grey picture of 8 or 16 bits (formats without 16: 8). An RGB profile is not put on it."""
    values = quantised(alpha, np.dtype(np.uint16 if depth == 16 and format in DEEP else np.uint8))
    fitting = metadata if icc.space(metadata.icc) == "GRAY" else replace(metadata, icc=None)
    if format not in ("png", "tiff", "webp", "avif", "jpeg"):
        raise UnsupportedFormat(f"{format} is not written here; use png, webp, avif, tiff or jpeg")
    return _encoded(values[..., None], fitting, format, 100 if format == "webp" else None)


def quantised(alpha: Alpha, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Alpha in [0, 1] as integers, rounded."""
    out = np.empty(alpha.shape, dtype)
    top = np.iinfo(dtype).max
    rows = max(1, (1 << 18) // alpha.shape[1])
    for at in range(0, len(alpha), rows):
        out[at : at + rows] = np.rint(np.clip(alpha[at : at + rows], 0, 1) * np.float32(top))
    return out


def joined(rgb: Rgb, alpha: Alpha | None, depth: int) -> NDArray[Any]:
    """H x W x 3 or 4, straight, of 8 bits (rounded) or of the depth that `rgb` has."""
    colours = narrow(rgb) if depth == 8 else rgb
    if alpha is None:
        return np.ascontiguousarray(colours)
    out = cv2_colour(np.ascontiguousarray(colours), "RGB2RGBA")
    out[..., 3] = quantised(alpha, colours.dtype)
    return out


def _encoded(pixels: NDArray[Any], metadata: Metadata, format: str, quality: int | None) -> bytes:
    if format == "png":
        from matteo.picture import png_encode

        return png_encode.encode(pixels, metadata)
    if format == "tiff":
        from matteo.picture import tiff

        return tiff.encode(pixels, metadata)
    return _by_pillow(pixels, metadata, format, quality or DEFAULT_QUALITY[format])


def _by_pillow(pixels: NDArray[Any], metadata: Metadata, format: str, quality: int) -> bytes:
    import PIL.Image

    options: dict[str, Any] = {"quality": quality}
    if format == "webp":
        _check_side(pixels, 16383, "WebP")
        options |= {"lossless": quality == 100, "exact": quality == 100, "method": 2}
    elif format == "avif":
        _check_side(pixels, 65536, "AVIF")
        options |= {"subsampling": "4:4:4" if pixels.shape[2] == 4 else "4:2:0", "speed": 9}
        options |= {"codec": "aom", "advanced": {"a:cq-level": "0"}} if pixels.shape[2] == 4 else {}  # alpha lossless
    else:
        _check_side(pixels, 65500, "JPEG")
        options |= {"subsampling": 0 if quality >= 90 else 2}
        options |= {"dpi": tuple(round(v) for v in metadata.dpi)} if metadata.dpi else {}
        _check_segments(metadata)
    if metadata.icc:
        options["icc_profile"] = metadata.icc
    # WebP and AVIF have no resolution but EXIF's.
    block = metadata.exif if format == "jpeg" else exif.with_resolution(metadata.exif, metadata.dpi)
    if block:
        options["exif"] = (b"" if format == "avif" else exif.PREFIX) + block
    if metadata.xmp:
        options["xmp"] = metadata.xmp
    image = PIL.Image.fromarray(pixels if pixels.shape[2] > 1 else pixels[..., 0])
    stream = io.BytesIO()
    image.save(stream, format.upper(), **options)
    return stream.getvalue()


def _check_side(pixels: NDArray[Any], longest: int, name: str) -> None:
    if max(pixels.shape[:2]) > longest:
        height, width = pixels.shape[:2]
        raise UnsupportedFormat(f"{width} x {height} is too large for {name} ({longest} at most a side); choose png")


def _check_segments(metadata: Metadata) -> None:
    for name, block in (("EXIF", metadata.exif), ("XMP", metadata.xmp)):
        if block and len(block) > _LONGEST_JPEG_SEGMENT - 64:
            raise UnsupportedFormat(f"its {name} ({len(block)} bytes) is too large for JPEG; use --strip or choose png")


def publish(data: bytes, target: Path, *, overwrite: bool = False, sources: Sequence[Path] = ()) -> None:
    """Put `data` at `target`, whole or not at all: written aside in its folder (`.name.….part`), synced, renamed.

    Raises OutputExists where something is there and `overwrite` is not set, OutputError where it cannot be written or
    `target` is one of the `sources` by whatever name. A process killed half-way leaves at most a hidden `.part` file.
    """
    _check_sources(target, sources)
    if not overwrite and os.path.lexists(target):
        raise _exists(target)
    part = target.with_name(f".{target.name[:180]}.{secrets.token_hex(4)}.part")
    try:
        _write_synced(part, data)
        _put_in_place(part, target, overwrite)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror or error}); {_remedy(error)}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _check_sources(target: Path, sources: Sequence[Path]) -> None:
    for source in sources:
        with contextlib.suppress(OSError):
            if os.path.samefile(source, target):
                raise OutputError(f"{target}: is the source itself, which is never overwritten; give another output")


def _exists(target: Path) -> OutputExists:
    return OutputExists(f"{target}: is there already; --overwrite (overwrite=True) replaces it, or give another output")


def _write_synced(part: Path, data: bytes) -> None:
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with open(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(part: Path, target: Path, overwrite: bool) -> None:
    """Without `overwrite` never over anything, even what another process put there a moment ago."""
    if overwrite:
        os.replace(part, target)
        return
    try:
        os.link(part, target)
        return
    except FileExistsError:
        raise _exists(target) from None
    except (OSError, NotImplementedError):
        pass  # a file system without hard links (exFAT, some shares)
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    except FileExistsError:
        raise _exists(target) from None
    try:
        os.replace(part, target)
    except OSError:
        target.unlink()  # our own empty reservation
        raise


def _remedy(error: OSError) -> str:
    import errno

    remedies = {
        errno.ENOENT: "make the folder first",
        errno.ENOTDIR: "its folder is a file; give another output",
        errno.EACCES: "change the folder's permissions or give another output",
        errno.EPERM: "change the folder's permissions or give another output",
        errno.EROFS: "the file system is read-only; give another output",
        errno.ENOSPC: "free some room or give an output on another disk",
        errno.EDQUOT: "free some room or give an output on another disk",
        errno.EISDIR: "it is a folder; give a file's name",
        errno.ENAMETOOLONG: "give a shorter name",
    }
    return remedies.get(error.errno or 0, "give another output")
