"""PNG files read: chunks here, pixels by OpenCV (which alone keeps 16-bit colour, and is the faster one).

Only the chunks that pixels need reach the decoder, and only after every checksum fits: OpenCV's decoder prints to
stderr what it thinks of damaged or odd files. Chunks that animate are left out, so there is never a second frame.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.picture import exif
from matteo.picture.decoded import Decoded
from matteo.picture.limits import Limits

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FOR_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
XMP_KEYWORD = b"XML:com.adobe.xmp"
METRES_PER_INCH = 0.0254
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_MOST_TEXT = 1 << 26


def decode(data: bytes, name: str, limits: Limits) -> Decoded:
    """A PNG file. ValueError where it is damaged or cut off."""
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    limits.check_size(name, width, height)
    chunks = list(_chunks(data))
    if colour not in _CHANNELS or not any(kind == b"IDAT" for kind, _ in chunks):
        raise ValueError("no pixels in it")
    _check_length(chunks, width, height, depth * _CHANNELS[colour])
    pixels = _pixels(chunks, colour)
    found: dict[bytes, bytes] = {}
    for kind, body in chunks:
        found.setdefault(b"XMP" if kind == b"iTXt" and body.startswith(XMP_KEYWORD + b"\0") else kind, body)
    return Decoded(
        pixels,
        icc=_profile(found.get(b"iCCP")),
        exif=exif.clean(found.get(b"eXIf")),
        xmp=_packet(found.get(b"XMP")),
        dpi=_dpi(found.get(b"pHYs")),
        notes=("the still picture of an animation",) if b"acTL" in found else (),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk up to IEND, checksum verified."""
    at = len(SIGNATURE)
    kind = b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise ValueError("cut off")
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        end = data[at + 8 + length : at + 12 + length]
        if len(end) < 4:
            raise ValueError("cut off")
        if zlib.crc32(body, zlib.crc32(kind)) != int.from_bytes(end, "big"):
            raise ValueError(f"the checksum of chunk {kind!r} is wrong")
        yield kind, body
        at += 12 + length


def _check_length(chunks: list[tuple[bytes, bytes]], width: int, height: int, bits: int) -> None:
    """Deflate makes at most 1032 bytes of one: a header that claims more is a bomb or damage."""
    packed = sum(len(body) for kind, body in chunks if kind == b"IDAT")
    if height * ((width * bits + 7) // 8) > 1032 * packed + 1024:
        raise ValueError("fewer pixels in it than its header claims")


def _pixels(chunks: list[tuple[bytes, bytes]], colour: int) -> NDArray[Any]:
    import cv2

    kept = [(kind, body) for kind, body in chunks if kind in _FOR_PIXELS]
    if colour == 0:
        kept = [(kind, body) for kind, body in kept if kind != b"tRNS"]
    if colour == 3:
        kept = _palette_complete(kept)
    clean = b"".join([SIGNATURE, *(part for kind, body in kept for part in framed(kind, body))])
    pixels = cv2.imdecode(np.frombuffer(clean, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("its pixels cannot be decoded")
    key = next((body for kind, body in chunks if kind == b"tRNS"), b"")
    header = next((body for kind, body in chunks if kind == b"IHDR"), b"")
    return _arranged(pixels, colour, key, header[8])


def _arranged(pixels: NDArray[Any], colour: int, key: bytes, depth: int) -> NDArray[Any]:
    import cv2

    if colour == 4:
        return np.ascontiguousarray(pixels[..., 2:])  # B = G = R, A
    if colour == 0:
        return _with_key(pixels, key, depth)
    code = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return cv2.cvtColor(pixels, code, dst=pixels)


def _with_key(grey: NDArray[Any], key: bytes, depth: int) -> NDArray[Any]:
    """Grey pixels; with alpha where one level (tRNS) is said to be transparent, which OpenCV passes over. depth: the
    file's, in which that level is; fewer than 8 bits were spread over 0 to 255."""
    if len(key) < 2:
        return grey[..., None]
    level = int.from_bytes(key[:2], "big")
    if depth < 8:
        level = level * 255 // ((1 << depth) - 1)
    alpha = np.where(grey == level, 0, np.iinfo(grey.dtype).max).astype(grey.dtype)
    return np.dstack([grey, alpha])


def _palette_complete(chunks: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """tRNS is left out where it has more entries than the palette (libpng would print a warning)."""
    colours = next((len(body) // 3 for kind, body in chunks if kind == b"PLTE"), 0)
    return [(kind, body) for kind, body in chunks if kind != b"tRNS" or len(body) <= colours]


def _profile(body: bytes | None) -> bytes | None:
    if body is None:
        return None
    packed = body.partition(b"\0")[2][1:]
    return _inflated(packed)


def _packet(body: bytes | None) -> bytes | None:
    if body is None:
        return None
    packed, rest = body[len(XMP_KEYWORD) + 1], body[len(XMP_KEYWORD) + 3 :]
    text = rest.split(b"\0", 2)[2] if rest.count(b"\0") >= 2 else b""
    return _inflated(text) if packed else text


def _inflated(packed: bytes) -> bytes | None:
    """At most 64 MiB of a compressed chunk; None where it is damaged or larger."""
    engine = zlib.decompressobj()
    try:
        out = engine.decompress(packed, _MOST_TEXT)
    except zlib.error:
        return None
    return out if engine.eof else None


def _dpi(body: bytes | None) -> tuple[float, float] | None:
    if body is None or len(body) != 9 or body[8] != 1:
        return None
    across, down = struct.unpack(">II", body[:8])
    return across * METRES_PER_INCH, down * METRES_PER_INCH


def framed(kind: bytes, body: bytes | memoryview) -> tuple[bytes, bytes | memoryview, bytes]:
    """A chunk."""
    return struct.pack(">I4s", len(body), kind), body, struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))
