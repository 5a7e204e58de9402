"""A TOML file of a film's effects, whose parameters may change by key frames, checked before anything runs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matteo.effects.entry import Entry, Parameter, nearest
from matteo.effects.parse import FITTED
from matteo.effects.poster import told
from matteo.effects.table import BACKGROUND
from matteo.errors import UsageError
from matteo.picture.cutout import read_background
from matteo.picture.image import Image
from matteo.picture.limits import Limits
from matteo.video.effects.keys import EASES, Key, Track, colour_of, is_colour
from matteo.video.effects.moving import Moving, Timed
from matteo.video.effects.parse import entry, value_of
from matteo.video.effects.times import parse_time
from matteo.video.effects.told import told_of

if TYPE_CHECKING:
    from matteo.effects.background import Background

_OWN = ("name", "from", "to")
_KEY = ("at", "value", "ease")
_PICTURES = ("picture", "given")  # parameters that are files: looked for beside the TOML, and read once


@dataclass(frozen=True, eq=False)
class Held:
    """A picture as a value: the same only as itself."""

    picture: str | Image


def read_effects(path: Path, background: Background | None = None, limits: Limits | None = None) -> tuple[Timed, ...]:
    """The effects of a file, in its order.

        [[effect]]
        name = "follow-spot"
        from = "2s"
        to = "8s"
        radius = [{at = "0s", value = 0.3}, {at = "5s", value = 0.5, ease = "in-out"}]

    name: of an effect over time or a still one. from, to: where it begins and ends, in the film's time; it is there
    from the first frame not before `from` and gone with the first not before `to`. Each parameter is a value, or key
    frames with rising times; `value` as a name stands for the effect's first parameter. Times are those of
    `parse_time`.
    background: what the film has behind the subject, for effects that fit the subject to it. limits: of pictures.

    UsageError, naming the file and the entry, for what is no TOML, unknown effects, parameters and keys with the
    nearest word, values out of range, and times that do not rise.
    """
    try:
        text = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; check the name and the folder") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as TOML ({error}); mend it") from error
    for key in text:
        if key != "effect":
            raise UsageError(f"{path}: {key!r} is not known; begin each effect with [[effect]]")
    entries = text.get("effect")
    if not isinstance(entries, list) or not entries:
        raise UsageError(f'{path}: has no effects; add [[effect]] and name = "follow-spot"')
    return tuple(_effect(one, number, path, background, limits) for number, one in enumerate(entries, start=1))


def _effect(
    given: Mapping[str, Any], number: int, path: Path, background: Background | None, limits: Limits | None
) -> Timed:
    where = f"{path}: effect {number}"
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise UsageError(f'{where}: has no name; add name = "follow-spot"')
    where = f"{where} ({given['name']})"
    with told(where):
        found = entry(given["name"])
        span = _span(given)
        tracks: dict[str, Track] = {}
        for key in (key for key in given if key not in _OWN):
            parameter = _parameter(key, given["name"], found)
            if parameter in tracks:
                raise UsageError(f"{key} says {parameter} twice; leave one out")
            tracks[parameter] = _track(parameter, given[key], found, path, limits)
        if given["name"] in FITTED and "background" not in tracks:
            tracks["background"] = _behind(given["name"], background)
        files = {key: value.picture for key, value in _held(tracks)}
        return replace(_timed(given["name"], found, tracks, span, limits), told=told_of("", {**given, **files}))


def _held(tracks: Mapping[str, Track]) -> list[tuple[str, Held]]:
    keys = [(f"{name} {number}", key) for name, track in tracks.items() for number, key in enumerate(track.keys)]
    return [(name, key.value) for name, key in keys if isinstance(key.value, Held)]


def _behind(name: str, background: Background | None) -> Track:
    """The film's background, for an effect that needs one and names none."""
    if background is None:
        raise UsageError(f"{name} fits the subject to its new background: give a background too")
    return Track((Key(Fraction(0), background),), BACKGROUND)


def _span(given: Mapping[str, Any]) -> tuple[Fraction | None, Fraction | None]:
    start, end = (parse_time(key, given[key]) if key in given else None for key in ("from", "to"))
    if start is not None and end is not None and end <= start:
        raise UsageError(f"to is {given['to']!r}, not after from, {given['from']!r}; change one of them")
    return start, end


