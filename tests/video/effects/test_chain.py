"""Effects in turn: what is handed on, and where the background goes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from matteo.effects.avatar import avatar
from matteo.effects.background import colour, transparent
from matteo.effects.original import dim
from matteo.effects.outline import outline
from matteo.errors import UsageError
from matteo.picture.image import Image
from matteo.video.effects.follow_crop import follow_crop
from matteo.video.effects.follow_spot import follow_spot
from matteo.video.effects.moving import FilmEffect, Timed, chain
from matteo.video.effects.trails import trails
from matteo.video.effects.zoom_in import zoom_in
from matteo.video.frame import Frame
from matteo.video.plain import from_bytes, to_bytes

from ...effects.test_table import NAMES as STILL
from ...effects.test_table import cutout_for, pixels
from ...effects.test_table import effect_of as still
from .film import SIZE, film, run, times


def test_nothing_is_the_cut_out_itself() -> None:
    made, frame = next(film([Fraction(0)]))
    image, states = chain([])(made, frame)
    assert np.array_equal(image.rgb, made.rgb)
    assert image.opacity is not None
    assert np.array_equal(image.opacity, made.alpha)
    assert states == ()


def test_still_effects_are_what_they_are_in_a_picture() -> None:
    made, frame = next(film([Fraction(0)]))
    plain = made.apply(outline(20, "blue"), colour("#123"))
    assert isinstance(plain, Image)
    image, states = chain([outline(20, "blue")], colour("#123"))(made, frame)
    assert np.array_equal(image.rgb, plain.rgb)
    assert states == (None, None)


@pytest.mark.parametrize("name", STILL)
def test_every_still_effect_is_of_a_frame_what_it_is_of_a_picture(name: str) -> None:
    made = cutout_for(name)
    rgb, opacity = pixels(still(name)(made))
    image, _ = chain([still(name)])(made, Frame(Image(made.rgb), Fraction(0), 0))
    assert np.array_equal(image.rgb, rgb)
    given, expected = (np.ones(rgb.shape[:2]) if one is None else one for one in (image.opacity, opacity))
    assert np.array_equal(given, expected)


def test_states_are_handed_on_each_to_its_own() -> None:
    effects: list[FilmEffect] = [trails(every=0.2), outline(10), follow_spot(), follow_crop()]
    whole = run(chain(effects), film(times(10)))
    frames = list(film(times(10)))
    states = from_bytes(to_bytes(whole[Fraction(1, 2)][1]))
    for made, frame in frames[6:]:
        image, states = chain(effects)(made, frame, states)
        assert np.array_equal(image.rgb, whole[frame.time][0].rgb)


def test_the_background_is_cropped_and_zoomed_with_the_rest() -> None:
    """It lies beneath before the first effect that shows the whole picture otherwise, over nothing that came before."""
    made, frame = next(film([Fraction(0)]))
    image, _ = chain([outline(10), zoom_in(2, over=0), follow_crop()], colour("#0a0b0c"))(made, frame)
    assert image.opacity is None
    assert image.size_hw[1] < SIZE[1]
    assert (image.rgb[0, 0] == (10, 11, 12)).all()
    spot, _ = chain([follow_spot(1.0, radius=0.2, softness=0)], colour("white"))(made, frame)
    assert (spot.rgb[0, -1] == 0).all()
    assert (spot.rgb == 255).all(-1).any()


def test_a_whole_picture_in_the_middle_becomes_what_lies_behind() -> None:
    made, frame = next(film([Fraction(0)]))
    alone, _ = chain([dim(0.5)])(made, frame)
    going_on, _ = chain([dim(0.5), trails()])(made, frame)
    assert np.array_equal(alone.rgb, going_on.rgb)
    unchanged, _ = chain([dim(0), trails()])(made, frame)  # an effect that does nothing gives the picture itself
    assert np.abs(unchanged.rgb.astype(int) - frame.image.rgb).max() <= 1


@pytest.mark.parametrize("effect", [transparent(), avatar(size=32)])
def test_a_picture_of_its_own_in_the_middle_is_an_error(effect: object) -> None:
    made, frame = next(film([Fraction(0)]))
    with pytest.raises(UsageError, match="put it at the end"):
        chain([effect, trails()])(made, frame)  # type: ignore[list-item]


def test_an_effect_of_some_time_is_there_then_and_begins_anew() -> None:
    spot = follow_spot()
    timed = Timed(lambda time: spot if Fraction(3, 10) <= time < Fraction(6, 10) else None)
    found = run(chain([timed]), film(times(10)))
    there = [time for time, (image, _) in found.items() if image.opacity is None]
    assert there == [Fraction(n, 10) for n in (3, 4, 5)]
    assert all((states[0] is not None) == (time in there) for time, (_, states) in found.items())


def test_whether_it_is_see_through() -> None:
    assert chain([trails(), follow_crop()]).transparent
    assert not chain([follow_spot()]).transparent
    assert not chain([trails()], colour("red")).transparent
