"""TIFF: directories read and written here, samples by tiff_pixels.py.

No decoder sees more of the file than pixels need. So none meets odd metadata (Pillow warns of it, OpenCV prints),
orientation and premultiplied alpha are ours alone, and missing strips are found here.
"""

from __future__ import annotations

import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.errors import UnsupportedFormat
from matteo.picture import exif, ifd
from matteo.picture.decoded import Decoded
from matteo.picture.image import Metadata
from matteo.picture.limits import Limits
from matteo.picture.tiff_pixels import (
    BITS,
    COMPRESSION,
    EXTRA,
    HEIGHT,
    KIND,
    PHOTOMETRIC,
    PLANAR,
    PREDICTOR,
    ROWS,
    SAMPLES,
    STRIP_COUNTS,
    STRIP_OFFSETS,
    TILE_COUNTS,
    TILE_HEIGHT,
    TILE_OFFSETS,
    TILE_WIDTH,
    WIDTH,
    Layout,
    unpack,
)  # fmt: skip

SUBFILE, SUB_DIRECTORIES, ICC, XMP, DNG_VERSION = 254, 330, 34675, 700, 50706
_BASE_SAMPLES = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3}
_RAW_PHOTOMETRICS = (32803, 34892)


def directory_of(data: bytes) -> ifd.Directory:
    """The first directory. ValueError where it is damaged."""
    order, big, offset = ifd.header(data)
    return exif.follow(data, ifd.read(data, offset, order, big=big), big=big)


def is_raw(directory: ifd.Directory) -> bool:
    """Whether the file is a camera's raw (DNG, NEF, ARW, PEF): its first directory is a preview or sensor data."""
    preview = directory.number(SUBFILE) & 1 and SUB_DIRECTORIES in directory.entries
    sensor = directory.number(PHOTOMETRIC) in _RAW_PHOTOMETRICS
    return bool(preview or sensor or DNG_VERSION in directory.entries)


def decode(data: bytes, directory: ifd.Directory, name: str, limits: Limits) -> tuple[Decoded, Layout]:
    """A TIFF's first page. Pixels as stored (C may be 4 CMYK or 3 Lab, see the layout's photometric)."""
    layout = _layout(directory, name)
    limits.check_size(name, layout.width, layout.height)
    limits.check_size(name, layout.tile_hw[1], layout.tile_hw[0])
    layout = _complete(data, directory, layout)
    pixels = unpack(data, directory, layout, name)
    colours = _BASE_SAMPLES[layout.photometric]
    opaque = not layout.extra or layout.extra[0] not in (1, 2)
    if layout.photometric != 3:
        pixels = pixels[..., : colours if opaque else colours + 1]
    icc, xmp = directory.entries.get(ICC), directory.entries.get(XMP)
    found = Decoded(
        pixels,
        icc=icc.raw if icc else None,
        exif=exif.clean_directory(directory),
        xmp=xmp.raw if xmp else None,
        premultiplied=layout.extra[:1] == (1,),
        notes=("the first of several pages",) if directory.next else (),
    )
    return found, layout


def _layout(directory: ifd.Directory, name: str) -> Layout:
    bits = directory.numbers(BITS, (1,))
    kinds = directory.numbers(KIND, (1,))
    photometric = directory.number(PHOTOMETRIC, 1)
    rare = len(set(bits)) > 1 or bits[0] not in (1, 2, 4, 8, 16) or bool(set(kinds) - {1, 4})
    if rare or photometric not in _BASE_SAMPLES or (bits[0] == 16 and photometric in (3, 6, 8)):
        raise UnsupportedFormat(
            f"{name}: a TIFF of this kind ({max(bits)} bits, sample format {kinds[0]}, photometric {photometric}) "
            "is not read; save it as RGB or grey with 8 or 16 bits"
        )
    width, height = directory.number(WIDTH), directory.number(HEIGHT)
    samples = directory.number(SAMPLES, 1)
    tile_hw = (directory.number(TILE_HEIGHT, 1), directory.number(TILE_WIDTH, 1))
    if TILE_OFFSETS not in directory.entries:
        tile_hw = (min(directory.number(ROWS, height), height), width)
    if not (width and height and samples and all(tile_hw)) or samples < _BASE_SAMPLES[photometric]:
        raise ValueError("its directory makes no sense")
    planar = directory.number(PLANAR, 1) == 2 and samples > 1
    compression, extra = directory.number(COMPRESSION, 1), directory.numbers(EXTRA)
    return Layout(width, height, bits[0], samples, photometric, compression, extra, planar, tile_hw, (), ())


