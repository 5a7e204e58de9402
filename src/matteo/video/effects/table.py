"""Every effect over time: its name, its function, and what the function takes. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from matteo.effects.entry import Entry, nearest
from matteo.effects.entry import Parameter as P
from matteo.errors import UsageError
from matteo.picture.limits import Limits
from matteo.video.effects.looks import LOOKS
from matteo.video.effects.moving import Moving
from matteo.video.effects.times import LONGEST, Seconds
from matteo.video.effects.told import told_of

COLOUR = "a CSS name, #rgb, #rrggbb or rgb(r, g, b)"
BEGIN = Seconds(0.0, "when it begins, seconds of the film", 0, LONGEST)
OPACITY = P(1.0, "0 for nothing to 1 for all of it", 0, 1, share=True)
WHERE = P("behind", "behind the subject or before it", choices=("behind", "before"))
ANCHORS = ("above", "head", "middle", "left", "right", "below")


def lag(default: float) -> Seconds:
    return Seconds(default, "how long it is behind a subject that moves evenly, seconds", 0, 10)


@dataclass(frozen=True)
class FilmEntry(Entry):
    """As an entry of a still effect; `gives` is "image" where nothing is see-through after it."""

    def make(self, limits: Limits | None = None, **values: Any) -> Moving:  # type: ignore[override]
        """The effect with these arguments. UsageError for unknown ones and for values out of range."""
        if limits is not None and self.limited:
            values["limits"] = limits
        effect: Moving = getattr(import_module(f"matteo.video.effects.{self.home}"), self.home)(**values)
        return replace(effect, told=told_of(self.home, {k: v for k, v in values.items() if k != "limits"}))


TABLE: dict[str, FilmEntry] = {
    "original": FilmEntry(
        "original",
        "the film's own picture behind the subject, for effects that are drawn between them",
        gives="image",
        needs_source=True,
    ),
    "follow-spot": FilmEntry(
        "follow_spot",
        "a spotlight that follows the subject, darker around it",
        {
            "strength": P(0.6, "how dark it is outside, 0 to 1", 0, 1, share=True),
            "radius": P(None, "of the light, as a share of the long side; else by the subject", 0.01, 2, share=True),
            "softness": P(0.6, "0 for a hard edge to 1", 0, 1, share=True),
            "colour": P("black", "of the dark: " + COLOUR),
            "lag": lag(0.25),
        },
        gives="image",
        needs_source=True,
    ),
    "label": FilmEntry(
        "label",
        "words or a picture that follow the subject",
        {
            "text": P("", "the words"),
            "picture": P(None, "or a picture: a path, bytes, an array or an Image"),
            "anchor": P("above", "where at the subject it is", choices=ANCHORS),
            "offset": P((0.0, 0.0), "moved by shares of the picture's width and height", -1, 1, count=2, share=True),
            "size": P(0.07, "its height as a share of the picture's", 0.01, 1, share=True),
            "colour": P("white", COLOUR),
            "paper": P("none", "the colour behind the words, or none"),
            "font": P(None, "the path of a TrueType or OpenType font; Pillow's own where none"),
            "opacity": OPACITY,
            "where": P("before", "behind the subject or before it", choices=("behind", "before")),
            "lag": lag(0.15),
        },
        limited=True,
    ),
    "parallax": FilmEntry(
        "parallax",
        "a larger picture behind the subject that moves against it",
        {
            "picture": P(None, "a path, bytes, an array or an Image"),
            "amount": P(0.3, "how far it moves, as a share of the subject's own way", -1, 1, share=True),
            "zoom": P(1.25, "how much larger than the film it is", 1, 4),
            "lag": lag(0.35),
        },
        gives="image",
        limited=True,
    ),
    "trails": FilmEntry(
        "trails",
        "former selves of the subject that fade behind it",
        {
            "fade": Seconds(0.8, "by then a former self has faded to 37 % (1/e), seconds", 0.01, 60),
            "every": Seconds(0.2, "from one self to the next, seconds", 0.02, 60),
            "strength": P(0.6, "the opacity of a new one", 0, 1, share=True),
        },
    ),
    "clones": FilmEntry(
        "clones",
        "the subject left standing as it is at given times",
        {"at": P(None, "the times, as 2s+4.5s"), "opacity": OPACITY, "where": WHERE},
    ),
    "grade": FilmEntry(
        "grade",
        "the colours go slowly from one look to another",
        {
            "look": P("warm", "the look that it ends with", choices=tuple(LOOKS)),
            "before": P("plain", "the look that it begins with", choices=tuple(LOOKS)),
            "begin": BEGIN,
            "over": Seconds(5.0, "how long it takes, seconds; 0 is at once", 0, LONGEST),
            "strength": OPACITY,
            "where": P("all", "what is graded", choices=("all", "subject", "background")),
        },
    ),
    "follow-crop": FilmEntry(
        "follow_crop",
        "a crop, upright for telephones, that follows the subject",
        {
            "aspect": P("9:16", "width by height"),
            "height": P(1.0, "of the crop, as a share of the largest that fits", 0.1, 1, share=True),
            "slack": P(0.1, "how far the subject goes before the crop follows, shares of it", 0, 0.5, share=True),
            "size": P(None, "of the film in pixels, width and height", 1, 30_000, count=2, whole=True),
            "lag": lag(0.5),
        },
        limited=True,
    ),
    "zoom-in": FilmEntry(
        "zoom_in",
        "the picture slowly closer to the subject",
        {
            "zoom": P(1.5, "how much larger at the end", 1, 8),
            "begin": BEGIN,
            "over": Seconds(4.0, "how long it takes, seconds; 0 is at once", 0, LONGEST),
            "lag": lag(0.4),
        },
    ),
}


def make(name: str, **values: Any) -> Moving:
    """The effect of that name with these arguments. UsageError for an unknown name, argument or value."""
    return entry(name).make(**values)


def check(effect: str, /, **values: object) -> None:
    """UsageError where a value is out of its parameter's range: the first line of every effect's function."""
    entry(effect).check(**values)


def entry(name: str) -> FilmEntry:
    """What the table says of an effect. UsageError for an unknown one."""
    if name not in TABLE:
        raise UsageError(f"{name!r} is no effect over time; {nearest(name, TABLE)}")
    return TABLE[name]
