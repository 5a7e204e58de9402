"""The screen is found, its light followed, and what is none refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from matteo import NoScreen, UsageError
from matteo.keying.screen import NAMED, chroma_of, find_screen, parse_screen
from tests.keying.screens import BLUE, GREEN, YELLOW, shot
from tests.pictures import photograph


@pytest.mark.parametrize(("colour", "name"), [(GREEN, "green"), (BLUE, "blue"), (YELLOW, "yellow")])
def test_the_plate_is_the_screen_as_if_nobody_stood_there(colour: tuple[float, float, float], name: str) -> None:
    taken = shot(colour)
    for told in ("auto", name, "#" + bytes(round(255 * c) for c in colour).hex()):
        screen = find_screen(taken.rgb, told)
        plate = cv2.resize(screen.plate, taken.alpha.shape[::-1])
        assert np.abs(plate - taken.plate)[taken.alpha == 0].max() < 0.03
        assert np.abs(plate - taken.plate).mean() < 0.012
        assert screen.share == pytest.approx(float((taken.alpha == 0).mean()), abs=0.05)


def test_in_16_bits_the_same() -> None:
    taken = shot()
    one, other = find_screen(taken.rgb), find_screen(taken.rgb.astype(np.uint16) * 257)
    assert np.abs(one.plate - other.plate).max() < 0.003


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_a_photograph_without_a_screen_is_refused_with_the_remedy(name: str) -> None:
    with pytest.raises(NoScreen, match="leave the key out"):
        find_screen(photograph(name), "green")


def test_a_grey_wall_is_no_screen() -> None:
    with pytest.raises(NoScreen, match="no screen of one strong colour"):
        find_screen(shot((0.5, 0.5, 0.5)).rgb)


def test_a_screen_of_another_colour_than_was_told_is_refused() -> None:
    with pytest.raises(NoScreen, match="of the colour blue"):
        find_screen(shot(GREEN).rgb, "blue")


def test_a_subject_of_the_told_colours_hue_is_not_taken_for_the_screen() -> None:
    taken = shot((0.85, 0.85, 0.1), subject=(0.8, 0.65, 0.45))
    screen = find_screen(taken.rgb, "yellow")
    assert np.abs(cv2.resize(screen.plate, taken.alpha.shape[::-1]) - taken.plate)[taken.alpha == 0].max() < 0.04


@pytest.mark.parametrize("told", ["grün", "#12", "#zzzzzz", "", "#808080", "white"])
def test_what_is_no_colour_or_has_none_is_refused(told: str) -> None:
    with pytest.raises(UsageError):
        parse_screen(told)


def test_names_are_of_the_hues_they_say() -> None:
    assert parse_screen("auto") is None
    for name, colour in NAMED.items():
        told = parse_screen(name)
        assert told is not None
        assert np.allclose(told, chroma_of(np.array([[colour]], np.float32))[0, 0], atol=1e-6)


def test_chroma_of_a_mixture_is_the_mixture() -> None:
    rng = np.random.default_rng(0)
    one, other = (rng.random((4, 5, 3), np.float32) for _ in range(2))
    assert np.allclose(chroma_of(0.3 * one + 0.7 * other), 0.3 * chroma_of(one) + 0.7 * chroma_of(other), atol=1e-6)
    assert np.allclose(chroma_of(np.full((1, 1, 3), 0.4, np.float32)), 0, atol=1e-6)
