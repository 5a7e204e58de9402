"""The part of the table that draws: outlines, patterns, tones, frames. Plain data."""

from __future__ import annotations

from matteo.effects.entry import Entry
from matteo.effects.entry import Parameter as P

COLOUR = "a CSS name, #rgb, #rrggbb or rgb(r, g, b)"
LENGTH = "thousandths of the long side, or pixels as 12px"

STYLES: dict[str, Entry] = {
    "outline": Entry(
        "outline",
        "a line of one colour around the subject",
        {"width": P(6, LENGTH), "colour": P("white", COLOUR), "opacity": P(1.0, "of the line", 0, 1, share=True)},
    ),
    "sticker": Entry(
        "sticker",
        "a broad outline with a soft shadow",
        {
            "width": P(16, LENGTH),
            "colour": P("white", COLOUR),
            "shadow": P(0.45, "how dark the shadow is", 0, 1, share=True),
        },
        limited=True,
    ),
    "glow": Entry(
        "glow",
        "light around the subject",
        {
            "size": P(25, LENGTH),
            "colour": P("#ffe6a8", COLOUR),
            "strength": P(0.9, "opacity at the subject's edge", 0, 1, share=True),
        },
    ),
    "silhouette": Entry("silhouette", "the subject's shape in one colour", {"colour": P("black", COLOUR)}),
    "duotone": Entry(
        "duotone",
        "the subject in two colours, by its brightness",
        {
            "dark": P("#1b1464", COLOUR),
            "light": P("#ffd36e", COLOUR),
            "strength": P(1.0, "0 leaves the subject as it is", 0, 1, share=True),
        },
    ),
    "pattern": Entry(
        "pattern",
        "dots, stripes or checks behind the subject or in it",
        {
            "kind": P("dots", "what is drawn", choices=("dots", "stripes", "checks")),
            "ink": P("#ffcf33", COLOUR),
            "paper": P("#fff4cc", COLOUR),
            "size": P(60, "from one to the next, " + LENGTH),
            "angle": P(45.0, "degrees, anticlockwise", -360, 360),
            "where": P("behind", "behind the subject or in place of its colours", choices=("behind", "subject")),
        },
    ),
    "pop": Entry(
        "pop",
        "the subject in colour, its own background in grey",
        {"strength": P(1.0, "1 is grey, 0 the original", 0, 1, share=True)},
        gives="image",
        needs_source=True,
    ),
    "rotate": Entry(
        "rotate",
        "the subject turned, on a canvas that grows",
        {"angle": P(0.0, "degrees, anticlockwise", -360, 360)},
        limited=True,
    ),
    "headshot": Entry(
        "headshot",
        "the canvas cut to head and shoulders, as passports want it",
        {
            "size": P((827, 1063), "of the canvas in pixels, width and height", 1, 30_000, count=2, whole=True),
            "head": P(0.75, "the share of the height from chin to crown", 0.1, 0.95, share=True),
            "top": P(0.1, "the room above the crown, as a share of the height", 0, 0.8, share=True),
            "enlarge": P(1.5, "how many times it may be enlarged at most", 1, 20),
        },
    ),
    "srgb": Entry("srgb", "the colours converted to sRGB, as shops ask for"),
    "avatar": Entry(
        "avatar",
        "the subject's upper part in a circle or a rounded square",
        {
            "shape": P("circle", "of the frame", choices=("circle", "rounded", "square")),
            "background": P("#dfe7ef", COLOUR),
            "size": P(512, "pixels a side", 16, 8192, whole=True),
            "zoom": P(1.0, "beyond 1 nearer", 0.1, 10),
            "top": P(0.1, "room above the subject, as a share of the side", 0, 1, share=True),
        },
        gives="image",
    ),
}
