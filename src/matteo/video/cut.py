"""Films from Python: `cut_video` makes a file of a film, `iter_video` gives frames and cut-outs one by one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from matteo.video.media import need_av

if TYPE_CHECKING:
    from matteo.effects.look import Look
    from matteo.picture.cutout import Cutout
    from matteo.picture.limits import Limits
    from matteo.remover import Remover
    from matteo.video.effects.moving import FilmEffect
    from matteo.video.frame import Frame
    from matteo.video.pipeline import Step

Seconds = float | str | Fraction
PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Made:
    """What `cut_video` made. outputs: the film, and the matte's film where asked for. notes: what is to be known.

    frames: how many; resumed: of them those that an earlier run had made. seconds: how long this run took.
    """

    outputs: tuple[Path, ...]
    frames: int
    resumed: int
    seconds: float
    notes: tuple[str, ...] = ()


def cut_video(
    source: PathLike,
    target: PathLike | None = None,
    *,
    background: str | None = None,
    look: Look | None = None,
    moving: Sequence[FilmEffect] = (),
    effects_file: PathLike | None = None,
    step: Step | None = None,
    matte: PathLike | None = None,
    report: PathLike | None = None,
    quality: str = "good",
    codec: str | None = None,
    start: Seconds | None = None,
    end: Seconds | None = None,
    rate: float | Fraction | None = None,
    steady: bool = True,
    key: str | None = None,
    overwrite: bool = False,
    fresh: bool = False,
    remover: Remover | None = None,
    limits: Limits | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> Made:
    """A film with its subject cut out, or before another background; sound, timing and colours as they were.

    source: a film, or numbered pictures as "frames/%06d.png", which are `rate` (25) a second.
    target: its suffix says the kind (`matteo.video.formats`); `talk.cutout.mp4` beside talk.mp4 where None.
    background: a colour, a picture's path, "blur:12", … as of `parse_background`, or a film ("office.mp4", looped;
    "hold:office.mp4"). Without one the film is transparent, which the target has to hold. look: all that a look can
    say, in place of background; its effects may be those over time ("follow-spot:0.7"). moving: more of them, as
    values, after those of the look and of effects_file, a TOML with key frames (`matteo.video.effects.film_file`).
    step: what finds alpha, `alpha, memory = step(rgb, memory)`; that of `matteo.video.step.stepper` where None.
    key: the film was taken before a screen of one colour ("auto", "green", "#00b140"), as of `Remover.remove`.
    matte: a second film, of the matte. report: a page of what is doubtful, over time. quality: "draft", "good" or
    "best", of alpha and of encoding. codec: a key of `matteo.video.formats.CODECS`, for the film.
    start, end: in seconds, or as text ("1:30", "00:01:30:12"). overwrite: replace what is there. fresh: throw away what
    an interrupted run has left; without it the run goes on where that was. progress: gets frames done, and in all where
    the film says it.
    Raises PictureError where a film cannot be read or written, UsageError for options that do not go together.
    """
    need_av()
    from matteo.effects.look import Look
    from matteo.errors import UsageError
    from matteo.video.plan import planned

    if look is not None and background is not None:
        raise UsageError("the background is said twice, in the look and by itself: leave one out")
    if report is not None and step is not None:
        raise UsageError("a step of your own tells nothing for a report: leave one of the two out")
    job = planned(
        Path(source), None if target is None else Path(target), look=look or Look(background=background),
        matte=None if matte is None else Path(matte), moving=tuple(moving),
        effects_file=None if effects_file is None else Path(effects_file), step=step, quality=quality, codec=codec,
        asked=(start, end), rate=rate, steady=steady, key=key, remover=remover, limits=limits,
    )  # fmt: skip
    page = None if report is None else Path(report)
    return job.made(overwrite=overwrite, fresh=fresh, progress=progress, report=page)


def iter_video(
    source: PathLike,
    *,
    step: Step | None = None,
    quality: str = "good",
    start: Seconds | None = None,
    end: Seconds | None = None,
    rate: float | Fraction | None = None,
    steady: bool = True,
    key: str | None = None,
    foreground: bool = True,
    remover: Remover | None = None,
    limits: Limits | None = None,
) -> Iterator[tuple[Frame, Cutout]]:
    """Every frame of a film with its cut-out, in turn; at most a few are held. The arguments are those of `cut_video`.

    foreground=False leaves the source's colours in soft edges, for whoever wants the matte alone.
    """
    need_av()
    from matteo.video.plan import cuts

    return cuts(Path(source), step, quality, (start, end), rate, steady, key, foreground, remover, limits)
