"""Which format a file is (by its first bytes) and which one an output is to be (by its suffix). Plain tables."""

from __future__ import annotations

import os
from pathlib import PurePath

from matteo.errors import UnsupportedFormat

# (offset, bytes there, format). The first line that fits decides.
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (8, b"WEBP", "webp"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"BM", "bmp"),
    (8, b"CR\x02\x00", "raw"),  # Canon CR2, else a TIFF
    (0, b"IIRO", "raw"),  # Olympus
    (0, b"IIRS", "raw"),
    (0, b"MMOR", "raw"),
    (0, b"IIU\x00", "raw"),  # Panasonic, Leica
    (0, b"FUJIFILMCCD-RAW", "raw"),
    (0, b"FOVb", "raw"),  # Sigma
    (4, b"ftypcrx ", "raw"),  # Canon CR3
    (0, b"II*\x00", "tiff"),
    (0, b"MM\x00*", "tiff"),
    (0, b"II+\x00", "tiff"),  # BigTIFF
    (0, b"MM\x00+", "tiff"),
)

# Brands of the ISO container that AVIF and HEIC share, as they stand in `ftyp`.
AVIF_BRANDS = (b"avif", b"avis")
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")

# What people hand in that is never read here: (offset, bytes, what it is, remedy).
REFUSED: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"%PDF", "a PDF", "export the page as PNG or JPEG"),
    (0, b"%!PS", "PostScript", "export it as PNG or JPEG"),
    (0, b"\xc5\xd0\xd3\xc6", "an EPS file", "export it as PNG or JPEG"),
    (0, b"8BPS", "a Photoshop document", "save it as TIFF or PNG"),
    (0, b"gimp xcf", "a GIMP document", "export it as PNG or TIFF"),
    (0, b"\xff\x0a", "JPEG XL", "convert it to PNG or JPEG"),
    (4, b"JXL \r\n", "JPEG XL", "convert it to PNG or JPEG"),
    (4, b"jP  \r\n", "JPEG 2000", "convert it to PNG or TIFF"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000", "convert it to PNG or TIFF"),
    (0, b"\x00\x00\x01\x00", "an icon", "export its largest size as PNG"),
    (0, b"\x76\x2f\x31\x01", "OpenEXR", "export it as 16-bit PNG or TIFF"),
    (0, b"#?RADIANCE", "Radiance HDR", "export it as 16-bit PNG or TIFF"),
    (0, b"PK\x03\x04", "a zip archive (or an office document)", "unpack it and hand in the pictures"),
    (4, b"ftyp", "a video", "cut it out with `matteo video`, or hand in a single picture of it"),
    (0, b"\x1aE\xdf\xa3", "a video", "cut it out with `matteo video`, or hand in a single picture of it"),
)

OUTPUTS: dict[str, str] = {
    ".png": "png",
    ".webp": "webp",
    ".avif": "avif",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".psd": "psd",
    ".ora": "ora",
    ".exr": "exr",
}
LAYERED = ("psd", "ora", "exr")  # written by layers/: several pictures in one file

HEAD_BYTES = 1024  # what `sniff` and `refusal` need to see


def sniff(head: bytes) -> str | None:
    """The format that the first bytes tell: "jpeg", "png", "webp", "avif", "heic", "tiff", "bmp", "gif", "raw" or None.

    Raws that are TIFF files inside (DNG, NEF, ARW, PEF) are "tiff" here; the reader looks into their directory.
    """
    for offset, magic, name in SIGNATURES:
        if head.startswith(magic, offset) and (name != "webp" or head.startswith(b"RIFF")):
            return name
    return _sniff_iso(head)


def _sniff_iso(head: bytes) -> str | None:
    if not head.startswith(b"ftyp", 4):
        return None
    box = head[8 : max(16, int.from_bytes(head[:4], "big"))]
    brands = [box[:4], *(box[at : at + 4] for at in range(8, len(box), 4))]
    if any(brand in AVIF_BRANDS for brand in brands):
        return "avif"
    return "heic" if any(brand in HEIC_BRANDS for brand in brands) else None


def refusal(head: bytes) -> tuple[str, str] | None:
    """(what it is, remedy) for bytes that `sniff` does not know but that are recognised all the same."""
    for offset, magic, kind, remedy in REFUSED:
        if head.startswith(magic, offset):
            return kind, remedy
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text and text.startswith(b"<"):
        return "an SVG drawing", "export it as PNG"
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page", "download the picture itself"
    return None


def named(format: str) -> str:
    """The output format of a name as people write it: "PNG", "jpg" and "tif", too. UnsupportedFormat for any other."""
    known = OUTPUTS.get(f".{format.lower()}")
    if known is None:
        known_ones = ", ".join(dict.fromkeys(OUTPUTS.values()))
        raise UnsupportedFormat(f"{format} is not written here; use one of {known_ones}")
    return known


def from_suffix(path: str | os.PathLike[str]) -> str:
    """The output format of a path: one of the values of OUTPUTS. UnsupportedFormat for any other."""
    suffix = PurePath(path).suffix.lower()
    if suffix not in OUTPUTS:
        said = f"the suffix {suffix}" if suffix else "a name without suffix"
        raise UnsupportedFormat(f"{path}: {said} is not written here; use one of {' '.join(OUTPUTS)}")
    return OUTPUTS[suffix]
