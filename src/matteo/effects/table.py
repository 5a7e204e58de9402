"""Every effect: its name, its function, and what the function takes. Plain data; the functions come when called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from matteo.effects.entry import Entry, nearest
from matteo.effects.entry import Parameter as P
from matteo.effects.styles import STYLES
from matteo.errors import UsageError
from matteo.picture.cutout import Effect
from matteo.picture.light import LIGHTS

LIGHT = P("encoded", "mix encoded values, as viewers do, or linear light, as a lens does", choices=LIGHTS)
POSITION = P((0.5, 0.5), "(0, 0) upper left to (1, 1) lower right", 0, 1, count=2, share=True)
SIZE = P(None, "the canvas in pixels, width and height", 1, 30_000, count=2, whole=True)
STRENGTH = P(0.5, "0 for nothing to 1 for all of it", 0, 1, share=True)
BACKGROUND = P("white", "the background that it will stand before")
YES = (False, True)
SHADOWS = ("drop", "contact", "cast", "reflection", "keep")

TABLE: dict[str, Entry] = {
    "transparent": Entry(
        "background:transparent", "no background, but the opacity of subject and shadow", gives="image"
    ),
    "colour": Entry(
        "background:colour",
        "one colour behind the subject",
        {"name": P("white", "a CSS name, #rgb, #rrggbb or rgb(r, g, b)"), "light": LIGHT},
        gives="image",
    ),
    "gradient": Entry(
        "gradient",
        "colours that run into one another",
        {
            "colours": P(("white", "#ddd"), "two or more, at equal distances"),
            "angle": P(180, "where it runs to, degrees clockwise from upwards", -360, 360),
            "kind": P("linear", "along a line, or from the middle", choices=("linear", "radial")),
            "light": LIGHT,
        },
        gives="image",
    ),
    "picture": Entry(
        "backdrop:picture",
        "another picture behind the subject",
        {
            "given": P(None, "a path, bytes, an array or an Image"),
            "fit": P("cover", "how it meets the canvas", choices=("cover", "contain", "stretch", "tile")),
            "position": POSITION,
            "around": P("white", "the colour around what is contained"),
            "light": LIGHT,
        },
        gives="image",
        limited=True,
    ),
    "dim": Entry(
        "original:dim",
        "the original, darker",
        {"strength": STRENGTH, "light": LIGHT},
        gives="image",
        needs_source=True,
    ),
    "grey": Entry(
        "original:grey",
        "the original without its colours",
        {"strength": replace(STRENGTH, default=1), "light": LIGHT},
        gives="image",
        needs_source=True,
    ),
    "spot": Entry(
        "original:spot",
        "the original as if a spotlight were on the subject",
        {"strength": replace(STRENGTH, default=0.6), "light": LIGHT},
        gives="image",
        needs_source=True,
    ),
    "blur": Entry(
        "blur",
        "the original out of focus",
        {
            "strength": P(12, "the disc's radius in thousandths of the long side", 0, 200),
            "depth": P(False, "sharp at the subject's ground line, more with distance", choices=YES),
            "light": LIGHT,
        },
        gives="image",
        needs_source=True,
    ),
    "light_wrap": Entry(
        "light_wrap",
        "the background's light on the subject's rim",
        {
            "background": BACKGROUND,
            "strength": replace(STRENGTH, default=0.4),
            "width": P(8, "how far it reaches in, thousandths of the long side", 0.1, 100),
        },
    ),
    "harmonize": Entry(
        "harmonize",
        "the subject's colours and exposure fitted to the background",
        {"background": BACKGROUND, "strength": replace(STRENGTH, default=0.7)},
    ),
    "match": Entry(
        "match",
        "grain and sharpness of the background for the subject too",
        {"background": BACKGROUND, "strength": replace(STRENGTH, default=1)},
    ),
    "crop": Entry(
        "crop",
        "the canvas cut to the subject",
        {
            "fill": P(None, "the share of the canvas that the subject takes", 0.01, 1, share=True),
            "margin": P(None, "the room on every side, as a share of the subject's longer side", 0, 3, share=True),
            "aspect": P(None, "width by height, as 4:5"),
            "size": SIZE,
            "position": POSITION,
        },
        limited=True,
    ),
    "place": Entry(
        "place",
        "the subject at a point of the canvas",
        {
            "size": SIZE,
            "at": P((0.5, 0.95), "the middle of its ground line, as shares of the canvas", -1, 2, count=2, share=True),
            "height": P(None, "its height as a share of the canvas", 0.01, 10, share=True),
            "scale": P(None, "or pixels by pixels", 0.01, 100),
        },
        limited=True,
    ),
    "shadow": Entry(
        "shadow",
        "a shadow or a reflection beneath the subject",
        {
            "kind": P("contact", "which", choices=SHADOWS),
            "opacity": P(None, "at its darkest; each kind has its own", 0, 1, share=True),
            "softness": P(None, "the blur, as a share of the subject's longer side", 0, 0.5, share=True),
            "angle": P(None, "where it falls, degrees clockwise from upwards", -360, 360),
            "length": P(None, "as a share of the subject's height", 0, 3, share=True),
            "colour": P("black", "a CSS name, #rgb, #rrggbb or rgb(r, g, b)"),
        },
    ),
    "align": Entry(
        "place:align",
        "for a series: same canvas, same size, same ground line",
        {
            "size": replace(SIZE, default=(2000, 2000)),
            "height": P(0.8, "the most height it takes, as a share", 0.01, 1, share=True),
            "width": P(0.9, "the most width it takes, as a share", 0.01, 1, share=True),
            "base": P(0.9, "where its ground line is, as a share of the height", 0, 1, share=True),
        },
        limited=True,
    ),
}

TABLE |= STYLES  # outline, sticker, glow, silhouette, duotone, pattern, pop, rotate, headshot, srgb, avatar


def make(name: str, **values: Any) -> Effect:
    """The effect of that name with these arguments. UsageError for an unknown name, argument or value."""
    return entry(name).make(**values)


def check(effect: str, /, **values: object) -> None:
    """UsageError where a value is out of its parameter's range: the first line of every effect's function."""
    entry(effect).check(**values)


def entry(name: str) -> Entry:
    """What the table says of an effect. UsageError for an unknown one."""
    if name not in TABLE:
        raise UsageError(f"{name!r} is no effect; {nearest(name, TABLE)}")
    return TABLE[name]
