"""XMP packets: embedded pictures cut out of them, and the place where asked, every other byte left as it is.

A packet that cannot be parsed is not carried: nobody could say that it shows no background.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from xml.parsers import expat

Name = tuple[str, str]  # namespace, or ANY; local name, in which * stands for anything

XMP = "http://ns.adobe.com/xap/1.0/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
EXIF = "http://ns.adobe.com/exif/1.0/"
IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
GOOGLE = "http://ns.google.com/photos/1.0/"
ANY = "*"

# Properties that hold pictures, or point to a part that is not carried.
PICTURES: tuple[Name, ...] = (
    (XMP, "Thumbnails"),
    ("http://ns.adobe.com/xap/1.0/g/img/", "image"),
    ("http://ns.adobe.com/xmp/note/", "HasExtendedXMP"),
    (GOOGLE + "image/", "Data"),
    (GOOGLE + "depthmap/", "Data"),
)
LOCATION: tuple[Name, ...] = (
    (EXIF, "GPS*"),
    (PHOTOSHOP, "City"),
    (PHOTOSHOP, "State"),
    (PHOTOSHOP, "Country"),
    (IPTC_CORE, "Location"),
    (IPTC_CORE, "CountryCode"),
    (IPTC_EXT, "LocationCreated"),
    (IPTC_EXT, "LocationShown"),
    ("http://www.w3.org/2003/01/geo/wgs84_pos#", "*"),
    ("http://rs.tdwg.org/dwc/terms/", "*"),
    # Makers of cameras and drones have names of their own for it.
    (ANY, "gps*"),
    (ANY, "*latitude*"),
    (ANY, "*longitude*"),
    (ANY, "*longtitude*"),
)


def without(packet: bytes | None, names: tuple[Name, ...]) -> bytes | None:
    """The packet without the properties named (elements and attributes), None where it cannot be parsed."""
    if not packet:
        return None
    packet = packet.rstrip(b"\0")
    try:
        packet.decode("utf-8")
        spans = _Finder(packet, names).spans
    except (expat.ExpatError, ValueError):
        return None
    kept, at = [], 0
    for start, stop in sorted(spans):
        if start >= at:
            kept.append(packet[at:start])
        at = max(at, stop)
    return b"".join([*kept, packet[at:]])


class _Finder:
    """One pass of expat over a packet; `spans` are the byte ranges of the properties to cut."""

    def __init__(self, packet: bytes, names: tuple[Name, ...]) -> None:
        self.packet, self.names = packet, names
        self.spans: list[tuple[int, int]] = []
        self.prefixes: list[dict[str, str]] = [{}]
        self.cutting: list[int | None] = []
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.fresh = False  # whether nothing came since an element began
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.Parse(packet, True)

    def _doctype(self, *_: object) -> None:
        raise ValueError("an XMP packet has no document type; entities could be bombs")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self.parser.CurrentByteIndex
        new = {key[6:]: uri for key, uri in attributes.items() if key.startswith("xmlns:")}
        self.prefixes.append({**self.prefixes[-1], **new} if new else self.prefixes[-1])
        if len(self.prefixes) > 200:
            raise ValueError("nested too deeply")
        self.cutting.append(at if self._named(name) else None)
        for key in attributes:
            if self._named(key):
                self._cut_attribute(key, at)
        self.fresh = True

    def _text(self, _: str) -> None:
        self.fresh = False

    def _cut_attribute(self, key: str, at: int) -> None:
        pattern = rb"\s+" + re.escape(key.encode()) + rb"""\s*=\s*("[^"]*"|'[^']*')"""
        found = re.compile(pattern).search(self.packet, at)
        if found is None:
            raise ValueError("an attribute that is not found again")
        self.spans.append(found.span())

    def _end(self, name: str) -> None:
        start = self.cutting.pop()
        self.prefixes.pop()
        at = self.parser.CurrentByteIndex  # where `</…>` begins; of an empty element, where `<…/>` has ended
        if start is not None:
            empty = self.fresh and self.packet[at - 2 : at] == b"/>"
            self.spans.append((start, at if empty else self.packet.index(b">", at) + 1))
        self.fresh = False

    def _named(self, name: str) -> bool:
        prefix, _, local = name.partition(":")
        uri = self.prefixes[-1].get(prefix)
        return uri is not None and any(
            fnmatchcase(local, wanted) if space == uri else space == ANY and fnmatchcase(local.casefold(), wanted)
            for space, wanted in self.names
        )
