"""A film's way: decode -> look -> edges -> colours and effects -> encode, each in a thread of its own, so that they
overlap. At most a few frames are held between them, whatever the film's length."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from matteo.matting.foreground import hide_background
from matteo.memory import give_back
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha, Image, Rgb
from matteo.video.ahead import ahead
from matteo.video.colours import edge_colours
from matteo.video.drawing import Drawing
from matteo.video.film import Film
from matteo.video.frame import Frame
from matteo.video.manifest import Segment, Work
from matteo.video.outputs import Output
from matteo.video.reader import frames
from matteo.video.step import FilmStep, Looked, Memory

SEGMENT = 120  # frames: what a killed run loses at most
Progress = Callable[[int, "int | None"], None]
Colours = Callable[[Rgb, Alpha, "Alpha | None"], Rgb]
Step = Callable[[Rgb, Any], tuple[Alpha, Any]]  # as `step.stepper` makes, or one's own, with a memory of its own


@dataclass(frozen=True)
class Job:
    """What is made of a film.

    colours: what tells the subject's own in soft edges; None: the source's. part: start and end, s. segment: frames.
    facts: what is kept of each frame for a report.
    """

    film: Film
    outputs: tuple[Output, ...]
    drawing: Drawing
    step: Step
    part: tuple[Fraction | None, Fraction | None] = (None, None)
    colours: Colours | None = edge_colours
    segment: int = SEGMENT
    facts: Callable[[Frame, Cutout, Any], dict[str, Any]] | None = field(default=None, repr=False)

    @property
    def expected(self) -> int | None:
        """About how many frames there will be."""
        film, (start, end) = self.film, self.part
        if film.duration is None or (start is None and end is None):
            return film.expected
        begin = max(start or Fraction(0), film.begins)
        return max(1, round((min(end or film.duration, film.duration) - begin) * film.rate))


@dataclass(frozen=True)
class Cut:
    """A frame with its cut-out. memory: the step's, behind this frame."""

    frame: Frame
    cutout: Cutout
    memory: Any


@dataclass(frozen=True)
class _Drawn:
    cut: Cut
    image: Image
    states: tuple[Any, ...]


def cut_frames(
    film: Film, step: Step, *, part: tuple[Fraction | None, Fraction | None] = (None, None),
    colours: Colours | None = edge_colours, hide: bool = False, after: Frame | None = None, memory: Any = None,
) -> Generator[Cut]:  # fmt: skip
    """The cut-out of every frame in turn; reading, network and colours run ahead in threads of their own.

    hide: zero the colours where alpha is 0. colours: as in `Job`. after, memory: go on behind a frame, with what was
    remembered there.
    """

    read = ahead(frames(film, start=part[0], end=part[1], after=after))
    with contextlib.closing(ahead(_alphas(read, step, memory))) as found:
        for frame, alpha, now in found:
            yield Cut(frame, _cutout(frame.image, alpha, now, colours, hide), now)


def _alphas(read: Generator[Frame], step: Step, memory: Any) -> Iterator[tuple[Frame, Alpha, Any]]:
    """Each frame's alpha and what is remembered behind it; matteo's own step in its two halves."""
    past = memory
    if not isinstance(step, FilmStep):
        with contextlib.closing(read):
            for frame in read:
                alpha, past = step(frame.image.rgb, past)
                yield frame, alpha, past
        return
    with contextlib.closing(ahead(_looks(read, step, memory), depth=1)) as seen:
        for frame, looked in seen:
            alpha, past = step.at_full_size(frame.image.rgb, looked, past)
            yield frame, alpha, past


def _looks(read: Generator[Frame], step: FilmStep, memory: Memory | None) -> Iterator[tuple[Frame, Looked]]:
    with contextlib.closing(read):
        for frame in read:
            looked = step.look(frame.image.rgb, memory)
            memory = looked.memory
            yield frame, looked


def run(job: Job, work: Work, progress: Progress | None = None) -> tuple[list[Segment], int]:
    """Write all segments that are not there yet; those of the whole film, and how many frames were there."""
    segments = kept(job, work)
    done = sum(len(segment.stamps) for segment in segments)
    with contextlib.closing(ahead(_drawn(job, work, segments))) as drawn:
        _Encoding(job, work, segments, done, progress).all(drawn)
    return segments, done


def kept(job: Job, work: Work) -> list[Segment]:
    """The segments of an earlier run that are of use: those that were cut off by another end are not."""
    wanted, found = end_of(job), []
    for segment in work.finished():
        last = Fraction(segment.stamps[-1]) * job.film.time_base - job.film.zero
        beyond = job.part[1] is not None and last >= job.part[1]
        if beyond or (segment.closed_by is not None and segment.closed_by != wanted):
            work.drop(segment.number)
            break
        found.append(segment)
    return found


