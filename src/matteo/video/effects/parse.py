"""From short texts to effects of a film, over time and still ones: "follow-spot:0.7", "label:text=Ada,anchor=right"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matteo.effects.entry import Entry, Parameter, nearest
from matteo.effects.look import Look
from matteo.effects.parse import parse_effect as parse_still
from matteo.effects.parse import parse_value
from matteo.effects.table import TABLE as STILL
from matteo.errors import UsageError
from matteo.picture.limits import Limits
from matteo.video.effects.moving import FilmEffect, Timed
from matteo.video.effects.table import TABLE
from matteo.video.effects.times import Seconds, parse_time
from matteo.video.effects.told import told_of

if TYPE_CHECKING:
    from matteo.effects.background import Background

_COMMA = re.compile(r",(?![^(]*\))")  # none within rgb(1, 2, 3)


def parse_effect(text: str, background: Background | None = None, limits: Limits | None = None) -> FilmEffect:
    """The effect of NAME, NAME:value,value in the order of its parameters, or NAME:parameter=value, as
    `matteo.effects.parse.parse_effect` has it, which is asked for still ones.

    background, limits: as there. Lengths of time may be written as 2.5s, several times as 2s+4.5s. UsageError, naming
    what is near, for an unknown effect or parameter and for a value that is none.
    """
    name, _, rest = text.strip().partition(":")
    found = entry(name)
    if name in STILL:
        effect = parse_still(text, background, limits)
        opaque = found.gives == "image" and name != "transparent"
        return Timed(lambda time: effect, opaque=opaque, told=told_of(text, Look(effect=(text,)).files()))
    values: dict[str, Any] = {}
    for number, part in enumerate(_COMMA.split(rest) if rest else []):
        key, value = _named(name, part.strip(), number, found.parameters)
        if key in values:
            raise UsageError(f"{text!r} gives {key} twice; leave one out")
        values[key] = value_of(key, value, found.parameters[key])
    return TABLE[name].make(limits, **values)


def entry(name: str) -> Entry:
    """What the tables say of an effect, over time or still. UsageError for an unknown one, with the nearest."""
    found = TABLE.get(name) or STILL.get(name)
    if found is None:
        raise UsageError(f"{name!r} is no effect; {nearest(name, [*TABLE, *STILL])}")
    return found


def value_of(name: str, given: object, parameter: Parameter) -> Any:
    """A value as a parameter takes it, from a text or from what TOML knows; a number is a text too where one is
    wanted. UsageError where it is none."""
    if isinstance(parameter, Seconds):
        return float(parse_time(name, given))
    if isinstance(given, str):
        return parse_value(name, given, parameter)
    if isinstance(given, Sequence):
        return tuple(given)
    if parameter.of_text and isinstance(given, (int, float)) and not isinstance(given, bool):
        return str(given)
    return given


def _named(effect: str, part: str, number: int, parameters: Mapping[str, Parameter]) -> tuple[str, str]:
    """The parameter that a part of the text is for, and its value."""
    before, equals, after = part.partition("=")
    if equals:
        if before.strip() not in parameters:
            known = nearest(before.strip(), parameters) if parameters else "it takes nothing"
            raise UsageError(f"{effect} knows no {before.strip()!r}; {known}")
        return before.strip(), after.strip()
    if number >= len(parameters):
        raise UsageError(f"{effect} takes {len(parameters)} values at most: {', '.join(parameters) or 'none'}")
    return list(parameters)[number], part
