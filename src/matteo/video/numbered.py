"""Numbered pictures (frames/%06d.png) as a film: read like any picture, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from matteo.errors import UnreadablePicture, UsageError
from matteo.picture.colour import convert
from matteo.picture.image import Metadata
from matteo.picture.limits import Limits
from matteo.picture.read import read
from matteo.video.colour import SRGB
from matteo.video.film import NUMBER, Film
from matteo.video.frame import Frame


def numbered_film(pattern: Path, rate: Fraction, limits: Limits) -> Film:
    """The facts of the pictures that a pattern names. UnreadablePicture where there are none or one is missing."""
    found = _found(pattern)
    first = read(found[0], limits=limits)
    return Film(
        pattern, first.size_hw, 1 / rate, rate, frames=len(found), duration=len(found) / rate, colour=SRGB,
        depth=first.depth, bits=first.depth, opacity=first.opacity is not None, codec=first.format or "",
        pictures=found, limits=limits,
    )  # fmt: skip


def numbered_frames(film: Film, start: Fraction | None, end: Fraction | None, after: Frame | None) -> Iterator[Frame]:
    """As `reader.frames`."""
    index = 0
    for number, path in enumerate(film.pictures):
        time = number * film.time_base
        if (start is not None and time < start) or (end is not None and time >= end):
            continue
        if after is None or index > after.index:
            image = read(path, limits=film.limits)
            if image.size_hw != film.size_hw:
                raise UnreadablePicture(
                    f"{path}: is {image.size_hw[1]} x {image.size_hw[0]}, and the first is {film.size_hw[1]} x "
                    f"{film.size_hw[0]}; pictures of one film have one size"
                )
            if image.metadata.icc is not None:  # the film's colours are sRGB's
                image = convert(image, None)
            yield Frame(replace(image, metadata=Metadata()), time, index, film.time_base)
        index += 1


def name_of(pattern: Path, number: int) -> Path:
    """The picture's path. UsageError where the pattern has not exactly one place for the number."""
    places = NUMBER.findall(pattern.name)
    if len(places) != 1 or "%" in NUMBER.sub("", pattern.name):
        raise UsageError(f"{pattern}: write the number's place as %06d, once, as in frames/%06d.png")
    return pattern.with_name(NUMBER.sub(lambda m: f"{number:0{m[1] or 1}d}", pattern.name))


def numbers_of(pattern: Path) -> dict[int, Path]:
    """The pictures that a pattern names, by their number. UsageError for a pattern without a place for it."""
    name_of(pattern, 0)
    before, after = NUMBER.split(pattern.name)[0], NUMBER.split(pattern.name)[-1]
    numbers = {}
    for path in pattern.parent.glob("*") if pattern.parent.is_dir() else ():
        digits = path.name[len(before) : len(path.name) - len(after)]
        if digits.isdecimal() and name_of(pattern, int(digits)).name == path.name:
            numbers[int(digits)] = path
    return dict(sorted(numbers.items()))


def _found(pattern: Path) -> tuple[Path, ...]:
    numbers = numbers_of(pattern)
    if not numbers:
        raise UnreadablePicture(f"{pattern}: there are no such pictures; check the folder and the pattern")
    missing = sorted(set(range(min(numbers), max(numbers) + 1)) - set(numbers))
    if missing:
        raise UnreadablePicture(f"{name_of(pattern, missing[0])}: is missing between its neighbours; put it there")
    return tuple(numbers.values())
