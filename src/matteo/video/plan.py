"""From what is asked of a film to the job that does it: everything that can be wrong is found before the long run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from matteo.effects.look import Look
from matteo.effects.poster import told
from matteo.errors import NoScreen, OutputError, UsageError
from matteo.keying.screen import find_screen, parse_screen
from matteo.matting.foreground import estimate_foreground
from matteo.picture.cutout import Cutout
from matteo.picture.limits import Limits
from matteo.remover import Remover
from matteo.video.colour import LIMITED, SRGB
from matteo.video.colours import edge_colours
from matteo.video.cut import Made, Seconds
from matteo.video.drawing import Drawing, drawing_of
from matteo.video.effects.moving import FilmEffect
from matteo.video.film import Film, is_pattern, open_film
from matteo.video.formats import CODECS, CONTAINERS, QUALITIES, check_built, codec_of, container_of
from matteo.video.frame import Frame
from matteo.video.identity import identity_of
from matteo.video.keyed import step_of, without_spill
from matteo.video.manifest import Work, left, opened
from matteo.video.outputs import Output, check_free
from matteo.video.pipeline import SEGMENT, Colours, Job, Progress, Step, cut_frames, end_of, kept, run
from matteo.video.reader import frames
from matteo.video.report import write_report
from matteo.video.sound import check as check_sound
from matteo.video.step import Memory
from matteo.video.timecode import moment_of
from matteo.video.timeline import Timeline, facts_of
from matteo.video.writer import Plan

if TYPE_CHECKING:
    from matteo.video.pipeline import Cut

COLOURS: dict[str, Colours | None] = {"draft": None, "good": edge_colours, "best": estimate_foreground}
REPORT = "report.html"
ANYTHING = Path("any.mkv")  # a target that holds whatever is drawn, for who wants the job alone
FASTEST = Fraction(240)  # pictures a second that an encoder is told at most
Asked = tuple[Seconds | None, Seconds | None]


@dataclass(frozen=True)
class Planned:
    """A job, ready to run. identity: what decides its pictures. sources: files that are read, never overwritten."""

    job: Job
    identity: dict[str, object]
    notes: tuple[str, ...] = ()
    sources: tuple[Path, ...] = ()

    def made(
        self, *, overwrite: bool = False, fresh: bool = False, progress: Progress | None = None,
        report: Path | None = None,
    ) -> Made:  # fmt: skip
        """Run it, or go on with it, and put the results in their places."""
        begun, timeline = time.perf_counter(), Timeline()
        job = self.job if report is None else replace(self.job, facts=partial(_observed, timeline))
        target, end, anew = job.outputs[0].target, end_of(job), fresh or "unknown" in self.identity
        before = None if anew else left(target, self.identity, end)
        for output in job.outputs:
            output.check_free(self.sources, overwrite, before)
        if report is not None:
            self._check_report(report, overwrite, before)
        notes = [*job.film.notes, *self.notes]
        with opened(target, self.identity, end, fresh=anew) as (work, other):
            if other and not fresh:
                notes.append("what an interrupted run with other options had left was of no use and is made again")
            if report is not None:
                for facts in (facts for segment in kept(job, work) for facts in segment.facts.get("frames", ())):
                    timeline.add(facts)
            segments, resumed = run(job, work, progress)
            lacking = sum(len(segment.stamps) for segment in segments) - timeline.frames
            if report is not None and lacking > 0:
                notes.append(f"the report lacks {lacking} frames, made before it was asked for; --fresh has all")
            if report is not None and not work.placed(REPORT, report):
                write_report(work.folder / REPORT, timeline, job.film.path.name)
                work.place(REPORT, work.folder / REPORT, report, overwrite)
            for output in reversed(job.outputs):  # the film last: where it is, everything is
                notes += output.finish(work, job.film, segments, job.part, overwrite)
            work.remove()
        count = sum(len(segment.stamps) for segment in segments)
        paths = tuple(output.target for output in job.outputs)
        return Made(paths, count, resumed, time.perf_counter() - begun, tuple(dict.fromkeys(notes)))

    def _check_report(self, path: Path, overwrite: bool, work: Work | None) -> None:
        check_free([path], self.sources, overwrite or (work is not None and work.placed(REPORT, path)))
        if not path.parent.is_dir():
            raise OutputError(f"{path}: there is no such folder; make it first")


def planned(
    source: Path, target: Path | None = None, *, look: Look, matte: Path | None = None, folder: Path | None = None,
    moving: tuple[FilmEffect, ...] = (),
    effects_file: Path | None = None, step: Step | None = None, quality: str = "good", codec: str | None = None,
    asked: Asked = (None, None), rate: float | Fraction | None = None, steady: bool = True, key: str | None = None,
    remover: Remover | None = None, limits: Limits | None = None, segment: int = SEGMENT,
) -> Planned:  # fmt: skip
    """The job. folder: for the output where no target names it. segment: frames of each part of the work, as a killed
    run loses at most that many. See `cut_video` for the others."""
    if quality not in QUALITIES:
        raise UsageError(f"no quality named {quality!r}: choose one of {', '.join(QUALITIES)}")
    film = open_film(source, rate=_exact(rate), limits=limits)
    part = _part(film, asked)
    look = look.tidied()
    start = part[0] or Fraction(0)
    key = _screen_of(film, part, key, step)
    drawing = drawing_of(look, moving, effects_file=effects_file, limits=limits, start=start)
    size_hw, transparent = _canvas(
        drawing, film, part,
        lambda: step or step_of(remover or Remover(limits=limits), key, quality=quality, steady=steady),
    )  # fmt: skip
    target = target or beside(source, transparent, folder)
    name = codec_of(target, codec, transparent, film.bits)
    outputs = [Output("film", target, _plan(film, target, name, quality, transparent, size_hw))]
    if matte is not None:
        grey = codec_of(matte, None, False)
        outputs.append(Output("matte", matte, _plan(film, matte, grey, quality, False, film.size_hw), sound=False))
    _check_apart(outputs)
    if outputs[0].container.kind == "film" and not film.pictures:
        check_sound(film.path, outputs[0].container, target.suffix)
    remover = remover or Remover(limits=limits, load=step is None)
    job = Job(
        film, tuple(outputs), replace(drawing, transparent=transparent),
        step or step_of(remover, key, quality=quality, steady=steady), part, colours=_colours(quality, key),
        segment=segment,
    )  # fmt: skip
    identity = identity_of(job, look, effects_file, moving, step, quality, steady, key, remover)
    behind = drawing.backdrop.film if drawing.backdrop else None
    films = [one.pictures or (one.path,) for one in (film, behind) if one]
    sources = (*(path for paths in films for path in paths), *look.files().values())
    return Planned(job, identity, tuple(_notes(film, outputs)), sources)


def _observed(timeline: Timeline, frame: Frame, cutout: Cutout, memory: Memory) -> dict[str, Any]:
    """A frame's facts, which are put into the timeline and kept with the segment."""
    facts = facts_of(float(frame.time), memory)
    timeline.add(facts, memory)
    return facts


