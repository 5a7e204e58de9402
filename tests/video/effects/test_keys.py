"""Key frames: exact at the keys, even between them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from matteo.effects.entry import Parameter as P
from matteo.errors import UsageError
from matteo.video.effects.keys import EASES, Key, Track
from matteo.video.effects.times import parse_time, parse_times

NUMBER = P(0.0, "", 0, 100)


def track(*values: Any, parameter: P = NUMBER, ease: str = "linear") -> Track:
    return Track(tuple(Key(Fraction(n), value, ease) for n, value in enumerate(values)), parameter)


@pytest.mark.parametrize("ease", EASES)
def test_exact_at_the_keys_and_held_outside(ease: str) -> None:
    found = track(0.1, 0.7, 0.3, ease=ease)
    assert [found.at(Fraction(n)) for n in (-5, 0, 1, 2, 9)] == [0.1, 0.1, 0.7, 0.3, 0.3]


@pytest.mark.parametrize(("ease", "half", "quarter"), [
    ("linear", 0.5, 0.25), ("in", 0.25, 0.0625), ("out", 0.75, 0.4375), ("in-out", 0.5, 0.15625), ("hold", 0, 0),
])  # fmt: skip
def test_between_by_its_ease(ease: str, half: float, quarter: float) -> None:
    found = track(0.0, 8.0, ease=ease)
    assert found.at(Fraction(1, 2)) == pytest.approx(8 * half)
    assert found.at(Fraction(1, 4)) == pytest.approx(8 * quarter)


def test_what_goes_over_and_what_switches() -> None:
    half = Fraction(1, 2)
    assert track((0.0, 1.0), (1.0, 0.0)).at(Fraction(1, 4)) == (0.25, 0.75)
    assert track("#000000", "#ff8000", parameter=P("white", "")).at(half) == "rgb(128, 64, 0)"
    assert track(("#000", "red"), ("#fff", "red"), parameter=P(("white", "#ddd"), "")).at(half)[1] == "red"
    assert track("8px", "16px", parameter=P(6, "")).at(half) == "12.000000px"
    assert track(3, 6, parameter=P(1, "", 1, 9, whole=True)).at(half) == 4
    assert track("red", "blue", parameter=P("", "words")).at(half) == "red"
    assert track("drop", "cast", parameter=P("drop", "", choices=("drop", "cast"))).at(Fraction(9, 10)) == "drop"
    assert track(False, True, parameter=P(False, "", choices=(False, True))).at(half) is False
    assert track("8px", "1%", parameter=P(6, "")).at(half) == "8px"


@pytest.mark.parametrize(("text", "seconds"), [
    ("5s", 5), ("2.5", Fraction(5, 2)), (3, 3), (0.1, Fraction(1, 10)), ("1:30", 90), ("1:00:01.5s", Fraction(7203, 2)),
])  # fmt: skip
def test_times(text: object, seconds: Fraction) -> None:
    assert parse_time("at", text) == seconds


@pytest.mark.parametrize("text", ["soon", "500ms", "-1", "1:2:3:4", "", True, None, float("nan"), float("inf"), 1e9])
def test_no_times(text: object) -> None:
    with pytest.raises(UsageError, match="at is"):
        parse_time("at", text)


def test_several_times_are_sorted() -> None:
    assert parse_times("at", "4s+1:00+0.5") == (Fraction(1, 2), Fraction(4), Fraction(60))
    assert parse_times("at", [3, "1s", 3]) == (Fraction(1), Fraction(3))
    assert parse_times("at", 2.5) == (Fraction(5, 2),)
