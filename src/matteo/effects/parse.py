"""From short texts to effects: "outline:12,red", "shadow:contact", "crop:fill=85%,aspect=1:1"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from matteo.effects.entry import Parameter, nearest
from matteo.effects.table import entry
from matteo.errors import UsageError
from matteo.picture.cutout import Effect
from matteo.picture.limits import Limits

if TYPE_CHECKING:
    from matteo.effects.background import Background

FITTED = ("harmonize", "light_wrap", "match")  # effects that look at what lies behind
BACKGROUNDS = ("transparent", "gradient", "blur", "dim", "grey", "spot")  # whose texts background.py knows
LIKELY = 3  # a number up to this may be meant as so many times
COMMA = re.compile(r",(?![^(]*\))")  # none within rgb(1, 2, 3)


def parse_effect(text: str, background: Background | None = None, limits: Limits | None = None) -> Effect:
    """The effect of NAME, NAME:value,value in the order of its parameters, or NAME:parameter=value.

    background: what lies behind, for effects that fit the subject to it (FITTED); their texts do not name it.
    limits: of pictures that it reads and canvases that it makes.

    Shares may be written as 85%, pairs as 2000x2000; what is yes or no by its name alone. UsageError, naming what is
    near, for an unknown effect or parameter and for a value that is none.
    """
    name, _, rest = text.strip().partition(":")
    found = entry(name)
    order = list(found.parameters)
    if name in BACKGROUNDS:
        from matteo.effects.background import parse_background

        return parse_background(text, limits=limits)
    values: dict[str, object] = {}
    if name in FITTED:
        if background is None:
            raise UsageError(f"{name} fits the subject to its new background: give a background too")
        values["background"] = background
        order = [one for one in order if one != "background"]
    for number, part in enumerate(COMMA.split(rest) if rest else []):
        parameter, value = _named(name, part.strip(), number, order)
        if parameter in values:
            raise UsageError(f"{text!r} gives {parameter} twice; leave one out")
        values[parameter] = parse_value(parameter, value, found.parameters[parameter])
    return found.make(limits, **values)


def _named(effect: str, part: str, number: int, order: list[str]) -> tuple[str, str]:
    """The parameter that a part of the text is for, and its value."""
    before, equals, after = part.partition("=")
    if equals:
        kind, colon, parameter = before.strip().partition(":")
        if colon and parameter in order:
            raise UsageError(f"values are apart by commas: write {kind},{parameter}={after.strip()}")
        if before.strip() not in order:
            raise UsageError(f"{effect} knows no {before.strip()!r}; {nearest(before.strip(), order)}")
        return before.strip(), after.strip()
    if part in order:  # yes or no, by its name
        return part, "yes"
    if number >= len(order):
        raise UsageError(f"{effect} takes {len(order)} values at most: {', '.join(order) or 'none'}")
    return order[number], part


def parse_value(name: str, text: str, parameter: Parameter) -> object:
    """A text as the kind of value that a parameter takes. UsageError where it is none."""
    if parameter.choices == (False, True):
        return _yes_or_no(name, text)
    if parameter.low is None:
        return text
    if parameter.count > 1:
        return pair(name, text, whole=parameter.whole, share=parameter.share)
    return number(name, text, whole=parameter.whole, share=parameter.share)


def number(name: str, text: str, *, whole: bool = False, share: bool = False) -> float:
    """A number; "85%" is 0.85. UsageError for anything else, and for a `share` beyond 1 that is not in per cent: who
    writes 5 means 5% more often than five times."""
    per_cent = text.endswith("%") and not whole
    try:
        value = float(text[:-1]) / 100 if per_cent else int(text) if whole else float(text)
    except ValueError:
        wanted = "a whole number" if whole else "a share, as 85% or 0.85" if share else "a number, or a share as 85%"
        raise UsageError(f"{name} is {text!r}; give {wanted}") from None
    if share and not per_cent and value > 1:
        meant = f", or {100 * value:g}% where that is meant" if value <= LIKELY else ""
        raise UsageError(f"{name} is {text}: write {value:g}% or {value / 100:g}{meant}")
    return value


def pair(name: str, text: str, *, whole: bool = False, share: bool = False) -> tuple[float, float]:
    """Two numbers, as "2000x1500" or "0.5,0.9". UsageError for anything else."""
    parts = re.split(r"[xX,]", text)
    if len(parts) != 2:
        wanted = "a width and a height, as 2000x2000" if whole else "two shares, as 0.5,0.9 or 50%,90%"
        raise UsageError(f"{name} is {text!r}; give {wanted}")
    first, second = (number(name, part.strip(), whole=whole, share=share) for part in parts)
    return first, second


def _yes_or_no(name: str, text: str) -> bool:
    if text.lower() not in ("yes", "no", "true", "false", "on", "off"):
        raise UsageError(f"{name} is {text!r}; give yes or no")
    return text.lower() in ("yes", "true", "on")
