"""What lies behind a cut-out: from a short text to an effect that gives a whole picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from matteo.effects.entry import effect_function
from matteo.effects.parse import number
from matteo.effects.table import check, make
from matteo.errors import UsageError
from matteo.picture.colour import colour_names, parse_colour, srgb_to_profile
from matteo.picture.cutout import Cutout, read_background
from matteo.picture.image import Image
from matteo.picture.limits import Limits

if TYPE_CHECKING:
    from matteo.picture.source import Source

FORMS = (
    "transparent; a colour (white, #f80, rgb(255, 136, 0)); gradient:#fff,#ddd,90 or gradient:#fff,#ddd,radial; "
    "blur:12, blur:12,depth; dim:0.5; grey; spot; or a picture's path, also with cover, contain, stretch or tile, "
    "as tile:wood.jpg"
)
GRADIENTS = ("linear", "radial")
NEAR = 0.7  # a hundred and fifty colours have names: one of them resembles almost any word
FITS = ("cover", "contain", "stretch", "tile")

Behind: TypeAlias = "str | Image | Source | Callable[[Cutout], Image]"


@dataclass(frozen=True)
class Background:
    """An effect that composes a cut-out over something and gives an Image.

    behind: what lies there for a given cut-out, in its size (or 1 x 1, one colour), profile and depth.
    light:  as in `Cutout.over`.
    """

    behind: Callable[[Cutout], Image]
    light: str = "encoded"

    def __call__(self, cutout: Cutout) -> Image:
        return cutout.over(self.behind(cutout), light=self.light)


def behind_of(background: Behind, cutout: Cutout) -> Image:
    """What will lie behind this cut-out: of a background effect, a text as of `parse_background`, or a picture."""
    effect = parse_background(background) if isinstance(background, str) else background
    if not callable(effect):
        effect = _made("picture", given=effect)
    if not isinstance(effect, Background):
        raise UsageError("there is no background to fit the subject to; give a colour, a gradient or a picture")
    return effect.behind(cutout)


@effect_function
def transparent() -> Callable[[Cutout], Image]:
    """No background: the subject and what lies under it, with their opacity."""
    return Cutout.flattened


@effect_function
def colour(name: str = "white", *, light: str = "encoded") -> Background:
    """One sRGB colour: a CSS name, #rgb, #rrggbb or rgb(r, g, b). UsageError for anything else."""
    check("colour", light=light)
    values = parse_colour(name)

    def behind(cutout: Cutout) -> Image:
        pixel: NDArray[Any] = np.array(srgb_to_profile(values, cutout.metadata.icc, cutout.depth), cutout.rgb.dtype)
        return Image(pixel.reshape(1, 1, 3), metadata=cutout.metadata)

    return Background(behind, light)


def parse_background(text: str, *, light: str = "encoded", limits: Limits | None = None) -> Callable[[Cutout], Image]:
    """The effect of a text: a colour, "gradient:#fff,#ddd,90", "blur:12", "dim:0.5", "grey", "spot", "transparent", or
    a picture's path. A picture is read now, with `limits`. UsageError names the forms."""
    name, _, rest = text.strip().partition(":")
    if not name:
        raise UsageError(f"{text!r} is no background; the forms are: {FORMS}")
    if name in FITS and rest:
        return _made("picture", given=read_background(rest, limits), fit=name, light=light)
    if name not in _ARGUMENTS:
        return _colour_or_picture(text, light, limits)
    try:
        values = _ARGUMENTS[name]([part.strip() for part in re.split(r",(?![^(]*\))", rest)] if rest else [])
    except (ValueError, IndexError) as error:
        why = str(error) if isinstance(error, UsageError) else f"the forms are: {FORMS}"
        raise UsageError(f"{text!r} is no background; {why}") from None
    if name != "transparent":
        values["light"] = light
    return _made(name, **values)


def _made(name: str, **values: Any) -> Callable[[Cutout], Image]:
    return cast("Callable[[Cutout], Image]", make(name, **values))


def _colour_or_picture(text: str, light: str, limits: Limits | None) -> Callable[[Cutout], Image]:
    try:
        given = read_background(text, limits)
    except (UsageError, OSError) as error:  # the latter for a name that is too long for a file
        raise UsageError(f"{text!r} is no background; {_near(text)}The forms are: {FORMS}") from error
    return colour(given, light=light) if isinstance(given, str) else _made("picture", given=given, light=light)


def _near(text: str) -> str:
    """A form or a colour whose name is near."""
    name, colon, rest = text.strip().lower().partition(":")
    colours = [] if colon else get_close_matches(name, colour_names(), 1, NEAR)
    near = colours or get_close_matches(name, [*_ARGUMENTS, *FITS], 1, NEAR)
    return f"did you mean {near[0]}{colon}{rest}? " if near else ""


def _gradient(parts: list[str]) -> dict[str, Any]:
    *colours, last = parts
    if last in GRADIENTS:
        return {"colours": tuple(colours), "kind": last}
    try:
        return {"colours": tuple(colours), "angle": float(last)}
    except ValueError:
        near = get_close_matches(last, (*GRADIENTS, *colour_names()), 1, NEAR)
        if near and near[0] in GRADIENTS:
            raise UsageError(f"did you mean {near[0]}?") from None
        return {"colours": tuple(parts)}


def _blur(parts: list[str]) -> dict[str, Any]:
    numbers = [part for part in parts if part != "depth"]
    if any(get_close_matches(part, ["depth"]) for part in numbers):
        raise UsageError("did you mean depth?")
    if len(numbers) > 1 or any(part.isalpha() for part in numbers):
        raise ValueError
    return _number("strength", numbers) | ({"depth": True} if len(numbers) < len(parts) else {})


def _number(name: str, parts: list[str], *, share: bool = False) -> dict[str, Any]:
    if len(parts) > 1:
        raise ValueError
    return {name: number(name, parts[0], share=share)} if parts else {}


def _nothing(parts: list[str]) -> dict[str, Any]:
    if parts:
        raise ValueError
    return {}


_ARGUMENTS: dict[str, Callable[[list[str]], dict[str, Any]]] = {
    "transparent": _nothing,
    "gradient": _gradient,
    "blur": _blur,
    "dim": lambda parts: _number("strength", parts, share=True),
    "grey": lambda parts: _number("strength", parts, share=True),
    "spot": lambda parts: _number("strength", parts, share=True),
}
