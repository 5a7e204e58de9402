"""A look: everything that is done with a cut-out, as the short texts of the command line. Presets are looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from matteo.effects.background import FITS, Background, parse_background
from matteo.effects.crop import crop
from matteo.effects.entry import nearest
from matteo.effects.parse import BACKGROUNDS, COMMA, number, pair, parse_effect
from matteo.effects.table import entry
from matteo.errors import UsageError
from matteo.picture.colour import parse_colour
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Image
from matteo.picture.layers.drawn import Drawn
from matteo.picture.limits import Limits

NOTHING = "none"  # takes back what a preset says
FIT_NAMES = tuple(f"{fit}:" for fit in FITS)
POSITIONS = {
    "center": (0.5, 0.5), "centre": (0.5, 0.5), "top": (0.5, 0.0), "bottom": (0.5, 1.0), "left": (0.0, 0.5),
    "right": (1.0, 0.5), "top-left": (0.0, 0.0), "top-right": (1.0, 0.0), "bottom-left": (0.0, 1.0),
    "bottom-right": (1.0, 1.0),
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What the options of the same names say; None: nothing.

    background: as `parse_background` takes it. fill, margin: "85%" or 0.85. size: "2000x2000". aspect: "4:5".
    position: a name ("bottom") or "0.5,0.9". shadow, outline, glow: the values of those effects. harmonize: strength.
    effect: any entries of the table, in order. light: "encoded" or "linear". format: of the file, where none is named.
    """

    background: str | None = None
    fill: str | None = None
    size: str | None = None
    aspect: str | None = None
    margin: str | None = None
    position: str | None = None
    shadow: str | None = None
    outline: str | None = None
    glow: str | None = None
    harmonize: str | None = None
    effect: tuple[str, ...] = ()
    light: str | None = None
    format: str | None = None

    def over(self, other: Look) -> Look:
        """This look's values where it has them, else the other's; the effects of both, the other's first."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        said = {name: value for name, value in own.items() if value is not None and name != "effect"}
        if "fill" in said and "margin" not in said:  # they say the same thing in two ways
            said["margin"] = None
        if "margin" in said and said["margin"] is not None and "fill" not in said:
            said["fill"] = None
        return replace(other, **said, effect=(*other.effect, *self.effect))

    def tidied(self) -> Look:
        """The same where "none", and of a background "transparent", is nothing."""

        def unless_nothing(text: str | None) -> str | None:
            return None if text == NOTHING else text

        return replace(
            self, background=None if self.background == "transparent" else unless_nothing(self.background),
            shadow=unless_nothing(self.shadow), outline=unless_nothing(self.outline), glow=unless_nothing(self.glow),
            harmonize=unless_nothing(self.harmonize),
        )  # fmt: skip

    def files(self) -> dict[str, Path]:
        """The pictures that its texts name: each by its path as it is written there."""
        background = [] if self.background is None else [_in_background(self.background)]
        named = [path for _, path, _ in (*background, *map(_in_effect, self.effect))]
        return {path: Path(path) for path in named if path and Path(path).is_file()}

    def with_files(self, change: Callable[[Path], str]) -> Look:
        """The same look, where each picture that its texts name is called something else."""

        def changed(before: str, path: str, behind: str) -> str:
            return f"{before}{change(Path(path)) if path and Path(path).is_file() else path}{behind}"

        background = None if self.background is None else changed(*_in_background(self.background))
        return replace(self, background=background, effect=tuple(changed(*_in_effect(text)) for text in self.effect))


def read_as_picture(background: str) -> bool:
    """Whether a background's text is taken for a picture's path."""
    return background.partition(":")[0] not in (*BACKGROUNDS, "rgb") and not _is_colour(background)


def _in_background(text: str) -> tuple[str, str, str]:
    """The text up to the path of a picture in it, the path ("" where it names none), and what follows."""
    if not read_as_picture(text):
        return text, "", ""
    fit, colon, rest = text.partition(":")
    return (fit + colon, rest, "") if text.startswith(FIT_NAMES) else ("", text, "")


def _in_effect(text: str) -> tuple[str, str, str]:
    """The same of an effect's text: of "picture:PATH", "picture:contain,given=PATH"."""
    name, colon, rest = text.partition(":")
    at = len(name + colon)
    for place, part in enumerate(COMMA.split(rest) if name.strip() == "picture" else []):
        key, equals, value = part.partition("=")
        if (equals and key.strip() == "given") or (place == 0 and not equals):
            path = (value if equals else part).strip()
            start = text.index(path, at + len(key + equals) if equals else at)
            return text[:start], path, text[start + len(path) :]
        at += len(part) + 1
    return text, "", ""


