"""PNG files written: rows filtered here and packed by ISA-L's deflate, five times as fast as libpng's; where that packs
much worse (drawings, large flat parts), or is not to be had, by OpenCV's libpng."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.picture.image import Metadata
from matteo.picture.png import METRES_PER_INCH, SIGNATURE, XMP_KEYWORD, framed

isal_zlib: Any
try:
    from isal import isal_zlib
except ImportError:  # no build for this processor
    isal_zlib = None

Bytes = NDArray[np.uint8]
Way = Callable[[NDArray[Any]], Iterable[bytes | memoryview]]  # a picture's zlib stream, in parts

COLOUR = {1: 0, 3: 2, 4: 6}  # PNG's number for so many channels
SUB, UP, MEAN = 1, 2, 3  # PNG's numbers of its filters
LEVEL = 1  # of ISA-L's deflate: 0 packs a fifth worse, 2 no better
SAMPLE = 16, 384  # rows, at least, and columns, at most
STRIP = 1 << 22  # bytes of rows that are filtered at once
WORSE = 1.12  # than the best of all ways, on a sample: up to there the faster one is taken


def encode(pixels: NDArray[Any], metadata: Metadata) -> bytes:
    """H x W x C (C of 1, 3, 4), uint8 or uint16, as PNG."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, COLOUR[channels], 0, 0, 0)
    packed = (part for body in fastest_way(pixels)(pixels) for part in framed(b"IDAT", body))
    return b"".join([SIGNATURE, *framed(b"IHDR", header), *_extra_chunks(metadata), *packed, *framed(b"IEND", b"")])


def fastest_way(pixels: NDArray[Any]) -> Way:
    """The fastest that packs a sample from the middle within WORSE of the best.

    On photographs' cut-outs that is one of ISA-L's. Deflate that looks longer for repetitions suits drawings and what
    JPEG has quantised.
    """
    height, width = pixels.shape[:2]
    rows, columns = min(height, max(SAMPLE[0], height // 128)), min(width, SAMPLE[1])
    top, left = (height - rows) // 2, (width - columns) // 2
    sample = np.ascontiguousarray(pixels[top : top + rows, left : left + columns])
    sizes = [[sum(len(part) for part in way(sample)) for way in ways] for ways in WAYS]
    least = min(map(min, sizes))
    return next(
        ways[int(np.argmin(each))] for ways, each in zip(WAYS, sizes, strict=True) if min(each) <= WORSE * least
    )


def by_isal(number: int) -> Way:
    """With one of PNG's filters for all rows."""

    def way(pixels: NDArray[Any]) -> Iterator[bytes]:
        packer = isal_zlib.compressobj(LEVEL)
        for strip in filtered(pixels, number):
            if part := packer.compress(strip):
                yield part
        yield packer.flush()

    return way


def by_opencv(*settings: int) -> Way:
    """settings: for `cv2.imencode`."""

    def way(pixels: NDArray[Any]) -> Iterator[memoryview]:
        import cv2

        if pixels.shape[2] >= 3:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR)
        done, packed = cv2.imencode(".png", pixels, settings)
        if not done:
            raise MemoryError("OpenCV could not encode the PNG")
        yield from _idat(memoryview(packed.ravel()))  # type: ignore[arg-type]

    return way


def filtered(pixels: NDArray[Any], number: int) -> Iterator[Bytes]:
    """Strips of rows, each row's filter before it, for deflate (PNG 1.2, chapter 6: what the left, the upper, or the
    mean of both predict is taken away)."""
    height, width, channels = pixels.shape
    one = channels * pixels.itemsize
    strip = max(1, STRIP // (width * one))
    above = np.zeros((1, width * one), np.uint8)
    for top in range(0, height, strip):
        rows = _as_bytes(pixels[top : top + strip])
        out = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
        out[:, 0] = number
        values = out[:, 1:]
        if number == SUB:
            values[:, :one] = rows[:, :one]
            np.subtract(rows[:, one:], rows[:, :-one], out=values[:, one:])
        else:
            if number == UP:
                np.subtract(rows[:1], above, out=values[:1])
                np.subtract(rows[1:], rows[:-1], out=values[1:])
            else:  # of left and upper, rounded down, in bytes
                uppers, lefts = np.concatenate([above, rows[:-1]]), np.zeros_like(rows)
                lefts[:, one:] = rows[:, :-one]
                np.subtract(rows, (lefts & uppers) + ((lefts ^ uppers) >> 1), out=values)
            above = rows[-1:]
        yield out


def _as_bytes(rows: NDArray[Any]) -> Bytes:
    """h x (w C bytes), 16 bits with the higher byte first."""
    if rows.itemsize == 2:
        rows = rows.astype(">u2")
    return np.ascontiguousarray(rows).reshape(len(rows), -1).view(np.uint8)


def _idat(file: memoryview) -> Iterator[memoryview]:
    """The pixels' chunks of a PNG file, without their frames."""
    at = len(SIGNATURE)
    while at < len(file):
        length, kind = struct.unpack_from(">I4s", file, at)
        if kind == b"IDAT":
            yield file[at + 8 : at + 8 + length]
        at += 12 + length


def _ways() -> tuple[tuple[Way, ...], ...]:
    """The fastest first; those of one tuple take about as long as each other."""
    import cv2

    deflated = cv2.IMWRITE_PNG_COMPRESSION, 4, cv2.IMWRITE_PNG_FILTER
    by_runs = cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE, cv2.IMWRITE_PNG_FILTER
    fastest = tuple(by_isal(number) for number in (UP, SUB, MEAN))
    for_photographs = cv2.IMWRITE_PNG_FILTER_PAETH, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_FILTERED
    return (
        fastest if isal_zlib else (by_opencv(*by_runs, cv2.IMWRITE_PNG_FILTER_AVG),),
        (by_opencv(*by_runs, cv2.IMWRITE_PNG_FILTER_PAETH),),
        (by_opencv(*deflated, *for_photographs), by_opencv(*deflated, cv2.IMWRITE_PNG_ALL_FILTERS)),
    )


WAYS = _ways()


def _extra_chunks(metadata: Metadata) -> Iterator[bytes | memoryview]:
    if metadata.icc:
        yield from framed(b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc))
    if metadata.dpi:
        per_metre = [round(value / METRES_PER_INCH) for value in metadata.dpi]
        yield from framed(b"pHYs", struct.pack(">IIB", *per_metre, 1))
    if metadata.exif:
        yield from framed(b"eXIf", metadata.exif)
    if metadata.xmp:
        yield from framed(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + metadata.xmp)
