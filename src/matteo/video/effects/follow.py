"""A point that goes after another without jitter and without swinging: a critically damped spring, solved exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass

from matteo.video.effects.subject import Where


@dataclass(frozen=True)
class Followed:
    """Where the follower is at a time (s), how fast it moves (a second), and where it was to be; any number of
    coordinates."""

    time: float
    place: tuple[float, ...]
    speed: tuple[float, ...]
    goal: tuple[float, ...]


def followed(state: Followed | None, goal: tuple[float, ...] | None, time: float, lag: float) -> Followed | None:
    """The follower at a time (s), its goal having moved there evenly since the state's.

    lag: how long it is behind a goal that moves evenly, s; 0 is at the goal at once. The spring is solved for the time
    that has gone by, so that it is the same whatever the frame rate, even where that varies. goal: None where there is
    none: the last stays. At the beginning, and where time does not go on, it starts at the goal. None where there has
    been no goal yet.
    """
    if state is None or time <= state.time:
        return None if goal is None else _begun(goal, time)
    goal = state.goal if goal is None else goal
    if lag <= 0:
        return _begun(goal, time)
    each = zip(state.place, state.speed, state.goal, goal, strict=True)
    moved = [_sprung(*one, time - state.time, 2 / lag) for one in each]
    return Followed(time, tuple(place for place, _ in moved), tuple(speed for _, speed in moved), tuple(goal))


def _begun(goal: tuple[float, ...], time: float) -> Followed:
    return Followed(time, tuple(goal), (0.0,) * len(goal), tuple(goal))


def _sprung(place: float, speed: float, old: float, new: float, seconds: float, rate: float) -> tuple[float, float]:
    """x'' = rate^2 (goal - x) - 2 rate x', the goal on a line from old to new: place and speed at the end."""
    pace = (new - old) / seconds
    behind = 2 * pace / rate
    first = place - old + behind
    second = speed - pace + rate * first
    fade = math.exp(-rate * seconds)
    rest = (first + second * seconds) * fade
    return new - behind + rest, pace + second * fade - rate * rest


def box_of(state: Followed | None) -> Where | None:
    """The box that a follower of boxes is at."""
    return None if state is None else Where(*state.place)
