"""Times of a film, as texts and numbers name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from matteo.effects.entry import Parameter
from matteo.errors import UsageError
from matteo.video.timecode import seconds_of

LONGEST = 360_000.0  # seconds: a hundred hours
_FORMS = "give seconds (2.5 or 2.5s), minutes (1:30) or hours (0:01:30.5), from the film's beginning"


@dataclass(frozen=True)
class Seconds(Parameter):
    """A parameter that is a length of time; in a text also 2.5s."""


def parse_time(name: str, given: object) -> Fraction:
    """A time from the film's beginning, in seconds: a number, "2.5s", "2.5", "1:30" or "0:01:30.5". UsageError for
    anything else, and for what is beyond a hundred hours."""
    text = repr(given) if isinstance(given, float) else str(given)
    text = text.strip().removesuffix("s").strip()
    if isinstance(given, bool) or text.count(":") > 2 or ";" in text:
        raise UsageError(f"{name} is {given!r}; {_FORMS}")
    try:
        found = seconds_of(text, Fraction(1))
    except UsageError:
        raise UsageError(f"{name} is {given!r}; {_FORMS}") from None
    if found > LONGEST:
        raise UsageError(f"{name} is {given!r}, beyond a hundred hours; {_FORMS}")
    return found


def parse_times(name: str, given: object) -> tuple[Fraction, ...]:
    """Several times: a list, or a text with + between them, as "2s+4.5s". They are sorted."""
    parts: Sequence[object] = given.split("+") if isinstance(given, str) else (
        given if isinstance(given, (tuple, list)) else (given,)
    )  # fmt: skip
    return tuple(sorted({parse_time(name, part) for part in parts}))
