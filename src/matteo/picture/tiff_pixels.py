"""A TIFF's samples. Plain and deflated strips and tiles are unpacked here, LZW and the like by OpenCV.

To OpenCV interleaved samples are one grey picture `samples` times as wide, so no decoder swaps colours, minds alpha or
converts anything; differences (predictor 2) are undone here. Pillow has the rare rest: few bits, palettes, fax.
"""

from __future__ import annotations

import io
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.errors import UnsupportedFormat
from matteo.picture import ifd

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, ROWS, PLANAR = 256, 257, 258, 259, 262, 277, 278, 284
STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS = 273, 279, 324, 325
TILE_WIDTH, TILE_HEIGHT, PREDICTOR, EXTRA, KIND = 322, 323, 317, 338, 339
_FOR_PIXELS = frozenset((256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324))
_FOR_PIXELS |= frozenset((325, 332, 338, 339, 347, 512, 513, 514, 519, 520, 521, 529, 530, 531, 532))
_NO_COMPRESSION, _LZW, _PACKBITS, _JPEGS, _DEFLATES = 1, 5, 32773, (6, 7), (8, 32946)


@dataclass(frozen=True)
class Layout:
    """What the directory says of the pixels."""

    width: int
    height: int
    depth: int
    samples: int
    photometric: int
    compression: int
    extra: tuple[int, ...]
    planar: bool
    tile_hw: tuple[int, int]  # of a tile; strips are tiles as wide as the picture
    offsets: tuple[int, ...]
    counts: tuple[int, ...]

    @property
    def per_plane(self) -> int:
        """Tiles of a plane."""
        return -(-self.height // self.tile_hw[0]) * -(-self.width // self.tile_hw[1])


def unpack(data: bytes, directory: ifd.Directory, layout: Layout, name: str) -> NDArray[Any]:
    """H x W x samples as stored, uint8 or uint16 (few bits and palettes as Pillow gives them)."""
    if layout.compression in _JPEGS and layout.samples > 3:
        raise UnsupportedFormat(
            f"{name}: a TIFF of {layout.samples} channels compressed as JPEG is not read; save it with LZW, or as RGB "
            "without transparency"
        )
    if layout.compression in _JPEGS and layout.depth == 8:
        return _by_opencv(_rewritten(data, directory, {}))
    if layout.depth not in (8, 16) or layout.photometric in (3, 6):
        return _by_pillow(data, directory, name)
    predictor = directory.number(PREDICTOR, 1)
    if predictor not in (1, 2):
        raise UnsupportedFormat(f"{name}: a TIFF with predictor {predictor} is not read; save it uncompressed")
    planes = layout.samples if layout.planar else 1
    out = np.empty((layout.height, layout.width, layout.samples), np.uint8 if layout.depth == 8 else np.uint16)
    for plane in range(planes):
        part = out[..., plane : plane + 1] if layout.planar else out
        if layout.compression in (_NO_COMPRESSION, *_DEFLATES):
            _fill(data, directory.order, layout, plane, predictor, part)
        elif layout.compression in (_LZW, _PACKBITS):
            part[...] = _as_grey(data, directory, layout, plane).reshape(part.shape)
            if predictor == 2:
                _sum_rows(part, layout.tile_hw[1])
        else:
            raise UnsupportedFormat(f"{name}: a TIFF with compression {layout.compression} is not read; save it as LZW")
    if layout.photometric == 0:
        np.invert(out[..., :1], out=out[..., :1])
    return out


def _fill(data: bytes, order: str, layout: Layout, plane: int, predictor: int, out: NDArray[Any]) -> None:
    rows, columns = layout.tile_hw
    stored = out.dtype.newbyteorder("<" if order == "<" else ">")
    across = -(-layout.width // columns)
    for index in range(layout.per_plane):
        top, left = index // across * rows, index % across * columns
        at, count = (values[plane * layout.per_plane + index] for values in (layout.offsets, layout.counts))
        # A strip at the end may be short, a tile never is.
        high = rows if columns < layout.width else min(rows, layout.height - top)
        needed = high * columns * out.shape[2] * out.itemsize
        raw = data[at : at + count]
        if layout.compression != _NO_COMPRESSION:
            raw = zlib.decompressobj().decompress(raw, needed)
        tile = np.frombuffer(raw, stored, needed // out.itemsize).reshape(high, columns, out.shape[2])
        target = out[top : top + rows, left : left + columns]
        target[...] = tile[: target.shape[0], : target.shape[1]]
        if predictor == 2:
            _sum_rows(target, columns)


def _sum_rows(pixels: NDArray[Any], columns: int) -> None:
    """Undo horizontal differences, which start anew in each tile."""
    for left in range(0, pixels.shape[1], columns):
        part = pixels[:, left : left + columns]
        np.cumsum(part, axis=1, dtype=pixels.dtype, out=part)


def _as_grey(data: bytes, directory: ifd.Directory, layout: Layout, plane: int) -> NDArray[Any]:
    wide = 1 if layout.planar else layout.samples
    some = slice(plane * layout.per_plane, (plane + 1) * layout.per_plane)
    source = ifd.Directory(directory.order, {t: e for t, e in directory.entries.items() if t not in (EXTRA, PREDICTOR)})
    tiled = TILE_OFFSETS in source.entries
    source.put(TILE_OFFSETS if tiled else STRIP_OFFSETS, ifd.LONG, layout.offsets[some])
    source.put(TILE_COUNTS if tiled else STRIP_COUNTS, ifd.LONG, layout.counts[some])
    changes = {WIDTH: layout.width * wide, SAMPLES: 1, BITS: layout.depth, PHOTOMETRIC: 1, PLANAR: 1, KIND: 1}
    if tiled:
        changes[TILE_WIDTH] = layout.tile_hw[1] * wide
    return _by_opencv(_rewritten(data, source, changes))


def _rewritten(data: bytes, directory: ifd.Directory, changes: dict[int, int]) -> bytes:
    """The file with a directory of its pixels' tags alone, appended; the strips stay where they are."""
    kept = ifd.Directory(directory.order)
    kept.entries = {tag: entry for tag, entry in directory.entries.items() if tag in _FOR_PIXELS}
    for tag in (STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS):
        if tag in kept.entries:
            kept.put(tag, ifd.LONG, directory.numbers(tag))
    for tag, value in changes.items():
        kept.put(tag, ifd.LONG, (value,))
    place = len(data) + len(data) % 2
    return b"".join([ifd.start(directory.order, place), data[8:], b"\0" * (len(data) % 2), ifd.write(kept, place)])


def _by_opencv(data: bytes) -> NDArray[Any]:
    import cv2

    with _quiet():
        try:
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        except cv2.error:
            pixels = None
    if pixels is None:
        raise ValueError("its pixels cannot be decoded")
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB) if pixels.ndim == 3 else pixels[..., None]


def _by_pillow(data: bytes, directory: ifd.Directory, name: str) -> NDArray[Any]:
    from PIL.TiffImagePlugin import TiffImageFile

    from matteo.picture.pillow import stored_pixels

    try:
        image = TiffImageFile(io.BytesIO(_rewritten(data, directory, {})))
    except (SyntaxError, KeyError, ValueError) as error:
        raise UnsupportedFormat(f"{name}: a TIFF of a rare kind ({error}); save it as RGB with 8 or 16 bits") from error
    image.load()
    return stored_pixels(image, name)


_lock = threading.Lock()
_within: list[int] = []  # OpenCV's own level, once for each thread that is decoding


@contextmanager
def _quiet() -> Iterator[None]:
    """OpenCV prints what libtiff says of damage; we say it ourselves. Its level is put back as it was."""
    from cv2.utils import logging

    with _lock:
        _within.append(_within[0] if _within else logging.getLogLevel())
        logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        with _lock:
            before = _within.pop()
            if not _within:
                logging.setLogLevel(before)
