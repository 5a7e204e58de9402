"""What travels beside the pixels: carried whole, but for what would show the background or, where asked, the place."""

from __future__ import annotations

from dataclasses import replace
from xml.dom import minidom

import numpy as np
import pytest

from matteo.picture import exif as exif_block
from matteo.picture import xmp
from matteo.picture.image import Metadata
from matteo.picture.metadata import strip, strip_location
from matteo.picture.read import read
from matteo.picture.write import encode

from .made import XMP, display_p3, ellipse, exif, noise, opened, png_of, saved, smooth

THUMBNAIL = saved(noise(16, 16), "JPEG", quality=50)


def _full() -> Metadata:
    clean = exif_block.clean(exif(gps=True)).block
    return Metadata(icc=display_p3(), exif=clean, xmp=XMP, dpi=(300.0, 150.0))


@pytest.mark.parametrize("format", ["png", "tiff", "webp", "avif", "jpeg"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_written_and_read_back(format: str, dtype: type) -> None:
    metadata = _full()
    alpha = None if format == "jpeg" else ellipse()
    found = read(encode(noise(dtype=dtype), alpha, metadata, format)).metadata
    assert found.icc == metadata.icc
    assert found.exif == metadata.exif
    assert found.xmp == metadata.xmp
    assert found.dpi == pytest.approx((300, 150), abs=0.02)


@pytest.mark.parametrize("format", ["png", "tiff", "webp", "avif", "jpeg"])
def test_other_programs_see_it_too(format: str) -> None:
    image = opened(encode(smooth(), None, _full(), format))
    assert image.info["icc_profile"] == display_p3()
    assert image.getexif()[0x010F] == "A Maker"
    assert image.getexif().get_ifd(0x8825)[1] == "N"
    assert image.getexif().get(0x0112, 1) == 1
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    assert (xmp if isinstance(xmp, bytes) else str(xmp).encode()) == XMP


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_thumbnail_and_makers_note_stay_behind(format: str) -> None:
    block = exif(gps=True, thumbnail=THUMBNAIL, orientation=6)
    data = saved(smooth(), format, exif=b"Exif\0\0" + block)
    image = read(data)
    carried = image.metadata.exif
    assert carried is not None
    assert b"\xff\xd8\xff" not in carried
    assert b"secret preview" not in carried
    assert b"hello" in carried
    assert image.size_hw == (60, 40)
    assert exif_block.clean(carried).orientation == 1
    assert exif_block.clean(carried).block == carried
    for written in ("png", "tiff", "webp", "jpeg"):
        assert THUMBNAIL[:40] not in encode(image.rgb, None, image.metadata, written)


def test_a_jpeg_hidden_in_another_tag_stays_behind() -> None:
    directory = exif_block.parse(exif())
    assert directory is not None
    directory.put_bytes(0x010E, b"look: " + THUMBNAIL, kind=2)
    carried = exif_block.clean(exif_block.serialise(directory)).block
    assert carried is not None
    assert THUMBNAIL not in carried


def test_pictures_in_a_large_xmp_are_cut_out() -> None:
    picture = b"A" * 3_000_000
    thumbnails = b"<xmp:Thumbnails><rdf:Alt><rdf:li>" + picture + b"</rdf:li></rdf:Alt></xmp:Thumbnails>"
    packet = XMP.replace(b"<photoshop:City>", thumbnails + b"<photoshop:City>")
    data = png_of(smooth(), (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet))
    assert read(data).metadata.xmp == XMP


@pytest.mark.parametrize("prefix", [b"xap", b"xmp"])
def test_pictures_are_found_whatever_the_prefix(prefix: bytes) -> None:
    packet = XMP.replace(b"xmlns:xmp=", b"xmlns:" + prefix + b"=").replace(b"xmp:Rating", prefix + b":Rating")
    packet = packet.replace(b"xmp:CreatorTool", prefix + b":CreatorTool")
    inner = b"<%s:Thumbnails><rdf:Alt/></%s:Thumbnails>" % (prefix, prefix)
    with_pictures = packet.replace(b"<photoshop:City>", inner + b"<photoshop:City>")
    assert read(saved(smooth(), "WEBP", xmp=with_pictures)).metadata.xmp == packet


@pytest.mark.parametrize(
    "packet",
    [b"<x:xmpmeta", b"\xff\xfe\0<", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a>" * 300 + b"</a>" * 300],
)
def test_xmp_that_cannot_be_parsed_is_not_carried_and_said_so(packet: bytes) -> None:
    image = read(saved(smooth(), "WEBP", xmp=packet))
    assert image.metadata.xmp is None
    assert any("XMP" in note for note in image.notes)


def test_strip_leaves_the_profile_alone() -> None:
    assert strip(_full()) == Metadata(icc=display_p3())


def test_strip_location() -> None:
    kept = strip_location(_full())
    assert kept.exif is not None
    assert kept.xmp is not None
    directory = exif_block.parse(kept.exif)
    assert directory is not None
    assert exif_block.GPS_POINTER not in directory.children
    assert b"A Maker" in kept.exif
    assert b"hello" in kept.exif
    assert b"GPS" not in kept.xmp
    assert b"Berlin" not in kept.xmp
    assert b'xmp:Rating="5"' in kept.xmp
    assert b"a camera" in kept.xmp
    assert (kept.icc, kept.dpi) == (_full().icc, _full().dpi)
    assert strip_location(Metadata()) == Metadata()


def test_dpi_turns_with_the_picture() -> None:
    data = saved(smooth(), "JPEG", dpi=(300, 150), exif=b"Exif\0\0" + exif(orientation=6))
    assert read(data).metadata.dpi == (150, 300)


def test_a_metadata_block_too_large_for_jpeg_is_an_error_with_a_remedy() -> None:
    large = replace(_full(), xmp=XMP.replace(b"a camera", b"c" * 70_000))
    with pytest.raises(Exception, match="--strip"):
        encode(smooth(), None, large, "jpeg")
    assert read(encode(smooth(), None, large, "png")).metadata.xmp == large.xmp


HEAD = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<r:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
    'xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" xmlns:I="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
)
TAIL = "</r:Description></r:RDF></x:xmpmeta>"


@pytest.mark.parametrize(
    ("inside", "left"),
    [
        ("><photoshop:City/>\n<dc:rights>(c) me</dc:rights>", ">\n<dc:rights>(c) me</dc:rights>"),
        ("><photoshop:City></photoshop:City><dc:rights>me</dc:rights>", "><dc:rights>me</dc:rights>"),
        ("><photoshop:City>A &gt; B</photoshop:City>", ">"),
        ('><I:LocationShown I:City="a > b"/>', ">"),
        ("><photoshop:City /><photoshop:State><dc:x/></photoshop:State>", ">"),
        (
            ' drone-dji:GpsLatitude="+47.1" drone-dji:GpsLongtitude="+8" dc:format="image/jpeg">',
            ' dc:format="image/jpeg">',
        ),
        ("><drone-dji:Latitude>47</drone-dji:Latitude><dc:rights/>", "><dc:rights/>"),
    ],
)
def test_the_place_is_cut_out_to_the_byte_and_the_rest_parses(inside: str, left: str) -> None:
    found = xmp.without((HEAD + inside + TAIL).encode(), xmp.LOCATION)
    assert found == (HEAD + left + TAIL).encode()
    minidom.parseString(found)
