"""Backgrounds by their texts, and the composite's identities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matteo.effects.backdrop import picture
from matteo.effects.background import Background, behind_of, colour, parse_background
from matteo.effects.gradient import gradient
from matteo.effects.original import dim, grey, spot
from matteo.errors import MatteoError, UnreadablePicture, UsageError
from matteo.picture.colour import convert, srgb_to_profile
from matteo.picture.cutout import Cutout
from matteo.picture.geometry import cover, resize
from matteo.picture.image import Image, Metadata
from matteo.picture.light import light_of

from ..picture.made import display_p3, ellipse, noise, saved, smooth
from .scenes import scene


def behind(effect: Any, cutout: Cutout | None = None) -> Image:
    assert isinstance(effect, Background)
    return effect.behind(scene(noise=5).cutout if cutout is None else cutout)


@pytest.mark.parametrize("text", ["white", "#F80", " #ff8800 ", "rgb(255, 136, 0)", "rebeccapurple"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_colour_by_its_text(text: str, dtype: Any) -> None:
    cutout = scene(dtype=dtype, icc=display_p3()).cutout
    assert np.array_equal(parse_background(text)(cutout).rgb, cutout.over(text.strip()).rgb)


@pytest.mark.parametrize("text", ["gradient:red,#0000ff,90", "gradient:red, blue , 90"])
def test_a_gradient_runs_from_colour_to_colour(text: str) -> None:
    found = behind(parse_background(text)).rgb.astype(int)
    assert np.abs(found[:, 0] - [255, 0, 0]).max() <= 1
    assert np.abs(found[:, -1] - [0, 0, 255]).max() <= 1
    assert np.abs(found[:, 120] - [127, 0, 128]).max() <= 2
    assert np.array_equal(found, behind(parse_background(text)).rgb)


@pytest.mark.parametrize(("angle", "corner"), [(180, (-1, 0)), (0, (0, 0)), (45, (0, -1)), (135, (-1, -1))])
def test_a_gradients_end(angle: float, corner: tuple[int, int]) -> None:
    deep = scene(dtype=np.uint16).cutout
    found = behind(gradient(("rgb(10, 20, 30)", "white"), angle=angle), deep).rgb
    assert (np.abs(found[corner].astype(int) - 65535) < 700).all()
    opposite = tuple(-1 - index for index in corner)
    assert (np.abs(found[opposite].astype(int) - [2570, 5140, 7710]) < 700).all()


def test_a_radial_gradient_is_even_around_its_middle() -> None:
    found = behind(gradient(("white", "black"), kind="radial"), scene(dtype=np.uint16).cutout).rgb
    assert np.array_equal(found, found[::-1])
    assert np.array_equal(found, found[:, ::-1])
    assert found[90, 120, 0] > 64000
    assert found[0, 0, 0] < 1200


def test_white_to_white_is_white() -> None:
    assert (behind(gradient(("white", "#fff"))).rgb == 255).all()
    assert behind(parse_background("gradient:rgb(1,2,3),rgb(1,2,3)")).rgb[5, 5].tolist() == [1, 2, 3]


def test_a_picture_in_all_fits(tmp_path: Path) -> None:
    path = tmp_path / "wood.png"
    path.write_bytes(saved(smooth(50, 50), "PNG"))
    cutout = scene().cutout
    texts = {
        fit: behind(parse_background(f"{fit}:{path}"), cutout).rgb for fit in ("cover", "contain", "stretch", "tile")
    }
    assert np.array_equal(texts["cover"], behind(parse_background(str(path)), cutout).rgb)
    assert np.array_equal(texts["cover"], cover(smooth(50, 50), (180, 240)))
    assert np.array_equal(texts["stretch"], resize(smooth(50, 50), (180, 240)))
    assert (texts["contain"][:, :30] == 255).all()
    assert np.array_equal(texts["contain"][:, 30:210], resize(smooth(50, 50), (180, 180)))
    corner = behind(picture(path, fit="tile", position=(0, 0)), cutout).rgb
    assert np.array_equal(corner[:150, :200], np.tile(smooth(50, 50), (3, 4, 1)))
    with pytest.raises(UnreadablePicture):
        parse_background("tile:nowhere.jpg")


def test_the_part_of_a_picture_that_is_seen() -> None:
    wide = noise(40, 200)
    cutout = Cutout(noise(40, 60), ellipse())
    for position, left in ((0.0, 0), (0.5, 70), (1.0, 140)):
        found = behind(picture(wide, position=(position, 0.5)), cutout).rgb
        assert np.array_equal(found, wide[:, left : left + 60])


@pytest.mark.parametrize("fit", ["cover", "contain", "stretch", "tile"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_picture_is_converted_and_not_mixed(fit: str, dtype: Any) -> None:
    plain = np.broadcast_to(np.array([200, 30, 60], np.uint8), (20, 30, 3))
    cutout = Cutout(noise(dtype=dtype), ellipse(), metadata=Metadata(icc=display_p3()))
    found = behind(picture(Image(np.ascontiguousarray(plain)), fit=fit, around="rgb(200, 30, 60)"), cutout)
    expected = srgb_to_profile((200, 30, 60), display_p3(), 8 * np.dtype(dtype).itemsize)
    assert found.rgb.dtype == dtype
    assert np.abs(found.rgb.astype(int) - expected).max() <= (0 if dtype == np.uint8 else 257)
    assert np.array_equal(
        found.rgb[0, 0], convert(Image(found.rgb[:1, :1], metadata=found.metadata), display_p3()).rgb[0, 0]
    )


def test_a_see_through_picture_leaves_some() -> None:
    half = Image(noise(40, 60), np.full((40, 60), 0.5, np.float32))
    for fit in ("cover", "stretch", "tile"):
        image = picture(half, fit=fit)(Cutout(noise(), ellipse()))
        assert isinstance(image, Image)
        assert image.opacity is not None


def test_the_original_changed() -> None:
    made = scene(noise=4)
    outside = made.cutout.alpha == 0
    darker = behind(dim(0.25), made.cutout).rgb
    assert np.array_equal(darker[outside], np.rint(made.plate[outside] * np.float32(0.75)))
    even = behind(grey(1), made.cutout).rgb
    assert (np.ptp(even, axis=2) == 0).all()
    luminance = light_of(None).linear(made.plate) @ light_of(None).matrix[1]
    assert np.abs(light_of(None).linear(even)[..., 0] - luminance)[outside].max() < 0.006
    lit = behind(spot(0.8), made.cutout).rgb
    assert (lit[outside] <= made.plate[outside]).all()
    near = outside & (np.hypot(*(np.mgrid[:180, :240] - np.array([90, 114])[:, None, None])) < 30)
    assert np.array_equal(lit[near], made.plate[near])
    assert lit[0, 0].sum() < 0.5 * made.plate[0, 0].sum()


@pytest.mark.parametrize(
    "text",
    ["", "whit", "blur:much", "blur:1,2", "blur:depth,depth,3,4", "dim:a", "grey:1,2", "spot:,", "transparent:1",
     "gradient:", "gradient:#fff", "gradient:nocolour,#fff"],
)  # fmt: skip
def test_texts_that_are_no_background(text: str) -> None:
    with pytest.raises(UsageError):
        parse_background(text)


def test_the_forms_are_named() -> None:
    for text in ("whit", "blur:much"):
        with pytest.raises(UsageError, match="blur:12, blur:12,depth"):
            parse_background(text)
    with pytest.raises(MatteoError, match="no such file"):
        parse_background("beach.jpg")
    with pytest.raises(UsageError, match="needs a path"):
        picture()
    with pytest.raises(UsageError, match="no background to fit"):
        behind_of("transparent", scene().cutout)
    assert isinstance(colour("white"), Background)


def test_colours_hidden_in_a_covering_picture_do_not_darken_its_edge() -> None:
    alpha = np.repeat((np.arange(8) < 4).astype(np.float32)[None], 8, axis=0)
    white = np.where(alpha[..., None] > 0, np.uint8(255), np.uint8(0)).repeat(3, axis=2)
    nothing = Cutout(np.zeros((32, 32, 3), np.uint8), np.zeros((32, 32), np.float32))
    found = behind_of(picture(Image(white, alpha)), nothing)
    assert found.opacity is not None
    assert (found.rgb[found.opacity > 0] == 255).all()
