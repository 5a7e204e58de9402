"""Jobs of films."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from matteo.effects.look import Look
from matteo.errors import MatteoError, MissingExtra, UsageError
from matteo.keying.screen import parse_screen
from matteo.server.cutouts.options import options_of
from matteo.server.cutouts.render import check_look
from matteo.server.jobs.kinds import Done, NoRoom, Task
from matteo.video.cut import cut_video
from matteo.video.media import need_av
from matteo.video.step import QUALITIES

FORMATS = ("mp4", "mov", "webm", "gif", "webp")
OPAQUE = ("mp4",)
FIELDS = ("background", "format", "quality", "key")


class Cancelled(MatteoError):
    """The job was deleted while it ran."""


@dataclass(frozen=True)
class Wish:
    """background: as for pictures, nothing that names a file; None leaves the film transparent. key: the colour of a
    screen that it was taken before."""

    background: str | None
    format: str
    quality: str
    key: str | None = None


def wish_of(fields: Mapping[str, str], max_pixels: float) -> Wish:
    """UsageError for what makes no sense."""
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise UsageError(f"{unknown[0]} is no option of a film; there are {', '.join(FIELDS)}")
    background = fields.get("background", "").strip() or None
    if background is not None:
        check_look(options_of({"background": background}, max_pixels, False), False)
    wish = Wish(
        background, fields.get("format", "").strip() or ("mov" if background is None else "mp4"),
        fields.get("quality", "").strip() or "good", fields.get("key", "").strip() or None,
    )  # fmt: skip
    if wish.key is not None:
        parse_screen(wish.key)
    for name, given, known in (("format", wish.format, FORMATS), ("quality", wish.quality, tuple(QUALITIES))):
        if given not in known:
            raise UsageError(f"{name} is {given!r}; there are {', '.join(known)}")
    if background is None and wish.format in OPAQUE:
        raise UsageError(f"{wish.format} holds no transparency: give a background, or the format mov or webm")
    return wish


def films_check(fields: Mapping[str, str], max_pixels: float, beside: tuple[str, ...]) -> None:
    """UsageError for options that make no sense, and where films cannot be made here."""
    try:
        need_av()
    except MissingExtra as error:
        raise UsageError(f"films are not made here: {error}") from error
    wish_of(fields, max_pixels)


def films_run(task: Task) -> Done:
    """One film. MatteoError where it cannot be done, or was cancelled."""
    wish = wish_of(task.fields, task.max_pixels)
    with tempfile.TemporaryDirectory(dir=task.part.parent, prefix=f"{task.part.stem}-") as folder:

        def progress(done: int, total: int | None) -> None:
            if not task.report(min(0.99, done / total) if total else 0.0):
                raise Cancelled("the job was deleted; nothing is left of it")
            if sum(one.stat().st_size for one in Path(folder).rglob("*") if one.is_file()) > task.room:
                raise NoRoom

        target = Path(folder) / f"film.{wish.format}"
        made = cut_video(
            task.source, target, look=Look(background=wish.background), quality=wish.quality, key=wish.key,
            remover=task.remover,
            limits=task.remover.limits, progress=progress,
        )  # fmt: skip
        os.replace(target, task.part)
    return Done({"format": wish.format, "frames": made.frames, "notes": list(made.notes)})
