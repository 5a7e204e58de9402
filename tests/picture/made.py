"""Pictures made for the tests, and files of every format that is read."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL import ImageCms

XMP = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    b'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmp:Rating="5" exif:GPSLatitude="52,31N">'
    b"<photoshop:City>Berlin</photoshop:City><xmp:CreatorTool>a camera</xmp:CreatorTool>"
    b'</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def noise(height: int = 40, width: int = 60, channels: int = 3, dtype: Any = np.uint8, seed: int = 0) -> NDArray[Any]:
    """Every level, no two pixels alike: nothing can be mixed up unseen."""
    values = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, (height, width, channels))
    return values.astype(dtype)


def smooth(height: int = 40, width: int = 60) -> NDArray[np.uint8]:
    """Red grows to the right, green downwards, blue in the middle: survives lossy formats, and shows a turn."""
    y, x = np.mgrid[:height, :width]
    blue = 255 - np.hypot(y - height / 2, x - width / 2) * 255 / np.hypot(height, width)
    return np.stack([x * 255 / (width - 1), y * 255 / (height - 1), blue], axis=-1).astype(np.uint8)


def ellipse(height: int = 40, width: int = 60) -> NDArray[np.float32]:
    """A soft alpha with true 0 and true 1 in it."""
    y, x = np.mgrid[:height, :width]
    radius = np.hypot((y + 0.5) / height - 0.5, (x + 0.5) / width - 0.5)
    alpha: NDArray[np.float32] = np.clip((0.4 - radius) * 8, 0, 1).astype(np.float32)
    return alpha


def saved(array: NDArray[Any] | PIL.Image.Image, format: str, **options: Any) -> bytes:
    """A file by Pillow."""
    stream = io.BytesIO()
    image = array if isinstance(array, PIL.Image.Image) else PIL.Image.fromarray(array)
    image.save(stream, format, **options)
    return stream.getvalue()


def opened(data: bytes) -> PIL.Image.Image:
    """A file as Pillow sees it."""
    return PIL.Image.open(io.BytesIO(data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG by hand; `rows` with their filter bytes."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", head), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    framed = [struct.pack(">I4s", len(b), k) + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def png_of(array: NDArray[Any], *extra: tuple[bytes, bytes]) -> bytes:
    """A PNG of uint8 or uint16, 1 to 4 channels, by hand: a decoder's answer for each pixel is known."""
    height, width, channels = array.shape
    big = array.astype(array.dtype.newbyteorder(">"))
    rows = b"".join(b"\0" + row.tobytes() for row in big)
    return png(width, height, array.itemsize * 8, {1: 0, 2: 4, 3: 2, 4: 6}[channels], rows, *extra)


def profile(red: tuple[float, float], green: tuple[float, float], blue: tuple[float, float], gamma: float) -> bytes:
    """An RGB matrix profile from primaries (xy, adapted to D65 as given) and a gamma. Only for tests."""
    srgb = np.array([[0.4360, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
    to_d50 = np.array([[1.0479, 0.0229, -0.0502], [0.0296, 0.9904, -0.0171], [-0.0092, 0.0151, 0.7517]])
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in (red, green, blue)]).T
    white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    matrix = to_d50 @ (xyz * np.linalg.solve(xyz, white))
    matrix *= (srgb.sum(axis=1) / matrix.sum(axis=1))[:, None]

    def xyz_tag(values: NDArray[Any]) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *np.rint(values * 65536).astype(int).tolist())

    curve = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256))
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 79
    tags = [(b"desc", text), (b"wtpt", xyz_tag(np.array([0.9642, 1, 0.8249]))), (b"cprt", b"text\0\0\0\0none\0\0\0\0")]
    tags += [(name + b"XYZ", xyz_tag(matrix[:, i])) for i, name in enumerate((b"r", b"g", b"b"))]
    tags += [(name + b"TRC", curve) for name in (b"r", b"g", b"b")]
    return _assembled(tags, b"RGB ")


def grey_profile(gamma: float) -> bytes:
    """A grey profile of a gamma."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    return _assembled(
        [(b"wtpt", white), (b"kTRC", b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256)))], b"GRAY"
    )


def _assembled(tags: list[tuple[bytes, bytes]], space: bytes) -> bytes:
    table, body = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, tag in tags:
        table += name + struct.pack(">II", start + len(body), len(tag))
        body += tag + b"\0" * (-len(tag) % 4)
    head = bytearray(128)
    head[0:4] = struct.pack(">I", start + len(body))
    head[8:12], head[12:16], head[16:20], head[20:24], head[36:40] = b"\x02\x40\0\0", b"mntr", space, b"XYZ ", b"acsp"
    head[68:80] = struct.pack(">3i", 63190, 65536, 54061)
    return bytes(head) + struct.pack(">I", len(tags)) + table + body


def display_p3() -> bytes:
    """Wide primaries with gamma 2.2."""
    return profile((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), 2.2)


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif(*, orientation: int = 1, thumbnail: bytes = b"", gps: bool = False) -> bytes:
    """An EXIF block (no prefix) as a camera makes it: make, a maker's note, the place and a thumbnail where asked."""
    block = PIL.Image.Exif()
    block[0x010F], block[0x0112], block[0x0132] = "A Maker", orientation, "2024:05:06 07:08:09"
    block.get_ifd(0x8769).update({0x829A: 0.01, 0x927C: b"MAKER" + b"secret preview" * 9, 0x9286: b"ASCII\0\0\0hello"})
    if gps:
        block.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 7.0)})
    data = block.tobytes().removeprefix(b"Exif\0\0")
    return _with_thumbnail(data, thumbnail) if thumbnail else data


def _with_thumbnail(data: bytes, thumbnail: bytes) -> bytes:
    order = "<" if data[:2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, first)
    data += b"\0" * (len(data) % 2)
    at = len(data)
    entries = [(0x0103, 3, 1, 6), (0x0201, 4, 1, at + 2 + 36 + 4), (0x0202, 4, 1, len(thumbnail))]
    second = struct.pack(order + "H", 3)
    for tag, kind, number, value in entries:
        packed = struct.pack(order + "Hxx", value) if kind == 3 else struct.pack(order + "I", value)
        second += struct.pack(order + "HHI", tag, kind, number) + packed
    patched = bytearray(data)
    struct.pack_into(order + "I", patched, first + 2 + 12 * count, at)
    return bytes(patched) + second + b"\0\0\0\0" + thumbnail
