"""What travels beside the pixels, cleaned at the door and left out where asked.

`--strip` is `strip`, `--strip-location` is `strip_location`. Whatever the options, embedded thumbnails and previews
are gone already when a picture is read (see exif.py and xmp.py): they would still show the background.
"""

from __future__ import annotations

from dataclasses import replace

from matteo.picture import exif as exif_block
from matteo.picture import xmp as xmp_packet
from matteo.picture.image import Metadata


def strip(metadata: Metadata) -> Metadata:
    """All left out but the ICC profile: without it the colours would be other ones."""
    return Metadata(icc=metadata.icc)


def strip_location(metadata: Metadata) -> Metadata:
    """The place left out: the GPS directory of EXIF, GPS and place names of XMP. The rest stays."""
    return replace(
        metadata,
        exif=exif_block.without_location(metadata.exif),
        xmp=xmp_packet.without(metadata.xmp, xmp_packet.LOCATION),
    )


def carried(
    *, icc: bytes | None, exif: exif_block.Cleaned, xmp: bytes | None, dpi: tuple[float, float] | None
) -> tuple[Metadata, tuple[str, ...]]:
    """What is carried of a file's metadata, and notes on what had to stay behind."""
    packet = xmp_packet.without(xmp, xmp_packet.PICTURES)
    notes = ("the XMP packet could not be parsed and is not carried over",) if xmp and packet is None else ()
    usable = dpi if dpi and min(dpi) > 0 else exif.dpi
    return Metadata(icc, exif.block, packet, usable), notes
