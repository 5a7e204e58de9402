"""Every format and mode that is read: the pixels are those that another program put in."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile

from matteo.errors import UnsupportedFormat, UsageError
from matteo.picture.formats import sniff
from matteo.picture.read import read

from .made import ellipse, noise, opened, png, png_of, saved, smooth

FILES = {
    "jpeg": saved(smooth(), "JPEG", quality=95),
    "png": saved(smooth(), "PNG"),
    "webp": saved(smooth(), "WEBP", lossless=True),
    "avif": saved(smooth(), "AVIF", quality=95),
    "tiff": saved(smooth(), "TIFF"),
    "bmp": saved(smooth(), "BMP"),
    "gif": saved(PIL.Image.fromarray(smooth()).quantize(64), "GIF"),
}


@pytest.mark.parametrize("format", FILES)
def test_pixels_are_those_of_pillow(format: str, tmp_path: Path) -> None:
    data = FILES[format]
    path = tmp_path / "wrong_suffix.dat"
    path.write_bytes(data)
    expected = np.asarray(opened(data).convert("RGB"))
    for source in (path, str(path), data, bytearray(data), memoryview(data), io.BytesIO(data), opened(data)):
        image = read(source)
        assert np.array_equal(image.rgb, expected)
        assert image.rgb.dtype == np.uint8
        assert image.rgb.flags.c_contiguous
        assert image.opacity is None
        assert image.format == format
        assert image.notes == ()


@pytest.mark.parametrize("format", FILES)
def test_sniffed_by_first_bytes(format: str) -> None:
    assert sniff(FILES[format]) == format


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("interlaced_by", ["png", "tiff", "lzw", "zlib", "array"])
def test_depth_and_channels_are_kept(channels: int, dtype: Any, interlaced_by: str) -> None:
    array = noise(channels=channels, dtype=dtype)
    source = array if interlaced_by == "array" else _file(array, interlaced_by)
    image = read(source)
    colours = array[..., :3] if channels >= 3 else np.repeat(array[..., :1], 3, axis=2)
    assert image.rgb.dtype == dtype
    assert np.array_equal(image.rgb, colours)
    if channels in (2, 4):
        assert image.opacity is not None
        assert np.array_equal(image.opacity, (array[..., -1] / np.float32(np.iinfo(dtype).max)).astype(np.float32))
    else:
        assert image.opacity is None


def _file(array: Any, kind: str) -> bytes:
    if kind == "png":
        return png_of(array)
    stream = io.BytesIO()
    channels = array.shape[2]
    extra = {2: ["unassalpha"], 4: ["unassalpha"]}.get(channels)
    options: dict[str, Any] = {} if kind in ("tiff", "lzw") else {"compression": "zlib", "predictor": True}
    photometric = "rgb" if channels >= 3 else "minisblack"
    squeezed = array[..., 0] if channels == 1 else array
    planar = "contig" if channels > 1 else None
    tifffile.imwrite(
        stream, squeezed, photometric=photometric, extrasamples=extra, planarconfig=planar, rowsperstrip=7, **options
    )
    if kind == "lzw" and array.dtype == np.uint8 and channels != 2:
        return saved(squeezed, "TIFF", compression="tiff_lzw")
    return stream.getvalue()


@pytest.mark.parametrize(("byteorder", "bigtiff"), [(">", False), ("<", True), (">", True)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_byte_orders(byteorder: Any, bigtiff: bool, dtype: Any) -> None:
    array, stream = noise(dtype=dtype), io.BytesIO()
    tifffile.imwrite(stream, array, byteorder=byteorder, bigtiff=bigtiff, photometric="rgb")
    assert np.array_equal(read(stream.getvalue()).rgb, array)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_tiff_tiles_and_planes(planar: Any, dtype: Any, tile: Any) -> None:
    array, stream = noise(dtype=dtype), io.BytesIO()
    given = array if planar == "contig" else np.moveaxis(array, 2, 0)
    tifffile.imwrite(stream, given, photometric="rgb", planarconfig=planar, tile=tile)
    assert np.array_equal(read(stream.getvalue()).rgb, array)


def test_sixteen_bit_lzw_tiff_by_opencv() -> None:
    import cv2

    array = noise(dtype=np.uint16)
    data = cv2.imencode(".tiff", array[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])[1].tobytes()
    assert np.array_equal(read(data).rgb, array)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_is_zero(dtype: Any) -> None:
    array, stream = noise(channels=1, dtype=dtype)[..., 0], io.BytesIO()
    tifffile.imwrite(stream, array, photometric="miniswhite")
    assert np.array_equal(read(stream.getvalue()).rgb[..., 0], ~array)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_premultiplied_tiff_becomes_straight(dtype: Any) -> None:
    top = np.iinfo(dtype).max
    alpha = np.rint(ellipse() * top).astype(np.int64)
    colour = smooth().astype(np.int64) * (top // 255)
    stored = np.rint(colour * alpha[..., None] / top)
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.dstack([stored, alpha]).astype(dtype), photometric="rgb", extrasamples=["assocalpha"])
    image = read(stream.getvalue())
    opaque, half, gone = alpha == top, alpha > top // 2, alpha == 0
    assert np.array_equal(image.rgb[opaque], colour[opaque])
    assert np.abs(image.rgb[half].astype(int) - colour[half]).max() <= 1
    assert not image.rgb[gone].any()


@pytest.mark.parametrize("kind", ["float32", "uint32"])
def test_deeper_tiffs_are_refused_with_a_remedy(kind: str) -> None:
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.zeros((4, 5), kind))
    with pytest.raises(UnsupportedFormat, match="8 or 16 bits"):
        read(stream.getvalue())


def test_palette_with_transparency() -> None:
    picture = PIL.Image.fromarray(smooth()).quantize(16)
    for format in ("PNG", "GIF"):
        data = saved(picture, format, transparency=3)
        expected = np.asarray(opened(data).convert("RGBA"))
        image = read(data)
        assert image.opacity is not None
        assert np.array_equal(image.rgb, expected[..., :3])
        assert np.array_equal(image.opacity * 255, expected[..., 3])


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_palettes_of_few_bits(bits: int) -> None:
    data = saved(PIL.Image.fromarray(smooth()).quantize(2**bits), "PNG", bits=bits)
    assert np.array_equal(read(data).rgb, np.asarray(opened(data).convert("RGB")))


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP"])
def test_one_bit(format: str) -> None:
    picture = PIL.Image.fromarray(smooth()).convert("1")
    assert np.array_equal(read(saved(picture, format)).rgb[..., 0], np.asarray(picture).astype(np.uint8) * 255)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_one_transparent_colour(channels: int, dtype: Any) -> None:
    array = noise(channels=channels, dtype=dtype)
    key = array[3, 4].astype(">u2").tobytes()
    image = read(png_of(array, (b"tRNS", key)))
    assert image.opacity is not None
    assert np.array_equal(image.opacity, 1 - np.all(array == array[3, 4], axis=2))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "YCbCr", "HSV", "I;16", "I"])
def test_pillow_modes(mode: str) -> None:
    if mode in ("I;16", "I"):
        given = PIL.Image.fromarray(noise(channels=1, dtype=np.uint16)[..., 0])
        picture = given if mode == "I;16" else given.convert("I")
        assert np.array_equal(read(picture).rgb[..., 0], np.asarray(given))
        return
    straight = "LA" if mode in ("La", "PA") else "RGBA" if mode == "RGBa" else "RGB"
    picture = PIL.Image.fromarray(smooth()).convert(straight).convert(mode)
    assert np.array_equal(read(picture).rgb, np.asarray(picture.convert(straight).convert("RGB")))


def test_pillow_floats_are_refused() -> None:
    with pytest.raises(UnsupportedFormat, match="RGB"):
        read(PIL.Image.new("F", (3, 3)))


def test_arrays_in_either_order() -> None:
    array = noise(channels=4)
    assert np.array_equal(read(array[..., [2, 1, 0, 3]], bgr=True).rgb, array[..., :3])
    assert np.array_equal(read(array[::2, ::-1]).rgb, array[::2, ::-1, :3])
    assert np.array_equal(read(array[..., 0]).rgb[..., 2], array[..., 0])
    assert np.array_equal(read(array.astype(">u2")).rgb, array[..., :3])


@pytest.mark.parametrize(
    ("array", "remedy"),
    [
        (np.zeros((3, 3, 3), np.float32), r"\* 255"),
        (np.zeros((3, 3, 5), np.uint8), "H x W"),
        (np.zeros(7, np.uint8), "H x W"),
        (np.zeros((0, 3, 3), np.uint8), "no pixels"),
    ],
)
def test_arrays_that_are_no_pictures(array: Any, remedy: str) -> None:
    with pytest.raises(UsageError, match=remedy):
        read(array)


def test_bgr_is_for_arrays() -> None:
    with pytest.raises(UsageError, match="arrays only"):
        read(FILES["png"], bgr=True)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_first_frame_of_an_animation_and_said_so(format: str) -> None:
    frames = [PIL.Image.fromarray(np.full((40, 60, 3), level, np.uint8)) for level in (10, 100, 200)]
    image = read(saved(frames[0], format, save_all=True, append_images=frames[1:]))
    assert np.abs(image.rgb.astype(int) - 10).max() <= 2
    assert "animation" in image.notes[0]


def test_first_page_of_a_tiff_and_said_so() -> None:
    stream = io.BytesIO()
    tifffile.imwrite(stream, noise()[None].repeat(2, axis=0), photometric="rgb")
    assert "pages" in read(stream.getvalue()).notes[0]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_eight_orientations(orientation: int, format: str) -> None:
    """The upright picture is known; it is stored as each of the eight says, and must come back upright."""
    upright = smooth()
    stored = _as_stored(upright, orientation)
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    data = saved(stored, format, exif=exif.tobytes(), **({"quality": 98, "subsampling": 0} if format == "JPEG" else {}))
    image = read(data)
    assert image.size_hw == (40, 60)
    assert np.abs(image.rgb.astype(int) - upright).mean() < 3
    again = read(opened(data))
    assert np.array_equal(again.rgb, image.rgb)


def _as_stored(upright: Any, orientation: int) -> Any:
    """By the words of EXIF 2.32, 4.6.4: where the stored row 0 and column 0 lie in the upright picture."""
    row0, column0 = {
        1: ("top", "left"), 2: ("top", "right"), 3: ("bottom", "right"), 4: ("bottom", "left"),
        5: ("left", "top"), 6: ("right", "top"), 7: ("right", "bottom"), 8: ("left", "bottom"),
    }[orientation]  # fmt: skip
    stored = upright if row0 in ("top", "bottom") else upright.swapaxes(0, 1)
    if row0 in ("bottom", "right"):
        stored = stored[::-1]
    if column0 in ("bottom", "right"):
        stored = stored[:, ::-1]
    return np.ascontiguousarray(stored)


def test_heic_and_its_depth() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    heif = pillow_heif.from_pillow(PIL.Image.fromarray(smooth()))
    stream = io.BytesIO()
    heif.save(stream, quality=95)
    image = read(stream.getvalue())
    assert image.format == "heic"
    assert np.abs(image.rgb.astype(int) - smooth()).mean() < 4


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5000), (200, 20000), (40000, 2)])
def test_odd_sizes(height: int, width: int) -> None:
    array = noise(height, width)
    assert np.array_equal(read(png(width, height, 8, 2, b"".join(b"\0" + row.tobytes() for row in array))).rgb, array)
    assert np.array_equal(read(saved(array, "TIFF")).rgb, array)
    assert read(saved(array, "JPEG")).size_hw == (height, width)


def test_a_pillow_that_another_thread_is_still_loading_disturbs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import ModuleType

    from matteo.picture.read import _is_pil

    monkeypatch.setitem(sys.modules, "PIL.Image", ModuleType("PIL.Image"))  # as it is while it is being imported
    assert not _is_pil(b"bytes")


def tiff(array: Any, **how: Any) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, **how)
    return stream.getvalue()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("photometric", "colours"), [("rgb", 3), ("minisblack", 1), ("miniswhite", 1)])
def test_a_tiff_may_have_more_channels_than_transparency(photometric: str, colours: int, dtype: Any) -> None:
    """As Photoshop saves selections: behind the transparency."""
    array = noise(channels=colours + 2, dtype=dtype)
    image = read(tiff(array, photometric=photometric, extrasamples=["unassalpha", "unspecified"]))
    full = np.iinfo(dtype).max
    expected = full - array[..., :1] if photometric == "miniswhite" else array[..., :colours]
    assert np.array_equal(image.rgb, np.broadcast_to(expected, image.rgb.shape))
    assert image.opacity is not None
    assert np.allclose(image.opacity, array[..., colours] / full)


def test_the_transparency_of_a_cmyk_tiff_is_kept() -> None:
    array = noise(channels=5)
    image = read(tiff(array, photometric="separated", extrasamples=["unassalpha"]))
    assert image.opacity is not None
    assert np.allclose(image.opacity, array[..., 4] / 255)
    assert np.array_equal(image.rgb, read(tiff(array[..., :4], photometric="separated")).rgb)


def test_a_tiff_of_jpeg_with_transparency_is_refused_with_the_remedy() -> None:
    stream = io.BytesIO()
    PIL.Image.fromarray(noise(channels=4)).save(stream, "TIFF", compression="jpeg")
    with pytest.raises(UnsupportedFormat, match="LZW"):
        read(stream.getvalue())


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP"])
def test_an_alpha_that_hides_nothing_is_none(format: str) -> None:
    opaque = PIL.Image.fromarray(np.dstack([smooth(), np.full(smooth().shape[:2], 255, np.uint8)]))
    assert read(saved(opaque, format)).opacity is None
    assert read(np.asarray(opaque)).opacity is None


@pytest.mark.parametrize(("bits", "level"), [(1, 1), (1, 0), (2, 2), (4, 15)])
def test_one_transparent_grey_of_few_bits(bits: int, level: int) -> None:
    width = 16
    values = np.arange(width * width).reshape(width, width) % (1 << bits)
    packed = np.packbits((values[..., None] >> np.arange(bits)[::-1] & 1).astype(np.uint8).reshape(width, -1), axis=1)
    rows = b"".join(b"\0" + row.tobytes() for row in packed)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, width, bits, 0, 0, 0, 0)), (b"tRNS", struct.pack(">H", level)),
              (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]  # fmt: skip
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    image = read(data)
    assert image.opacity is not None
    assert np.array_equal(image.opacity, (values != level).astype(np.float32))
