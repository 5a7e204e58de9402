"""What follows: its lag, its calm, and that the frame rate does not matter."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from matteo.video.effects.follow import Followed, followed

from .film import times, uneven


def way_of(goals: dict[Fraction, float], lag: float) -> dict[Fraction, float]:
    found, state = {}, None
    for time, goal in goals.items():
        state = followed(state, (goal,), float(time), lag)
        assert state is not None
        found[time] = state.place[0]
    return found


@pytest.mark.parametrize("lag", [0.1, 0.25, 0.6])
def test_it_is_the_stated_time_behind_what_moves_evenly(lag: float) -> None:
    found = way_of({time: float(time) * 3 for time in times(30, 12)}, lag)
    assert found[Fraction(12)] == pytest.approx(3 * (12 - lag), abs=1e-6)


def test_without_lag_it_is_there() -> None:
    goals = {time: np.sin(float(time)) for time in times(30)}
    assert way_of(goals, 0) == goals


@pytest.mark.parametrize("other", [times(60, 3), times(15, 3), uneven(3)])
def test_the_frame_rate_changes_nothing_of_an_even_way(other: list[Fraction]) -> None:
    """Even, a stand, and back: between its corners, which all the films show, the way is a line."""
    corners = [0.0, 1.0, 2.0, 3.0], [0.0, 5.0, 5.0, -2.0]
    one, two = ({t: float(np.interp(float(t), *corners)) for t in film} for film in (times(30, 3), other))
    found, again = way_of(one, 0.3), way_of(two, 0.3)
    common = found.keys() & again.keys()
    assert len(common) > 25
    for time in common:
        assert found[time] == pytest.approx(again[time], abs=1e-9)


def test_the_frame_rate_changes_little_of_a_bent_way() -> None:
    one, two = ({t: float(np.sin(3 * float(t))) for t in times(rate, 3)} for rate in (30, 60))
    found, again = way_of(one, 0.3), way_of(two, 0.3)
    assert max(abs(found[time] - again[time]) for time in found) < 1e-3


def test_it_never_swings_over_where_it_is_going() -> None:
    goals = {time: float(time > 0) for time in times(30, 4)}
    found = list(way_of(goals, 0.25).values())
    assert all(a <= b + 1e-12 for a, b in pairwise(found))
    assert found[-1] == pytest.approx(1, abs=1e-6)
    assert max(found) <= 1 + 1e-12


def test_a_trembling_goal_is_calmed() -> None:
    """Noise of deviation 1 a frame: the follower moves by a twentieth of that from frame to frame."""
    tremble = np.random.default_rng(0).normal(0, 1, 3001)
    found = list(way_of({Fraction(n, 30): float(tremble[n]) for n in range(3001)}, 0.25).values())[100:]
    assert np.std(np.diff(found)) < 0.05 * np.sqrt(2) * 2
    assert np.std(found) < 0.3


def test_without_a_goal_the_last_one_stays() -> None:
    state = followed(followed(None, (1.0,), 0.0, 0.2), (2.0,), 0.1, 0.2)
    later = followed(state, None, 9.0, 0.2)
    assert later is not None
    assert later.goal == (2.0,)
    assert later.place[0] == pytest.approx(2.0, abs=1e-9)
    assert followed(None, None, 0.0, 0.2) is None


@pytest.mark.parametrize("time", [1.0, 0.5])
def test_where_time_does_not_go_on_it_begins_anew(time: float) -> None:
    state = followed(followed(None, (1.0,), 0.0, 0.2), (2.0,), 1.0, 0.2)
    assert followed(state, (7.0,), time, 0.2) == Followed(time, (7.0,), (0.0,), (7.0,))
