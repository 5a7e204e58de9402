"""The composite is exact where alpha says so, in each depth, profile and kind of background."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matteo.errors import OutputExists, UnreadablePicture, UnsupportedFormat, UsageError
from matteo.picture.colour import convert, srgb_to_profile
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image, Metadata
from matteo.picture.read import read

from .made import display_p3, ellipse, noise, saved, smooth


def _cutout(dtype: Any = np.uint8, **changes: Any) -> Cutout:
    return replace(Cutout(noise(dtype=dtype), ellipse(), model="test", format="jpeg"), **changes)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("icc", [None, display_p3()])
def test_over_a_colour(dtype: Any, icc: bytes | None) -> None:
    cutout = _cutout(dtype, metadata=Metadata(icc=icc))
    image = cutout.over("#ff8800")
    colour = np.array(srgb_to_profile((255, 136, 0), icc, cutout.depth))
    assert image.rgb.dtype == dtype
    assert image.metadata.icc == icc
    assert image.opacity is None
    alpha = cutout.alpha
    assert np.array_equal(image.rgb[alpha == 1], cutout.rgb[alpha == 1])
    assert (image.rgb[alpha == 0] == colour).all()
    expected = cutout.rgb * alpha[..., None].astype(float) + colour * (1 - alpha[..., None].astype(float))
    assert np.abs(image.rgb - expected).max() <= 0.51


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("below", [np.uint8, np.uint16])
def test_over_a_picture_of_either_depth(dtype: Any, below: Any) -> None:
    cutout, behind = _cutout(dtype), noise(dtype=below, seed=5)
    image = cutout.over(behind)
    factor = {1: 1, 2: 257, 0.5: 1 / 257}[np.dtype(dtype).itemsize / np.dtype(below).itemsize]
    expected = np.rint(behind.astype(float) * factor)
    assert np.array_equal(image.rgb[cutout.alpha == 1], cutout.rgb[cutout.alpha == 1])
    assert np.array_equal(image.rgb[cutout.alpha == 0], expected[cutout.alpha == 0])


def test_a_background_comes_into_the_cutouts_space() -> None:
    cutout = _cutout(metadata=Metadata(icc=display_p3()))
    image = cutout.over(Image(smooth()))
    expected = convert(Image(smooth()), display_p3()).rgb
    assert np.array_equal(image.rgb[cutout.alpha == 0], expected[cutout.alpha == 0])


def test_a_background_with_transparency_leaves_some() -> None:
    cutout = _cutout()
    behind = Image(smooth(), np.full((40, 60), 0.5, np.float32))
    image = cutout.over(behind)
    assert image.opacity is not None
    alpha = cutout.alpha
    assert np.allclose(image.opacity, alpha + 0.5 * (1 - alpha))
    assert np.array_equal(image.rgb[alpha == 1], cutout.rgb[alpha == 1])
    assert np.array_equal(image.rgb[alpha == 0], smooth()[alpha == 0])


def test_kinds_of_backgrounds(tmp_path: Path) -> None:
    path = tmp_path / "beach.png"
    path.write_bytes(saved(smooth(80, 120), "PNG"))
    cutout = _cutout()
    expected = cutout.over(path).rgb
    for background in (str(path), path.read_bytes(), read(path), smooth(80, 120)):
        assert np.array_equal(cutout.over(background).rgb, expected)
    with pytest.raises(UnreadablePicture, match="no such file"):
        cutout.over("beach.jpg")
    with pytest.raises(UsageError, match="no colour"):
        cutout.over("whit")


def test_effects_in_turn() -> None:
    def darker(cutout: Cutout) -> Cutout:
        return replace(cutout, rgb=cutout.rgb // np.uint8(2))

    def on_white(cutout: Cutout) -> Image:
        return cutout.over("white")

    cutout = _cutout()
    image = cutout.apply(darker, on_white)
    assert isinstance(image, Image)
    assert np.array_equal(image.rgb, darker(cutout).over("white").rgb)
    assert cutout.apply() is cutout
    with pytest.raises(UsageError, match="last"):
        cutout.apply(on_white, darker)


@pytest.mark.parametrize("suffix", ["png", "webp", "tiff", "avif"])
def test_saved_and_read_again(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"out.{suffix}"
    _cutout().save(path)
    image = read(path)
    assert image.format == suffix
    assert image.opacity is not None
    with pytest.raises(OutputExists):
        _cutout().save(path)
    _cutout().save(path, overwrite=True, quality=50)


def test_jpeg_needs_a_background(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormat, match="--background"):
        _cutout().save(tmp_path / "a.jpg")
    assert not list(tmp_path.iterdir())
    _cutout().over("white").save(tmp_path / "a.jpg")
    assert read(tmp_path / "a.jpg").opacity is None


def test_formats_by_the_names_that_people_write() -> None:
    cutout = _cutout()
    assert cutout.encode("PNG") == cutout.encode("png")
    assert cutout.encode("tif") == cutout.encode("tiff")
    assert cutout.over("white").encode("jpg") == cutout.over("white").encode("JPEG")
    assert cutout.encode_alpha("JPG") == cutout.encode_alpha("jpeg")
    with pytest.raises(UnsupportedFormat, match="png, webp, avif, tiff, jpeg, psd, ora, exr"):
        cutout.encode("bmp")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_as_a_pil_image(dtype: Any) -> None:
    cutout = _cutout(dtype, metadata=Metadata(icc=display_p3()))
    image = cutout.to_pil()
    assert image.mode == "RGBA"
    assert image.info["icc_profile"] == display_p3()
    again = read(image)
    assert again.metadata.icc == display_p3()
    assert np.abs(again.rgb * (257.0 if dtype == np.uint16 else 1.0) - cutout.rgb).max() <= 128.5 * (dtype == np.uint16)


def test_colours_hidden_in_a_background_do_not_darken_its_edge() -> None:
    alpha = np.repeat((np.arange(8) < 4).astype(np.float32)[None], 8, axis=0)
    white = np.where(alpha[..., None] > 0, np.uint8(255), np.uint8(0)).repeat(3, axis=2)
    nothing = Cutout(np.zeros((32, 32, 3), np.uint8), np.zeros((32, 32), np.float32))
    found = nothing.over(Image(white, alpha))
    assert found.opacity is not None
    assert ((found.opacity > 0) & (found.opacity < 1)).any()
    assert (found.rgb[found.opacity > 0] == 255).all()