def _complete(data: bytes, directory: ifd.Directory, layout: Layout) -> Layout:
    """With its strips or tiles, all of which lie within the file: decoders fill what is missing and say nothing."""
    tiled = TILE_OFFSETS in directory.entries
    offsets = directory.numbers(TILE_OFFSETS if tiled else STRIP_OFFSETS)
    counts = directory.numbers(TILE_COUNTS if tiled else STRIP_COUNTS)
    needed = layout.per_plane * (layout.samples if layout.planar else 1)
    if not counts and len(offsets) == 1 and layout.compression == 1:
        counts = (layout.width * layout.height * layout.samples * layout.depth // 8,)
    if len(offsets) < needed or len(counts) < needed:
        raise ValueError("fewer strips than its header claims")
    if any(start + count > len(data) or not count for start, count in zip(offsets, counts, strict=False)):
        raise ValueError("cut off")
    return replace(layout, offsets=offsets, counts=counts)


def encode(pixels: NDArray[Any], metadata: Metadata) -> bytes:
    """H x W x C (C of 1, 3, 4 with straight alpha), uint8 or uint16: strips with predictor and deflate."""
    height, width, samples = pixels.shape
    bits = pixels.itemsize * 8
    rows = max(1, 2_000_000 // (width * samples * pixels.itemsize))
    directory = _described(metadata)
    stored = pixels.dtype.newbyteorder("<" if directory.order == "<" else ">")
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        strips = list(pool.map(lambda top: _strip(pixels[top : top + rows], stored), range(0, height, rows)))
    for tag, value in ((WIDTH, width), (HEIGHT, height), (ROWS, rows)):
        directory.put(tag, ifd.LONG, (value,))
    for tag, value in ((COMPRESSION, 8), (PHOTOMETRIC, 2 if samples > 1 else 1), (SAMPLES, samples), (PREDICTOR, 2)):
        directory.put(tag, ifd.SHORT, (value,))
    directory.put(BITS, ifd.SHORT, (bits,) * samples)
    if samples == 4:
        directory.put(EXTRA, ifd.SHORT, (2,))  # unassociated: straight
    padded = [strip + b"\0" * (len(strip) % 2) for strip in strips]
    offsets = np.cumsum([8, *map(len, padded)]).tolist()
    directory.put(STRIP_OFFSETS, ifd.LONG, offsets[:-1])
    directory.put(STRIP_COUNTS, ifd.LONG, map(len, strips))
    return b"".join([ifd.start(directory.order, offsets[-1]), *padded, ifd.write(directory, offsets[-1])])


def _strip(pixels: NDArray[Any], stored: np.dtype[Any]) -> bytes:
    differences = pixels.astype(stored, copy=True)
    np.subtract(pixels[:, 1:], pixels[:, :-1], out=differences[:, 1:])
    engine = zlib.compressobj(6, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    return engine.compress(differences.data) + engine.flush()


def _described(metadata: Metadata) -> ifd.Directory:
    """A directory with what is carried: the EXIF block's tags lie in the TIFF's own, in the block's byte order."""
    found = exif.parse(metadata.exif) if metadata.exif else None
    directory = found or ifd.Directory("<")
    if metadata.icc:
        directory.put_bytes(ICC, metadata.icc)
    if metadata.xmp:
        directory.put_bytes(XMP, metadata.xmp, kind=1)
    if metadata.dpi:
        exif.put_resolution(directory, metadata.dpi)
    return directory