def _parameter(key: str, name: str, found: Entry) -> str:
    """The parameter's name. `value` is the first one, as on the command line."""
    if key == "value" and found.parameters:
        return next(iter(found.parameters))
    if key not in found.parameters:
        raise UsageError(f"{name} knows no {key!r}; {nearest(key, [*found.parameters, 'from', 'to'])}")
    return key


def _track(key: str, given: object, found: Entry, path: Path, limits: Limits | None) -> Track:
    parameter = found.parameters[key]
    keyed = isinstance(given, list) and any(isinstance(one, dict) for one in given)
    if not keyed:
        return Track((Key(Fraction(0), _value(key, given, parameter, path, limits)),), parameter)
    assert isinstance(given, list)
    keys = tuple(_key(key, one, number, parameter, path, limits) for number, one in enumerate(given, start=1))
    for before, after in pairwise(keys):
        if after.at <= before.at:
            said = f"{float(after.at):g}s comes after {float(before.at):g}s"
            raise UsageError(f"{key}: its times do not rise ({said}); put its keys in order")
    return Track(keys, parameter)


def _key(key: str, given: Any, number: int, parameter: Parameter, path: Path, limits: Limits | None) -> Key:
    with told(f"{key}, key {number}"):
        if not isinstance(given, dict) or "at" not in given or "value" not in given:
            raise UsageError('is no key; write it as {at = "2s", value = 0.5}')
        for word in given:
            if word not in _KEY:
                raise UsageError(f"{word!r} is not known; {nearest(word, _KEY)}")
        ease = given.get("ease", "linear")
        if ease not in EASES:
            raise UsageError(f"ease is {ease!r}; {nearest(str(ease), EASES)}")
        return Key(parse_time("at", given["at"]), _value(key, given["value"], parameter, path, limits), ease)


def _value(key: str, given: object, parameter: Parameter, path: Path, limits: Limits | None) -> Any:
    if not all(isinstance(one, (str, int, float)) for one in (given if isinstance(given, list) else [given])):
        raise UsageError(f"{key} is {given!r}; give a text, a number, true or false, or a list of them")
    value = value_of(key, given, parameter)
    parameter.check(key, value)
    if key in _PICTURES:
        return Held(_picture(key, value, path, limits))
    if parameter == BACKGROUND:
        from matteo.effects.background import parse_background

        return parse_background(value, limits=limits)
    if isinstance(value, str) and is_colour(parameter) and value != "none":
        _check_colour(key, value)
    return value


def _picture(key: str, given: object, path: Path, limits: Limits | None) -> str | Image:
    if not isinstance(given, str):
        raise UsageError(f"{key} is {given!r}; give the path of a picture, in quotes")
    try:
        beside = path.parent / given
        return read_background(str(beside) if beside.is_file() else given, limits)
    except OSError as error:  # too long for a file's name
        raise UsageError(f"{key} is no path of a picture ({error.strerror}); give another") from error


def _check_colour(key: str, text: str) -> None:
    if colour_of(text) is None:
        from matteo.picture.colour import parse_colour

        with told(key):
            parse_colour(text)


def _timed(
    name: str, found: Entry, tracks: Mapping[str, Track], span: tuple[Fraction | None, Fraction | None],
    limits: Limits | None,
) -> Timed:  # fmt: skip
    """The effect of a time, made anew where a value has changed."""
    still = {key: track.keys[0].value for key, track in tracks.items() if len(track.keys) == 1}
    changing = {key: track for key, track in tracks.items() if len(track.keys) > 1}

    @lru_cache(maxsize=4)
    def made(*values: Any) -> Any:
        now = still | dict(zip(changing, values, strict=True))
        return found.make(limits, **{k: v.picture if isinstance(v, Held) else v for k, v in now.items()})

    times = sorted({key.at for track in changing.values() for key in track.keys}) or [Fraction(0)]
    each = [made(*(track.at(time) for track in changing.values())) for time in times]  # so that an error comes now

    def at(time: Fraction) -> Any:
        if (span[0] is not None and time < span[0]) or (span[1] is not None and time >= span[1]):
            return None
        return made(*(track.at(time) for track in changing.values()))

    opaque = found.gives == "image" and name != "transparent" and span == (None, None)
    return Timed(at, isinstance(each[0], Moving) and each[0].whole, opaque)
