"""What a client asks for beside the picture, from texts; and what of it a server does not do for strangers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from matteo.effects.look import Look, read_as_picture
from matteo.effects.parse import number
from matteo.effects.preset import find
from matteo.errors import UsageError
from matteo.keying.screen import parse_screen
from matteo.matting.treatment import Chosen, Treatment
from matteo.models.home import home
from matteo.picture.formats import LAYERED
from matteo.selecting.hints import Box, Mark, box_of, mark_of

FORMATS = ("png", "webp", "avif", "tiff", "jpeg", "psd", "ora", "exr")
WITH_QUALITY = ("webp", "avif", "jpeg")
EDGES = ("fine", "fast", "none", "guided")  # the classical ones take minutes
LOOKS = tuple(field.name for field in fields(Look) if field.name not in ("effect", "format"))
YES_OR_NO = ("transparency", "untint", "keep_hidden", "alpha_only", "strip", "strip_location", "straight")
DISTANCES = ("grow", "shrink", "feather")
FITS = ("cover", "contain", "stretch", "tile")
MOST_EFFECTS = 8
MARKS = ("keep", "drop")
MOST_MARKS = 200
FILES = ("keep_mask", "drop_mask")
LEAST_FILL, MOST_MARGIN = 0.05, 3.0
FIELDS = (
    *LOOKS, *YES_OR_NO, *DISTANCES, *MARKS, "box", "key", "preset", "effect", "edges", "format", "quality",
    "background_fit", "file", "url", "background_url", "background_file", "mask", "trimap", "keep_mask", "drop_mask",
    "file_b64", "mask_b64",
)  # fmt: skip
_SIZE = re.compile(r"(\d{1,6})\s*[xX,]\s*(\d{1,6})")


@dataclass(frozen=True)
class Options:
    """What the result's bytes depend on, but for the picture, what is sent beside it, and the network."""

    look: Look = Look()  # noqa: RUF009 (frozen)
    format: str = "png"
    quality: int | None = None
    alpha_only: bool = False
    strip: bool = False
    strip_location: bool = False
    straight: bool = False
    edges: str = ""
    transparency: bool = False
    grow: str = "0"
    shrink: str = "0"
    feather: str = "0"
    untint: bool = False
    keep_hidden: bool = False
    background_fit: str = "cover"
    keep: tuple[Mark, ...] = ()
    drop: tuple[Mark, ...] = ()
    box: Box | None = None
    key: str | None = None

    @property
    def treatment(self) -> Treatment:
        told: Treatment = {
            "transparency": self.transparency, "grow": self.grow, "shrink": self.shrink, "feather": self.feather,
            "untint": self.untint, "keep_hidden": self.keep_hidden,
        }  # fmt: skip
        return {**told, "edges": self.edges} if self.edges else told


def options_of(given: Mapping[str, str], max_pixels: float, behind: bool = False) -> Options:
    """The options of a form's fields. behind: whether a picture is sent for the background.

    UsageError for a field that is not known, a value that makes no sense, and for what a server does not do: read a
    file of its own machine, or make a canvas larger than `max_pixels`.
    """
    for name in given:
        if name not in FIELDS:
            raise UsageError(f"{name!r} is no field; there are {', '.join(FIELDS)}")
    if as_text := [name for name in FILES if name in given]:
        raise UsageError(f"{as_text[0]} is a file; send it as one of a form's")
    look = _look(given)
    format = given.get("format", look.format or "png").strip().lower()
    options = Options(
        look=replace(look, format=None), format="jpeg" if format == "jpg" else format, quality=_quality(given),
        edges=_one_of(given, "edges", EDGES, ""), background_fit=_one_of(given, "background_fit", FITS, "cover"),
        alpha_only=_yes(given, "alpha_only"), strip=_yes(given, "strip"), strip_location=_yes(given, "strip_location"),
        straight=_yes(given, "straight"), transparency=_yes(given, "transparency"), untint=_yes(given, "untint"),
        keep_hidden=_yes(given, "keep_hidden"), grow=_distance(given, "grow"), shrink=_distance(given, "shrink"),
        feather=_distance(given, "feather"), keep=_marks(given, "keep"), drop=_marks(given, "drop"),
        box=box_of(given["box"]) if "box" in given else None, key=_key(given),
    )  # fmt: skip
    _check(options, behind)
    _check_canvas(options.look, max_pixels)
    Chosen(**options.treatment)
    return options


