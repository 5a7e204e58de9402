"""Colours: named ones, and pictures of other spaces, measured against littlecms and the formulas."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile
from PIL import ImageCms

from matteo.errors import UsageError
from matteo.picture import icc
from matteo.picture.colour import convert, narrow, parse_colour, srgb_to_profile
from matteo.picture.image import Image, Metadata
from matteo.picture.read import read

from .made import display_p3, grey_profile, noise, png_of, profile, saved, smooth, srgb

ADOBE = profile((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), 563 / 256)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("white", (255, 255, 255)),
        ("RebeccaPurple", (102, 51, 153)),
        ("#f80", (255, 136, 0)),
        ("#FF8800", (255, 136, 0)),
        (" rgb(1, 2,3) ", (1, 2, 3)),
    ],
)
def test_colours_by_name(text: str, expected: tuple[int, int, int]) -> None:
    assert parse_colour(text) == expected


@pytest.mark.parametrize(
    "text", ["", "whit", "#ff", "#ff8800aa", "rgb(1,2)", "rgb(1,2,256)", "hsl(1,2%,3%)", "beach.jpg"]
)
def test_no_colours(text: str) -> None:
    with pytest.raises(UsageError, match="#f80"):
        parse_colour(text)


def _by_littlecms(rgb: Any, source: bytes, target: bytes) -> Any:
    ends = [ImageCms.ImageCmsProfile(io.BytesIO(data)) for data in (source, target)]
    done = ImageCms.profileToProfile(PIL.Image.fromarray(rgb), ends[0], ends[1], ImageCms.Intent.RELATIVE_COLORIMETRIC)
    return np.asarray(done)


@pytest.mark.parametrize(("source", "target"), [(display_p3(), None), (None, display_p3()), (ADOBE, display_p3())])
def test_sixteen_bits_agree_with_littlecms(source: bytes | None, target: bytes | None) -> None:
    """Its answers have 8 bits: ours, rounded, are at most one level off (three near black, where it rounds)."""
    rgb = noise(100, 100)
    wide = rgb.astype(np.uint16) * 257
    expected = _by_littlecms(rgb, source or srgb(), target or srgb()).astype(int)
    found = convert(Image(wide, metadata=Metadata(icc=source)), target)
    assert found.rgb.dtype == np.uint16
    assert found.metadata.icc == target
    assert found.notes == ()
    off = np.abs(narrow(found.rgb).astype(int) - expected)
    assert np.percentile(off, 99) <= 1
    assert off.max() <= 3
    eight = convert(Image(rgb, metadata=Metadata(icc=source)), target)
    assert np.array_equal(eight.rgb, expected)


def test_sixteen_bits_there_and_back() -> None:
    """What lies in both gamuts comes back within 2 of 65535 levels."""
    rgb = noise(50, 50, dtype=np.uint16) // 2 + 16000
    there = convert(Image(rgb), display_p3())
    back = convert(there, None)
    assert np.abs(back.rgb.astype(int) - rgb).max() <= 2


def test_greys_stay_grey_and_white_stays_white() -> None:
    grey = np.repeat(np.linspace(0, 65535, 256).astype(np.uint16)[None, :, None], 3, axis=2)
    found = convert(Image(grey), display_p3()).rgb.astype(int)
    assert np.abs(found - found[..., :1]).max() <= 12  # profiles hold their numbers to 1/65536
    assert found[0, 0].tolist() == [0, 0, 0]
    assert found[0, -1].min() >= 65520


def test_a_named_colour_in_another_space() -> None:
    red = srgb_to_profile((255, 0, 0), display_p3())
    assert red[0] < 250
    assert red[1] > 20
    deep = srgb_to_profile((255, 0, 0), display_p3(), 16)
    assert np.abs(np.array(deep) / 257 - red).max() <= 1
    assert srgb_to_profile((1, 2, 3), None) == (1, 2, 3)
    assert srgb_to_profile((255, 255, 255), None, 16) == (65535, 65535, 65535)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_with_a_profile_becomes_srgb(dtype: type) -> None:
    top = np.iinfo(dtype).max
    grey: Any = np.linspace(0, top, 256).astype(dtype)[None, :, None]
    stream = io.BytesIO()
    tag = [(34675, 7, None, grey_profile(1.0), True)]
    tifffile.imwrite(stream, grey[..., 0], photometric="minisblack", extratags=tag)
    image = read(stream.getvalue())
    linear = grey[0, :, 0] / top
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert image.rgb.dtype == dtype
    assert image.metadata.icc is None
    assert "grey" in image.notes[0]
    assert np.abs(image.rgb[0, :, 0] / top - encoded).max() < (0.6 / 255 if dtype == np.uint8 else 2e-4)


def test_rgb_profiles_are_kept_and_the_pixels_too() -> None:
    for format in ("PNG", "JPEG", "TIFF", "WEBP", "AVIF"):
        data = saved(smooth(), format, icc_profile=display_p3())
        image = read(data)
        assert image.metadata.icc == display_p3()
        assert np.array_equal(image.rgb, read(saved(smooth(), format)).rgb)


def test_cmyk_without_a_profile_is_said_to_be_approximate() -> None:
    for format in ("JPEG", "TIFF"):
        picture = PIL.Image.fromarray(smooth()).convert("CMYK")
        data = saved(picture, format)
        image = read(data)
        assert np.abs(image.rgb.astype(int) - smooth()).mean() < 8
        assert "CMYK" in image.notes[0]
        assert image.metadata.icc is None


def test_lab_becomes_srgb() -> None:
    ends = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(PIL.Image.fromarray(smooth()), *ends, outputMode="LAB")
    assert picture is not None
    for source in (picture, saved(picture, "TIFF")):
        image = read(source)
        assert np.abs(image.rgb.astype(int) - smooth()).mean() < 3
        assert "Lab" in image.notes[0]


@pytest.mark.parametrize("profile", [b"junk", grey_profile(2.2), b"\0" * 200])
def test_a_profile_that_does_not_fit_is_left_out_and_said_so(profile: bytes) -> None:
    image = read(saved(smooth(), "PNG", icc_profile=profile))
    assert image.metadata.icc is None
    assert "profile" in image.notes[0]
    assert np.array_equal(image.rgb, smooth())


def test_curves_of_srgb() -> None:
    found = icc.matrix_profile(srgb())
    assert found is not None
    x = np.linspace(0, 1, icc.LEVELS)
    expected = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    assert np.abs(found.curves[0] - expected).max() < 2e-4
    assert icc.matrix_profile(b"junk") is None
    assert png_of(smooth())[:4] == b"\x89PNG"
