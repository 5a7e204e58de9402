"""Key frames: a value that changes over time. Numbers and colours go evenly from one key to the next, words switch."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from matteo.effects.entry import Parameter
from matteo.errors import UsageError
from matteo.picture.colour import parse_colour

EASES: dict[str, Callable[[float], float]] = {
    "linear": lambda share: share,
    "in": lambda share: share * share,
    "out": lambda share: share * (2 - share),
    "in-out": lambda share: share * share * (3 - 2 * share),
    "hold": lambda share: 0.0,
}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?|\.\d+)(px|%)")


@dataclass(frozen=True)
class Key:
    """A value at a time (s). ease: how the value before it goes over to this one, a key of EASES."""

    at: Fraction
    value: Any
    ease: str = "linear"


@dataclass(frozen=True)
class Track:
    """A parameter's keys, their times rising."""

    keys: tuple[Key, ...]
    parameter: Parameter

    def at(self, time: Fraction) -> Any:
        """The value of a time: exactly a key's own at its time, the first's before it, the last's after it."""
        number = bisect.bisect_right([key.at for key in self.keys], time)
        if number in (0, len(self.keys)):
            return self.keys[max(number - 1, 0)].value
        before, after = self.keys[number - 1], self.keys[number]
        share = EASES[after.ease](float((time - before.at) / (after.at - before.at)))
        return between(before.value, after.value, share, self.parameter)


def between(old: Any, new: Any, share: float, parameter: Parameter) -> Any:
    """What is `share` of the way (0 to 1) from one value of a parameter to another."""
    if share <= 0 or old == new:
        return old
    if isinstance(old, (tuple, list)) and isinstance(new, (tuple, list)) and len(old) == len(new):
        return tuple(between(one, other, share, parameter) for one, other in zip(old, new, strict=True))
    if parameter.choices:
        return old
    if _number(old) and _number(new):
        value = old + (new - old) * share
        return round(value) if parameter.whole else value
    if isinstance(old, str) and isinstance(new, str):
        return _texts(old, new, share, parameter)
    return old


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _texts(old: str, new: str, share: float, parameter: Parameter) -> str:
    """Lengths of one unit where the parameter is a length, and colours where it is one; other words stay until the next
    key."""
    lengths = _LENGTH.fullmatch(old), _LENGTH.fullmatch(new)
    if _is_length(parameter) and lengths[0] and lengths[1] and lengths[0][2] == lengths[1][2]:
        first, last = float(lengths[0][1]), float(lengths[1][1])
        return f"{first + (last - first) * share:.6f}{lengths[0][2]}"
    if is_colour(parameter):
        first_rgb, last_rgb = colour_of(old), colour_of(new)
        if first_rgb and last_rgb:
            mixed = (round(a + (b - a) * share) for a, b in zip(first_rgb, last_rgb, strict=True))
            return "rgb({}, {}, {})".format(*mixed)
    return old


def _is_length(parameter: Parameter) -> bool:
    """Whether a parameter takes a length as a text, "12px" or "0.8%": its default is a number, and a text stays one."""
    return _number(parameter.default) and parameter.low is None


def is_colour(parameter: Parameter) -> bool:
    """Whether a parameter takes a colour, or several of them, as its default tells."""
    default = parameter.default[0] if isinstance(parameter.default, tuple) else parameter.default
    return isinstance(default, str) and not parameter.choices and colour_of(default) is not None


def colour_of(text: str) -> tuple[int, int, int] | None:
    """The colour of a text, or None where it is none."""
    try:
        return parse_colour(text)
    except UsageError:
        return None