def _is_colour(text: str) -> bool:
    try:
        parse_colour(text)
    except UsageError:
        return False
    return True


@dataclass(frozen=True)
class Steps:
    """What a look does: effects on the cut-out, in order, and at the end a whole picture, or none."""

    effects: tuple[Effect, ...]
    finish: Callable[[Cutout], Cutout | Image] | None
    needs_source: bool

    def __call__(self, cutout: Cutout) -> Cutout | Image:
        whole = (*self.effects, self.finish) if self.finish else self.effects
        return cutout.apply(*whole)

    def layered(self, cutout: Cutout) -> Cutout | Image:
        """The same with the background as a layer of its own beneath all others, for files that hold layers."""
        if not isinstance(self.finish, Background):
            return self(cutout)
        done = cutout.apply(*self.effects)
        assert isinstance(done, Cutout)
        behind = self.finish.behind(done)
        rgb: Any = np.broadcast_to(behind.rgb, done.rgb.shape)
        ground = Drawn(rgb, behind.opacity, done.metadata, name="background")
        return replace(done, under=(ground, *done.under), notes=(*done.notes, *behind.notes))


def steps(look: Look, limits: Limits | None = None, *, behind: Background | None = None) -> Steps:
    """The effects that a look's texts name: crop, harmonize, effects, shadow, glow, outline, background.

    Backgrounds that are pictures are read now, with `limits`. behind: the background, where no text names it (a film).
    UsageError for a text that makes no sense.
    """
    light = look.light or "encoded"
    names = [text.partition(":")[0].strip() for text in look.effect]
    whole = [name for name in names if entry(name).gives == "image"]
    if whole and (len(whole) > 1 or names[-1] != whole[0]):
        raise UsageError(f"{whole[0]} makes a whole picture: give it last, and only one of its kind")
    if whole and (look.background is not None or behind is not None):
        raise UsageError(f"{whole[0]} makes a whole picture with a background of its own: leave out the background")
    if look.light is not None and look.background is None and behind is None:
        raise UsageError("light says how the subject is mixed with its background: give a background too")
    finish = parse_effect(look.effect[-1], limits=limits) if whole else None
    if behind is not None:
        finish = replace(behind, light=light)
    elif look.background is not None:
        finish = parse_background(look.background, light=light, limits=limits)
    ground = finish if isinstance(finish, Background) else None
    texts = look.effect[:-1] if whole else look.effect
    if look.harmonize is not None:
        texts = (_joined("harmonize", look.harmonize), *texts)
    drawn = (("shadow", look.shadow), ("glow", look.glow), ("outline", look.outline))
    texts += tuple(_joined(name, text) for name, text in drawn if text is not None)
    effects = (*_framed(look, limits), *(parse_effect(text, ground, limits) for text in texts))
    return Steps(effects, finish, _needs_source(look, names))


def _joined(name: str, values: str) -> str:
    return name if values == "yes" else f"{name}:{values}"


def _framed(look: Look, limits: Limits | None) -> list[Effect]:
    if not any((look.fill, look.size, look.aspect, look.margin, look.position)):
        return []
    position = look.position or "center"
    return [
        crop(
            fill=None if look.fill is None else number("fill", look.fill, share=True),
            margin=None if look.margin is None else number("margin", look.margin, share=True),
            aspect=look.aspect,
            size=None if look.size is None else _size(look.size),
            position=point("position", position),
            limits=limits,
        )
    ]


def point(name: str, text: str) -> tuple[float, float]:
    """A point by its name ("bottom") or in shares ("0.5,90%"). UsageError for anything else, with what is near."""
    if text in POSITIONS:
        return POSITIONS[text]
    if any(letter.isdigit() for letter in text):
        return pair(name, text, share=True)
    hint = nearest(text, POSITIONS)
    raise UsageError(f"{name} is {text!r}; {hint if hint.endswith('?') else hint + ', or two shares, as 0.5,90%'}")


def _size(text: str) -> tuple[int, int]:
    width, height = pair("size", text, whole=True)
    return int(width), int(height)


def _needs_source(look: Look, names: list[str]) -> bool:
    behind = (look.background or "").partition(":")[0].strip()
    shadows = [look.shadow or "", *(text.partition(":")[2] for text in look.effect if text.startswith("shadow"))]
    asked = [*names, behind] if behind in ("blur", "dim", "grey", "spot") else names
    return any("keep" in text for text in shadows) or any(entry(name).needs_source for name in asked)
