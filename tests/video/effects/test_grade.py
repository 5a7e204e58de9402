"""Looks, and the way from one to another."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from matteo.video.effects.grade import grade, toned
from matteo.video.effects.looks import LOOKS, Tone, curves, mixed
from matteo.video.effects.original import original

from ...picture.made import noise
from .film import film, run, times


@pytest.mark.parametrize("name", LOOKS)
def test_every_look_rises_and_keeps_white(name: str) -> None:
    table = curves(LOOKS[name], 256)
    assert (np.diff(table, axis=0) >= -1e-9).all()
    assert table[-1] == pytest.approx([1, 1, 1])
    assert table[0] == pytest.approx([LOOKS[name].fade] * 3)


def test_plain_changes_nothing() -> None:
    for dtype in (np.uint8, np.uint16):
        rgb = noise(40, 60, dtype=dtype)
        assert np.array_equal(toned(rgb, LOOKS["plain"]), rgb)


def test_noir_has_no_colour() -> None:
    found = toned(noise(40, 60), LOOKS["noir"]).astype(int)
    assert (found.max(-1) - found.min(-1)).max() <= 1


def test_sixteen_bits_are_as_eight() -> None:
    rgb = noise(40, 60)
    for tone in LOOKS.values():
        deep = toned(rgb.astype(np.uint16) * np.uint16(257), tone)
        assert np.abs(deep / 257 - toned(rgb, tone)).max() <= 1.5


def test_warm_is_warmer_and_cold_colder() -> None:
    grey = np.full((2, 2, 3), 128, np.uint8)
    red, _, blue = toned(grey, LOOKS["warm"])[0, 0].astype(int)
    assert red > blue + 10
    red, _, blue = toned(grey, LOOKS["cold"])[0, 0].astype(int)
    assert blue > red + 10


def test_half_way_is_the_mean_of_the_numbers() -> None:
    assert mixed(Tone(), Tone(saturation=0, fade=0.1), 0.5) == Tone(saturation=0.5, fade=0.05)


def test_it_goes_from_look_to_look_in_its_time() -> None:
    found = run(grade("noir", before="warm", begin=0.2, over=0.5), film(times(10)))
    for (made, _), (time, (result, _)) in zip(film(times(10)), found.items(), strict=True):
        share = min(max(float(time) - 0.2, 0) / 0.5, 1)
        wanted = toned(made.rgb, mixed(LOOKS["warm"], LOOKS["noir"], share))
        assert np.abs(result.rgb.astype(int) - wanted).max() <= 1


@pytest.mark.parametrize("where", ["all", "subject", "background"])
def test_what_is_graded(where: str) -> None:
    made, frame = next(film([Fraction(0)]))
    made = original()(made, frame)[0]
    result = grade("noir", over=0, where=where)(made, frame)[0]
    assert np.array_equal(result.rgb, made.rgb) == (where == "background")
    assert np.array_equal(result.under[0].rgb, made.under[0].rgb) == (where == "subject")
    assert np.array_equal(result.alpha, made.alpha)