def looks_folder() -> Path:
    """Where the looks lie that the server's owner saved."""
    return home() / "looks"


def _look(given: Mapping[str, str]) -> Look:
    texts = {name: given[name].strip() for name in LOOKS if name in given}
    effects = tuple(line.strip() for line in given.get("effect", "").splitlines() if line.strip())
    for text in (texts.get("background", "white"), *(e.partition(":")[2] for e in effects if e.startswith("picture"))):
        # A path here would be one of the server's own machine.
        if text not in ("none", "transparent") and read_as_picture(text):
            raise UsageError(f"{text!r} is no background here; send a picture as background_file or background_url")
    if len(effects) > MOST_EFFECTS:
        raise UsageError(f"{len(effects)} effects are more than {MOST_EFFECTS}; give fewer")
    base = find(given["preset"].strip(), looks_folder()).look if "preset" in given else Look()
    return Look(effect=effects, **texts).over(base).tidied()


def _check(options: Options, behind: bool) -> None:
    look = options.look
    if options.format not in FORMATS:
        raise UsageError(f"format is {options.format!r}; give {', '.join(FORMATS)}")
    if options.alpha_only and (behind or replace(look, light=None) != Look()):
        raise UsageError("alpha_only has no background and no effects; leave one of the two out")
    if options.alpha_only and options.format in LAYERED:
        raise UsageError(f"alpha_only is one picture, and {options.format} holds layers; choose png or tiff")
    if options.format == "jpeg" and not (look.background or look.effect or behind or options.alpha_only):
        raise UsageError("JPEG holds no transparency; give a background, or another format such as png or webp")
    if options.quality is not None and (options.format not in WITH_QUALITY or options.alpha_only):
        raise UsageError(f"quality is for {', '.join(WITH_QUALITY)}; leave it out")
    if options.straight and options.format != "exr":
        raise UsageError("straight is for exr; leave it out")
    if behind and look.background:
        raise UsageError("background and a picture for it are both given; leave one out")


def _check_canvas(look: Look, max_pixels: float) -> None:
    """Sizes in the texts, before anything is made of them."""
    for text in (look.size or "", *look.effect):
        for width, height in _SIZE.findall(text):
            if int(width) * int(height) > max_pixels:
                raise UsageError(f"a canvas of {width} x {height} is more than {max_pixels / 1e6:g} megapixels")
    if look.fill is not None and not number("fill", look.fill) >= LEAST_FILL:
        raise UsageError(f"fill is {look.fill}; a server makes no less than {LEAST_FILL:g}")
    if look.margin is not None and not number("margin", look.margin) <= MOST_MARGIN:
        raise UsageError(f"margin is {look.margin}; a server makes no more than {MOST_MARGIN:g}")


def _quality(given: Mapping[str, str]) -> int | None:
    if "quality" not in given:
        return None
    text = given["quality"].strip()
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 100):
        raise UsageError(f"quality is {text!r}; give 1 to 100")
    return int(text)


def _marks(given: Mapping[str, str], name: str) -> tuple[Mark, ...]:
    """Points and strokes, with blanks or line breaks between them."""
    texts = given.get(name, "").split()
    if len(texts) > MOST_MARKS:
        raise UsageError(f"{len(texts)} marks to {name} are more than {MOST_MARKS}; give fewer, or a mask")
    return tuple(mark_of(text) for text in texts)


def _key(given: Mapping[str, str]) -> str | None:
    """A screen's colour, known to be one."""
    key = given.get("key", "").strip() or None
    if key is not None:
        parse_screen(key)
    return key


def _yes(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "no").strip().lower()
    if value not in ("true", "false", "1", "0", "yes", "no", "on", "off"):
        raise UsageError(f"{name} is {value!r}; give yes or no")
    return value in ("true", "1", "yes", "on")


def _distance(given: Mapping[str, str], name: str) -> str:
    return given.get(name, "0").strip()


def _one_of(given: Mapping[str, str], name: str, known: tuple[str, ...], default: str) -> str:
    value = given.get(name, default).strip()
    if value != default and value not in known:
        raise UsageError(f"{name} is {value!r}; give {', '.join(known)}")
    return value
