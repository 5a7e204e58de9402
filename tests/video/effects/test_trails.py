"""Former selves fade by the constant that was given."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from matteo.effects.background import colour
from matteo.video.effects.moving import chain
from matteo.video.effects.trails import trails

from .film import COLOUR, disc, film, run, times


def jump(time: float) -> tuple[float, float]:
    """At the left for one frame, then at the right."""
    return (30.0, 45.0) if time == 0 else (120.0, 45.0)


@pytest.mark.parametrize("fade", [0.3, 1.0])
@pytest.mark.parametrize("rate", [10, 30])
def test_a_self_fades_by_the_constant(fade: float, rate: int) -> None:
    found = run(trails(fade, every=10, strength=0.8), film(times(rate, 2), jump))
    for time, (result, _) in list(found.items())[1:]:
        assert result.under[-1].opacity[45, 30] == pytest.approx(0.8 * math.exp(-float(time) / fade), rel=1e-4)
        assert tuple(result.under[-1].rgb[45, 30]) == COLOUR


def test_over_a_background_it_is_mixed_as_much_as_that() -> None:
    found = run(chain([trails(0.5, every=10, strength=0.5)], colour("black")), film(times(10, 1), jump))
    image = found[Fraction(1, 2)][0]
    assert image.rgb[45, 30, 0] == pytest.approx(COLOUR[0] * 0.5 * math.exp(-1), abs=0.6)


def test_the_frame_rate_changes_nothing() -> None:
    one, two = (run(trails(0.6, every=0.2), film(times(rate, 1.5))) for rate in (30, 60))
    for time, (result, _) in one.items():
        other = two[time][0]
        assert len(result.under) == len(other.under)
        for layer, again in zip(result.under, other.under, strict=True):
            assert np.allclose(layer.opacity, again.opacity, atol=2e-6)
            seen = layer.opacity > 0.01
            assert np.abs(layer.rgb.astype(int) - again.rgb)[seen].max(initial=0) <= 1


def test_selves_are_left_by_the_films_clock() -> None:
    states = {time: state.left for time, (_, state) in run(trails(every=0.25), film(times(20, 1))).items()}
    assert states == {time: math.floor(time * 4) for time in states}


def test_memory_is_one_picture_however_long() -> None:
    states = [state for _, state in run(trails(every=0.1), film(times(10, 4))).values()]
    assert len({state.rgb.nbytes + state.opacity.nbytes for state in states}) == 1


def test_what_has_faded_is_gone() -> None:
    state = run(trails(0.1, every=0.5), film(times(10, 3), jump))[Fraction(3)][1]
    assert (state.opacity[disc((30.0, 45.0)) > 0] == 0).all()