def _drawn(job: Job, work: Work, segments: list[Segment]) -> Iterator[_Drawn]:
    after, memory, states = None, None, None
    if segments:
        last = segments[-1]
        time = Fraction(last.stamps[-1]) * job.film.time_base - job.film.zero
        after = Frame(Image(np.zeros((1, 1, 3), np.uint8)), time, last.index)
        memory, states = work.memory(last)
    if segments and segments[-1].closed_by is not None:
        return
    cuts = cut_frames(
        job.film, job.step, part=job.part, colours=job.colours, hide=job.drawing.transparent, after=after,
        memory=memory,
    )  # fmt: skip
    with contextlib.closing(ahead(cuts)) as made:
        for cut in made:
            if getattr(cut.memory, "cut", False):
                states = None  # another scene: what follows the subject follows another one
            image, states = job.drawing(cut.cutout, cut.frame, states)
            yield _Drawn(cut, image, states)


def _cutout(image: Image, alpha: Alpha, memory: Any, colours: Colours | None, hide: bool) -> Cutout:
    shown = alpha if image.opacity is None else alpha * image.opacity
    rgb = image.rgb
    if colours is not None:
        rgb = colours(rgb, alpha, image.opacity)
    if hide:
        rgb = rgb.copy() if rgb is image.rgb else rgb
        hide_background(rgb, shown)
    return Cutout(rgb, shown, confidence=getattr(memory, "confidence", None), format=image.format, source=image)


class _Encoding:
    """Frames into segments, one after the other."""

    def __init__(self, job: Job, work: Work, segments: list[Segment], done: int, progress: Progress | None) -> None:
        self.job, self.work, self.segments, self.done, self.progress = job, work, segments, done, progress
        self.writers: list[Any] = []
        self.stamps: list[int] = []
        self.told: list[dict[str, Any]] = []
        self.last: _Drawn | None = None

    def all(self, drawn: Iterator[_Drawn]) -> None:
        try:
            for one in drawn:
                self._add(one)
                if len(self.stamps) == self.job.segment:
                    self._close(None)
            self._close(end_of(self.job))
        finally:
            for writer in self.writers:
                writer.abandon()

    def _add(self, one: _Drawn) -> None:
        if not self.stamps:
            number = len(self.segments)
            self.writers = [output.writer(self.work, number) for output in self.job.outputs]
        for output, writer in zip(self.job.outputs, self.writers, strict=True):
            writer.write(one.image if output.name == "film" else matte(one.cut.cutout.alpha, one.cut.frame.image))
        film = self.job.film
        self.stamps.append(round((one.cut.frame.time + film.zero) / film.time_base))
        if self.job.facts:
            self.told.append(self.job.facts(one.cut.frame, one.cut.cutout, one.cut.memory))
        self.last = one
        self.done += 1
        if self.progress:
            self.progress(self.done, self.job.expected)

    def _close(self, closed_by: str | None) -> None:
        """Finish the segment that is open. closed_by: the end that the film was to have, where this is its last."""
        if not self.stamps or self.last is None:
            if closed_by is not None and self.segments:
                self.work.close(self.segments, closed_by)
            return
        for writer in self.writers:
            writer.close()
        frame = self.last.cut.frame
        end = max(self.stamps[-1] + 1, _behind(self.job.film, frame, last=closed_by == "end"))
        facts = {"frames": self.told} if self.told else {}
        segment = Segment(len(self.segments), tuple(self.stamps), end, frame.index, closed_by, facts)
        self.work.add(segment, (self.last.cut.memory, self.last.states), tuple(o.name for o in self.job.outputs))
        self.segments.append(segment)
        self.writers, self.stamps, self.told = [], [], []
        give_back()  # each of the threads has a heap of its own, whose free pieces grow in number with the film


def matte(alpha: Alpha, like: Image) -> Image:
    """An alpha as a grey picture of the depth of another."""
    top = np.iinfo(like.rgb.dtype).max
    grey = np.rint(alpha * np.float32(top)).astype(like.rgb.dtype)
    return Image(np.ascontiguousarray(np.broadcast_to(grey[..., None], (*alpha.shape, 3))))


def _behind(film: Film, frame: Frame, *, last: bool) -> int:
    """The stamp at which a frame ends. The film's last ends where the film says that it does: its own length may be
    that of its decoding."""
    length, rest = frame.duration or 1 / film.rate, (film.duration or 0) - frame.time
    if last and 0 < rest <= 2 / film.rate:
        length = rest
    return round((frame.time + length + film.zero) / film.time_base)


def end_of(job: Job) -> str:
    """The end that is asked for, as a segment has it."""
    end = job.part[1]
    return "end" if end is None else str(end)
