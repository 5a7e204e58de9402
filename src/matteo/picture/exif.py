"""EXIF blocks: what is carried over, what never is, and how to leave out the place.

Never carried: the embedded thumbnail (IFD1), which still shows the background; the maker's note, a closed block in
which cameras keep previews and serial numbers; preview directories; and any value that holds a JPEG of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from matteo.picture import ifd

ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x0112, 0x011A, 0x011B, 0x0128
EXIF_POINTER, GPS_POINTER, INTEROP_POINTER = 0x8769, 0x8825, 0xA005
PREFIX = b"Exif\0\0"

# Tags of the first directory that describe the picture. All others (layout, previews, Photoshop's block with a
# thumbnail, Windows' thumbnail tags, raw data) stay behind; the resolution travels as Metadata.dpi.
_KEPT = frozenset((0x010E, 0x010F, 0x0110, 0x0112, 0x011D, 0x0131, 0x0132, 0x013B, 0x013C))
_KEPT |= frozenset((0x4746, 0x4749, 0x8298, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F))
_NEVER_IN_EXIF = frozenset((0x927C, 0xA002, 0xA003, 0xEA1C))  # maker's note, pixel sizes before turning, padding
_INCHES_PER_UNIT = {2: 1.0, 3: 2.54}


@dataclass(frozen=True)
class Cleaned:
    """A block fit to be carried, and what the reader needs to know from the one it was made of."""

    block: bytes | None
    orientation: int = 1
    dpi: tuple[float, float] | None = None


def parse(block: bytes) -> ifd.Directory | None:
    """The directories of an EXIF block (with or without prefix), None where it is beyond reading."""
    data = block.removeprefix(PREFIX)
    try:
        order, big, offset = ifd.header(data)
        return None if big else follow(data, ifd.read(data, offset, order, lenient=True))
    except ValueError:
        return None


def follow(data: bytes, directory: ifd.Directory, *, big: bool = False) -> ifd.Directory:
    """Fill the children (EXIF, GPS, interoperability) of a first directory. What cannot be read is left out."""
    for tag in (EXIF_POINTER, GPS_POINTER):
        _adopt(data, directory, tag, big)
    if (inner := directory.children.get(EXIF_POINTER)) is not None:
        _adopt(data, inner, INTEROP_POINTER, big)
    return directory


def _adopt(data: bytes, parent: ifd.Directory, tag: int, big: bool) -> None:
    try:
        if offset := parent.number(tag):
            parent.children[tag] = ifd.read(data, offset, parent.order, big=big, lenient=True)
    except ValueError:
        pass
    parent.entries.pop(tag, None)


def clean(block: bytes | None) -> Cleaned:
    """What may be carried of an EXIF block, orientation reset to 1."""
    directory = parse(block) if block else None
    return Cleaned(None) if directory is None else clean_directory(directory)


def clean_directory(directory: ifd.Directory) -> Cleaned:
    """As `clean`, of directories already read (a TIFF file's own)."""
    orientation = _orientation(directory)
    dpi = resolution(directory)
    kept = ifd.Directory(directory.order)
    kept.entries = {tag: entry for tag, entry in directory.entries.items() if tag in _KEPT and _harmless(entry)}
    kept.children = {tag: _clean_child(child) for tag, child in directory.children.items()}
    kept.children = {tag: child for tag, child in kept.children.items() if child.entries or child.children}
    if not (set(kept.entries) - {ORIENTATION}) and not kept.children:
        return Cleaned(None, orientation, dpi)
    kept.put(ORIENTATION, ifd.SHORT, (1,))
    return Cleaned(serialise(kept), orientation, dpi)


def serialise(directory: ifd.Directory) -> bytes:
    """An EXIF block (without prefix) of directories."""
    return ifd.start(directory.order, 8) + ifd.write(directory, 8)


def without_location(block: bytes | None) -> bytes | None:
    """The block without its GPS directory."""
    directory = parse(block) if block else None
    if directory is None:
        return None
    directory.children.pop(GPS_POINTER, None)
    return serialise(directory)


def with_resolution(block: bytes | None, dpi: tuple[float, float] | None) -> bytes | None:
    """The block with the resolution in it, for formats that have no other place for it."""
    if dpi is None:
        return block
    directory = (parse(block) if block else None) or ifd.Directory("<")
    put_resolution(directory, dpi)
    return serialise(directory)


def put_resolution(directory: ifd.Directory, dpi: tuple[float, float]) -> None:
    """Set the resolution of a first directory."""
    for tag, value in zip((X_RESOLUTION, Y_RESOLUTION), dpi, strict=True):
        directory.put(tag, ifd.RATIONAL, (min(round(value * 10_000), 2**32 - 1), 10_000))
    directory.put(RESOLUTION_UNIT, ifd.SHORT, (2,))


def resolution(directory: ifd.Directory) -> tuple[float, float] | None:
    """Dots per inch, None where the file says nothing or gives no unit."""
    across, down = directory.rational(X_RESOLUTION), directory.rational(Y_RESOLUTION)
    try:
        scale = _INCHES_PER_UNIT.get(directory.number(RESOLUTION_UNIT, 2))
    except ValueError:
        scale = None
    return (across * scale, down * scale) if across and down and scale else None


def _orientation(directory: ifd.Directory) -> int:
    try:
        turned = directory.number(ORIENTATION, 1)
    except ValueError:
        return 1
    return turned if 1 <= turned <= 8 else 1


def _clean_child(child: ifd.Directory) -> ifd.Directory:
    entries = {t: e for t, e in child.entries.items() if t not in _NEVER_IN_EXIF and _harmless(e)}
    return ifd.Directory(child.order, entries, dict(child.children))


def _harmless(entry: ifd.Entry) -> bool:
    return len(entry.raw) < 256 or b"\xff\xd8\xff" not in entry.raw
