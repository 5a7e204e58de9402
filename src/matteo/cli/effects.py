"""The options that edit a picture, the same for `matteo remove` and `matteo look save`: from texts to a look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from matteo.errors import UsageError

if TYPE_CHECKING:
    from matteo.effects.look import Look

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--background", metavar="WHAT", help="A colour, a picture, gradient:A,B,90, blur:12, dim, spot, none."
    ),
    click.option("--fill", metavar="SHARE", help="Crop so that the subject takes this share of the canvas, as 85%."),
    click.option("--margin", metavar="SHARE", help="Or crop with this room around it, a share of its longer side."),
    click.option("--size", metavar="WxH", help="The canvas in pixels; the subject is scaled to it, enlarged too."),
    click.option("--aspect", metavar="W:H", help="The canvas's shape, as 4:5, without a size."),
    click.option("--position", metavar="WHERE", help="Of the subject: center, bottom, top-left, … or X,Y in shares."),
    click.option("--shadow", metavar="KIND", help="drop, contact, cast, reflection, keep (the picture's own), none."),
    click.option(
        "--outline", metavar="WIDTH[,COLOUR]", help="A line around it; thousandths of the long side, 0.6%, or 12px."
    ),
    click.option("--glow", metavar="SIZE[,COLOUR]", help="Light around it."),
    click.option(
        "--effect", metavar="NAME[:VALUES]", multiple=True, help="Any effect (`matteo look effects`), in order."
    ),
    click.option(
        "--harmonize",
        metavar="STRENGTH",
        is_flag=False,
        flag_value="yes",
        help="Fit its light and colours to the place.",
    ),
    click.option("--light", metavar="HOW", help="Mix encoded values, as viewers do, or linear light."),
    click.option(
        "--preset", metavar="NAME", help="amazon, passport-eu, sticker, … or a look of yours (`matteo look list`)."
    ),
)


def look_options(command: Command) -> Command:
    """Adds the options to a command; their values are what `look_of` takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def looks_folder() -> Path:
    """Where one's own looks lie."""
    from matteo.models.home import home

    return home() / "looks"


def look_of(preset: str | None, effect: tuple[str, ...], **texts: str | None) -> Look:
    """The options as a look, over that of the preset. UsageError for an unknown preset and for empty texts."""
    from matteo.effects.look import Look
    from matteo.effects.preset import find

    for name, text in texts.items():
        if text is not None and not text.strip():
            raise UsageError(f"--{name} is empty: say what it is to be, or leave it out")
    base = find(preset, looks_folder()).look if preset else Look()
    return Look(effect=effect, **texts).over(base).tidied()