def cuts(
    source: Path, step: Step | None, quality: str, asked: Asked, rate: float | Fraction | None, steady: bool,
    key: str | None, foreground: bool, remover: Remover | None, limits: Limits | None,
) -> Iterator[tuple[Frame, Cutout]]:  # fmt: skip
    """See `iter_video`."""
    film = open_film(source, rate=_exact(rate), limits=limits)
    part = _part(film, asked)
    key = _screen_of(film, part, key, step)
    step = step or step_of(remover or Remover(limits=limits), key, quality=quality, steady=steady)

    def pairs() -> Iterator[tuple[Frame, Cutout]]:
        found: Iterator[Cut] = cut_frames(
            film, step, part=part, colours=_colours(quality, key) if foreground else None, hide=foreground
        )
        for cut in found:
            yield cut.frame, cut.cutout

    return pairs()


def beside(source: Path, transparent: bool, folder: Path | None = None) -> Path:
    """talk.cutout.mp4 beside talk.mp4, or talk.mp4 in a folder: of the source's kind where that is written and holds
    what it has to, else .mov for transparent films and .mp4 for others."""
    tail = ".cutout" if folder is None else ""
    suffix = source.suffix.lower()
    if is_pattern(source):
        home = source.parent.parent if folder is None else folder
        return home / f"{source.parent.name}{tail}" / f"%06d{suffix if suffix in CONTAINERS else '.png'}"
    found = CONTAINERS.get(suffix)
    if found is None or found.kind == "frames" or (transparent and found.alpha is None):
        suffix = ".mov" if transparent else ".mp4"
    return (folder or source.parent) / f"{source.stem}{tail}{suffix}"


def _colours(quality: str, key: str | None) -> Colours | None:
    return COLOURS[quality] if key is None else without_spill(COLOURS[quality])


def _screen_of(
    film: Film, part: tuple[Fraction | None, Fraction | None], key: str | None, step: Step | None
) -> str | None:
    """The colour of the screen in the first frame, by which it is known in all; None without a key.

    NoScreen, naming the film, where that shows none; UsageError where a step of one's own is given, too.
    """
    if key is None:
        return None
    if step is not None:
        raise UsageError("a step of your own finds alpha, and so would the key: leave one of the two out")
    parse_screen(key)
    first = next(frames(film, start=part[0], end=part[1]), None)
    if first is None:
        return key
    try:
        return find_screen(first.image.rgb, key).named
    except NoScreen as error:
        raise NoScreen(f"{film.path}: its first frame: {error}; or give another start") from error


