"""Texts as people type them, and what is said of those that make no sense."""

from __future__ import annotations

import numpy as np
import pytest

from matteo.effects.crop import crop
from matteo.effects.outline import outline
from matteo.effects.parse import number, pair, parse_effect
from matteo.effects.sticker import sticker
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout, Effect

from .drawn import cutout


def same(one: Effect, other: Effect) -> bool:
    first, second = cutout().apply(one), cutout().apply(other)
    assert isinstance(first, Cutout)
    assert isinstance(second, Cutout)
    return np.array_equal(first.flattened().rgb, second.flattened().rgb)


def test_values_by_place_and_by_name_are_those_of_the_function() -> None:
    assert same(parse_effect("outline:12px,rgb(200, 10, 20)"), outline("12px", "rgb(200, 10, 20)"))
    assert same(parse_effect("outline: colour=red , opacity=50%"), outline(colour="red", opacity=0.5))
    assert same(parse_effect("sticker"), sticker())
    assert same(parse_effect("crop:fill=85%,size=90x60"), crop(fill=0.85, size=(90, 60)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("outlin", "did you mean outline?"),
        ("", "is no effect"),
        ("outline:widht=3", "did you mean width?"),
        ("shadow:cast:angle=90", "write cast,angle=90"),
        ("outline:1,red,1,2", "3 values at most"),
        ("outline:3,width=4", "gives width twice"),
        ("outline:3,whit", "no colour"),
        ("outline:3,red,2", "write 2% or 0.02, or 200% where that is meant"),
        ("outline:3,red,200%", r"from 0 to 1 \(0% to 100%\)"),
        ("glow:strength=much", "give a share, as 85% or 0.85"),
        ("place:at=50x90", r"at is 50: write 50% or 0\.5"),
        ("avatar:size=0", "from 16 to 8192"),
        ("avatar:size=1000000", "from 16 to 8192"),
        ("avatar:size=99.5", "a whole number"),
        ("crop:size=90", "a width and a height, as 2000x2000"),
        ("shadow:contakt", r"did you mean contact\?"),
        ("crop:size=0x0", "from 1 to 30000"),
        ("pattern:zigzag", "dots or stripes or checks"),
        ("pattern:stripe", r"did you mean stripes\?"),
        ("blur:far", "is no background"),
    ],
)
def test_what_makes_no_sense_is_said_with_what_is_near(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_effect(text)


def test_numbers_and_pairs() -> None:
    assert (number("fill", "85%"), number("fill", "0.5"), number("size", "12", whole=True)) == (0.85, 0.5, 12)
    assert pair("size", "2000x1500", whole=True) == pair("size", "2000 X 1500", whole=True) == (2000, 1500)
    assert pair("position", "50%,1") == (0.5, 1)
    assert number("margin", "150%", share=True) == 1.5
    assert number("at", "-0.5", share=True) == -0.5
    assert number("scale", "1.5") == 1.5
