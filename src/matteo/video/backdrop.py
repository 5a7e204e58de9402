"""Another film behind the subject: its frame of the same time, looped where it is shorter, or its last frame held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from matteo.effects.background import Background
from matteo.picture.cutout import Cutout, in_space_of
from matteo.picture.geometry import cover, cover_straight
from matteo.picture.image import Image
from matteo.picture.limits import Limits
from matteo.video.film import is_pattern, open_film
from matteo.video.frame import Frame
from matteo.video.reader import frames

SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".m2ts", ".wmv", ".gif")
WAYS = ("loop", "hold")


def film_named(text: str | None) -> tuple[Path, str] | None:
    """The film that a background's text names and the way: office.mp4, loop:office.mp4 or hold:office.mp4. None for
    what is none."""
    way, colon, rest = (text or "").partition(":")
    path = Path(rest if colon and way in WAYS else text or "")
    if path.suffix.lower() in SUFFIXES or is_pattern(path):
        return path, way if colon and way in WAYS else "loop"
    return None


class FilmBackdrop:
    """A film by time. Times are asked for in growing order; what lies back costs a reading from the beginning."""

    def __init__(self, path: Path, way: str = "loop", limits: Limits | None = None) -> None:
        self.film = open_film(path, limits=limits)
        self.way = way
        self.time = Fraction(0)
        self._past = Fraction(0)  # of the rounds before this one
        self._begin()

    def effect(self) -> Background:
        """A background that shows the frame of the time that is set (`time`), from the film's first frame on."""
        return Background(self._behind)

    def _begin(self) -> None:
        self._frames: Iterator[Frame] = frames(self.film)
        self._now = next(self._frames)
        self._first = self._now.time
        self._next = next(self._frames, None)

    def _behind(self, cutout: Cutout) -> Image:
        picture = self._at(self.time)
        if picture.opacity is None:
            picture = replace(picture, rgb=cover(picture.rgb, cutout.size_hw))
        else:
            rgb, opacity = cover_straight(picture.rgb, picture.opacity, cutout.size_hw)
            picture = replace(picture, rgb=rgb, opacity=opacity)
        return replace(in_space_of(picture, cutout), metadata=cutout.metadata)

    def _at(self, time: Fraction) -> Image:
        """The last frame that begins no later than `time`, counted from the film's first."""
        while True:
            within = time - self._past
            if within < self._now.time - self._first:
                self._past = Fraction(0)
                self._begin()
                continue
            if self._next is not None and self._next.time - self._first <= within:
                self._now, self._next = self._next, next(self._frames, None)
            elif self._next is None and self.way == "loop" and within >= self._length():
                self._past += self._length() * (within // self._length())  # rounds that nobody sees, too
                self._begin()
            else:
                return self._now.image

    def _length(self) -> Fraction:
        return self._now.time + (self._now.duration or 1 / self.film.rate) - self._first