def _exact(rate: float | Fraction | None) -> Fraction | None:
    """As the clocks of films have it: 29.97 is 30000/1001."""
    if rate is None or isinstance(rate, Fraction):
        return rate
    whole = round(rate)
    ntsc = Fraction(whole * 1000, 1001)
    return (
        ntsc
        if whole and abs(float(ntsc) - rate) < 0.005 < abs(whole - rate)
        else Fraction(rate).limit_denominator(1000)
    )


def _part(film: Film, asked: Asked) -> tuple[Fraction | None, Fraction | None]:
    start, end = (
        given if given is None or isinstance(given, Fraction)
        else moment_of(str(given), film.rate, film.timecode, film.duration)
        for given in asked
    )  # fmt: skip
    if (start or 0) < 0 or (end is not None and end <= (start or 0)):
        raise UsageError(
            f"the part from {asked[0] or 0} to {asked[1]} is empty: give an end that comes after the start"
        )
    if start is not None and film.duration is not None and start >= film.duration:
        raise UsageError(f"the start, {float(start):g} s, is behind the film's end at {float(film.duration):g} s")
    return start, end


def _canvas(
    drawing: Drawing, film: Film, part: tuple[Fraction | None, Fraction | None], step: Callable[[], Step]
) -> tuple[tuple[int, int], bool]:
    """The size of what is drawn of the first frame, with a made subject, and whether that is or may be see-through.

    An effect that can do nothing with a made subject (a headshot of no face) gets the frame's own: the step is for it.
    """
    first = next(frames(film, start=part[0], end=part[1]), None)
    if first is None:
        raise UsageError(f"{film.path}: there is no frame in the part asked for; choose another")
    height, width = film.size_hw
    alpha = np.zeros(film.size_hw, np.float32)
    alpha[height // 4 : height - height // 4, width // 4 : width - width // 4] = 1
    try:
        made, _ = drawing(Cutout(first.image.rgb, alpha, source=first.image), first, None)
    except UsageError:
        with told(str(film.path)), closing(cut_frames(film, step(), part=part, colours=None)) as cuts:
            made, _ = drawing(next(cuts).cutout, first, None)
    seen_through = made.opacity is not None and bool(made.opacity.min() < 1)
    return made.size_hw, seen_through or drawing.chain.transparent


def _plan(film: Film, target: Path, codec: str, quality: str, transparent: bool, size_hw: tuple[int, int]) -> Plan:
    check_built(codec) if codec in CODECS else None
    plain = SRGB if film.colour.range == 0 and film.pictures else film.colour.at(film.size_hw, size_hw)
    kind = container_of(target).kind
    if codec in CODECS and not CODECS[codec].full:
        plain = replace(plain, range=LIMITED)
    deep = film.depth == 16 and kind != "animation"
    return Plan(codec, quality, transparent, deep, plain, film.mastering, film.pixel_aspect, min(film.rate, FASTEST))


def _check_apart(outputs: list[Output]) -> None:
    targets = [output.target.absolute() for output in outputs]
    if len(set(targets)) < len(targets):
        raise UsageError(f"{targets[0]}: is to be the film and the matte; give two names")


def _notes(film: Film, outputs: list[Output]) -> Iterator[str]:
    for output in outputs:
        kind, plan = output.container.kind, output.plan
        if kind != "film" and film.colour.hdr and output.name == "film":
            yield f"the film is HDR ({film.colour.hdr}), which this format does not say: its values are kept"
        if kind == "film" == output.name and film.mastering and not film.mastering.options(plan.how.encoder):
            yield f"{plan.codec} does not say here on which screen the film was mastered, nor how bright it becomes"
        if kind == "film" and any(n % of for n, of in zip(film.size_hw, plan.multiples, strict=True)):
            yield f"{plan.codec} needs even sides: the last row or column stands twice"
        if film.depth == 16 and output.name == "film" and (kind == "animation" or not _deep(plan)):
            yield f"{output.target.suffix} with {plan.codec} holds 8 bits here: the film's {film.bits} were rounded"
        silent = kind == "film" and not (output.container.aspect or plan.how.aspect)
        if film.pixel_aspect != 1 and (silent or kind == "frames"):
            yield (
                f"the source's pixels are not square ({film.pixel_aspect}), which {output.target.suffix} with "
                f"{plan.codec} does not say here: tell it to whatever shows it"
            )
        if kind == "frames" and output.name == "film":
            yield f"numbered pictures hold no time stamps and no sound: they were {float(film.rate):g} a second"


def _deep(plan: Plan) -> bool:
    return plan.codec not in CODECS or (True, plan.transparent) in plan.how.formats
