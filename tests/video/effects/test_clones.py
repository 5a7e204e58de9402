"""The subject left standing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from matteo.errors import UsageError
from matteo.picture.cutout import Cutout
from matteo.video.effects.clones import Clones, clones

from .film import COLOUR, SIZE, across, disc, film, run, times


def seen_at(result: Cutout, time: float) -> bool:
    x, y = across(time)
    image = result.flattened()
    assert image.opacity is not None
    return bool(image.opacity[int(y), int(x)] == 1 and tuple(image.rgb[int(y), int(x)]) == COLOUR)


@pytest.mark.parametrize("rate", [10, 30])
def test_it_stands_from_its_time_on(rate: int) -> None:
    found = run(clones("0s+0.5s"), film(times(rate, 2)))
    for time, (_, state) in found.items():
        assert len(state.standing) == (time >= 0) + (time >= Fraction(1, 2))
    end = found[Fraction(2)][0]
    assert seen_at(end, 0)
    assert seen_at(end, 0.5)
    x, y = across(1.25)
    assert end.flattened().opacity[int(y) - 15, int(x)] == 0


def test_a_clone_is_the_subject_to_the_bit() -> None:
    first, _ = next(film([Fraction(0)]))
    end = run(clones(at=0), film(times(10, 2)))[Fraction(2)][0].flattened()
    opaque = first.alpha == 1
    assert np.array_equal(end.rgb[opaque], first.rgb[opaque])
    assert np.array_equal(end.opacity[opaque], first.alpha[opaque])


@pytest.mark.parametrize(("where", "right"), [("behind", False), ("before", True)])
def test_behind_and_before(where: str, right: bool) -> None:
    def short(time: float) -> tuple[float, float]:
        return 60 + 10 * float(time > 0), 45

    first, *rest = film(times(5), short)
    frames = [(Cutout(np.full_like(first[0].rgb, 9), first[0].alpha), first[1]), *rest]
    end = run(clones(at=0, where=where), frames)[Fraction(1)][0].flattened()
    assert (end.rgb[45, 65] == 9).all() == right


def test_what_was_left_before_a_part_begins_is_not_there() -> None:
    state = run(clones("0.2s+0.8s"), list(film(times(10)))[5:])[Fraction(1)][1]
    assert isinstance(state, Clones)
    assert len(state.standing) == 1


def test_memory_is_that_of_the_times() -> None:
    state = run(clones((0, 0.5)), film(times(10, 2)))[Fraction(2)][1]
    assert sum(one.rgb.nbytes for one in state.standing) < 2 * 45 * 45 * 3
    assert sum(disc(across(0)).shape) == sum(SIZE)


@pytest.mark.parametrize("at", [None, "", "soon", "-1s", "1;2"])
def test_times_that_are_none(at: object) -> None:
    with pytest.raises(UsageError, match="at"):
        clones(at)
