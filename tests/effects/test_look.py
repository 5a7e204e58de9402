"""Looks: options joined, effects in their order, nothing made of what contradicts itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matteo.effects.crop import crop
from matteo.effects.look import Look, steps
from matteo.effects.outline import outline
from matteo.errors import MatteoError, UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image

from ..picture.made import noise, saved
from .drawn import cutout


def test_what_is_said_later_wins_and_effects_are_joined() -> None:
    base = Look(background="white", fill="85%", effect=("duotone",))
    joined = Look(background="red", effect=("sticker",)).over(base)
    assert joined == Look(background="red", fill="85%", effect=("duotone", "sticker"))
    assert Look(margin="5%").over(base).fill is None  # two ways to say the same thing
    assert Look().over(base) == base


def test_none_takes_back_what_a_preset_says() -> None:
    base = Look(background="white", shadow="contact", outline="4px", glow="2%", harmonize="0.5")
    nothing = Look(background="none", shadow="none", outline="none", glow="none", harmonize="none")
    assert nothing.over(base).tidied() == Look()
    assert Look(background="transparent").over(base).tidied().background is None
    assert Look(shadow="none").over(base).tidied() == replace(base, shadow=None)
    with pytest.raises(UsageError):
        steps(Look(shadow="transparent").tidied())


def test_the_effects_are_those_of_the_functions_in_order() -> None:
    given = cutout()
    found = steps(Look(background="navy", fill="50%", aspect="1:1", outline="4px,red"))(given)
    framed = given.apply(crop(fill=0.5, aspect="1:1"), outline("4px", "red"))
    assert isinstance(found, Image)
    assert isinstance(framed, Cutout)
    assert np.array_equal(found.rgb, framed.over("navy").rgb)


def test_nothing_said_is_nothing_done() -> None:
    given = cutout()
    assert steps(Look())(given) is given


def test_where_the_subject_stands() -> None:
    alpha = np.zeros((40, 60), np.float32)
    alpha[10:20, 10:20] = 1
    for position, inside in (("top-left", (slice(0, 50), slice(0, 50))), ("bottom", (slice(50, 100), slice(25, 75)))):
        found = steps(Look(fill="50%", size="100x100", position=position))(cutout(alpha))
        assert isinstance(found, Cutout)
        assert found.alpha[inside].mean() > 0.95  # its rim is resampled
        assert found.alpha.sum() == pytest.approx(2500, rel=0.03)


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (Look(background="whit"), "did you mean white"),
        (Look(background="missing.jpg"), "no such file"),
        (Look(size="0x0"), "from 1 to 30000"),
        (Look(size="1000000x1000000"), "from 1 to 30000"),
        (Look(size="large"), "a width and a height"),
        (Look(size="0"), "as 2000x2000"),
        (Look(margin="5"), r"margin is 5: write 5% or 0\.05$"),
        (Look(fill="85"), r"write 85% or 0\.85"),
        (Look(margin="2"), "or 200% where that is meant"),
        (Look(position="50,90", fill="80%"), r"write 50% or 0\.5"),
        (Look(shadow="contact,70"), r"opacity is 70: write 70% or 0\.7"),
        (Look(background="dim:50"), r"write 50% or 0\.5"),
        (Look(background="blurr:9"), "did you mean blur:9"),
        (Look(background="blur:9,dept"), "did you mean depth"),
        (Look(fill="120%"), "from 0.01 to 1"),
        (Look(fill="85%", margin="5%"), "give one of them"),
        (Look(effect=("avatar", "sticker")), "give it last"),
        (Look(effect=("avatar",), background="red"), "leave out the background"),
        (Look(effect=("stiker",)), "did you mean sticker?"),
        (Look(harmonize="0.5"), "give a background too"),
        (Look(position="middle"), "there are center, .* or two shares"),
        (Look(position="botom"), r"did you mean bottom\?$"),
        (Look(background="white", light="lunar"), "did you mean linear"),
        (Look(light="linear"), "give a background too"),
    ],
)
def test_what_makes_no_sense(look: Look, said: str) -> None:
    with pytest.raises(MatteoError, match=said):
        steps(look)


def test_a_canvas_of_too_many_pixels_is_refused_before_it_is_made() -> None:
    with pytest.raises(UsageError, match="megapixels"):
        steps(Look(size="30000x30000"))(cutout())


def test_what_needs_the_original(tmp_path: Path) -> None:
    (tmp_path / "beach.png").write_bytes(saved(noise(), "PNG"))
    for look in (Look(background="blur:5"), Look(background="dim"), Look(effect=("pop",)), Look(background="grey")):
        assert steps(look).needs_source
    for look in (Look(background=str(tmp_path / "beach.png")), Look(background="white"), Look(effect=("sticker",))):
        assert not steps(look).needs_source


@pytest.mark.parametrize(
    ("look", "written"),
    [
        (Look(background="{}/beach.jpg"), "{}/beach.jpg"),
        (Look(background="contain:{}//beach.jpg"), "{}//beach.jpg"),
        (Look(background="{}/./x/../beach.jpg"), "{}/./x/../beach.jpg"),
        (Look(effect=("duotone", "picture:{}/beach.jpg,contain")), "{}/beach.jpg"),
        (Look(effect=("picture:fit=contain, given={}/beach.jpg ,light=linear",)), "{}/beach.jpg"),
    ],
)
def test_the_pictures_in_its_texts_are_found_as_they_are_written(look: Look, written: str, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "beach.jpg").write_bytes(saved(noise(8, 8), "JPEG"))
    background = look.background and look.background.format(tmp_path)
    given = Look(background=background, effect=tuple(text.format(tmp_path) for text in look.effect))
    path = written.format(tmp_path)
    assert given.files() == {path: Path(path)}
    renamed = given.with_files(lambda found: f"<{found.name}>")
    assert renamed.background == (background and background.replace(path, "<beach.jpg>"))
    assert renamed.effect == tuple(text.replace(path, "<beach.jpg>") for text in given.effect)


def test_texts_without_a_picture_stay_as_they_are() -> None:
    look = Look(background="white", effect=("duotone", "picture:nowhere.jpg", "sticker:4"))
    assert look.files() == {}
    assert look.with_files(str) == look
