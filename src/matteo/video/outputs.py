"""One file, or one row of numbered pictures, that a run makes: how its segments are written, and how they become it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matteo.errors import OutputError, OutputExists
from matteo.picture.image import Image
from matteo.picture.write import publish
from matteo.video.film import Film
from matteo.video.formats import Container, container_of
from matteo.video.manifest import Segment, Work, put
from matteo.video.media import writing
from matteo.video.numbered import name_of, numbers_of
from matteo.video.writer import Plan, SegmentWriter

BEGUN = "begun"  # of numbered pictures that are on the way to their places
FIRST = 1  # the number of the first picture, as FFmpeg counts


@dataclass(frozen=True)
class Output:
    """name: of its segments' files. sound: whether it gets what is beside the pictures."""

    name: str
    target: Path
    plan: Plan
    sound: bool = True

    @property
    def container(self) -> Container:
        return container_of(self.target)

    def check_free(self, sources: Sequence[Path], overwrite: bool, work: Work | None = None) -> None:
        """OutputExists where something is there and is not to be replaced; OutputError where it is a source.

        work: what an interrupted run has left; what that has already put in its place is no hindrance.
        """
        if self.container.kind == "frames":
            begun = work is not None and work.marked(self.name) == BEGUN
            check_free(list(numbers_of(self.target).values()), sources, overwrite or begun)
            return
        check_free([self.target], sources, overwrite or (work is not None and work.placed(self.name, self.target)))
        if not self.target.parent.is_dir():
            raise OutputError(f"{self.target}: there is no such folder; make it first")

    def writer(self, work: Work, number: int) -> SegmentWriter | PicturesWriter:
        """Writes a segment, afresh."""
        path = work.file(number, self.name)
        if path.is_dir():
            shutil.rmtree(path)
        if self.container.kind == "frames":
            return PicturesWriter(path, self.plan)
        return SegmentWriter(path, self.plan)

    def finish(
        self, work: Work, film: Film, segments: Sequence[Segment], part: tuple[Fraction | None, Fraction | None],
        overwrite: bool,
    ) -> list[str]:  # fmt: skip
        """Make the file of its segments, whole or not at all; what is to be said of it."""
        if self.container.kind == "frames":
            return self._numbered(work, segments, overwrite)
        if work.placed(self.name, self.target):
            return []
        files = [work.file(segment.number, self.name) for segment in segments]
        made = work.folder / f"{self.name}{self.target.suffix}"
        if self.container.kind == "film":
            from matteo.video.join import join

            notes = join(made, self.container, self.plan, film, files, segments, part, sound=self.sound)
        else:
            from matteo.video.animation import animate

            notes = animate(made, self.plan, film, files, segments, beside=self.sound)
        work.place(self.name, made, self.target, overwrite)
        return notes

    def _numbered(self, work: Work, segments: Sequence[Segment], overwrite: bool) -> list[str]:
        """Move the pictures to their places, one after the other; those that a run before this has moved are there."""
        number = FIRST
        with writing(self.target):
            self.target.parent.mkdir(parents=True, exist_ok=True)
            work.mark(self.name, BEGUN)
        for segment in segments:
            for count in range(len(segment.stamps)):
                made = work.file(segment.number, self.name) / f"{count:06d}.png"
                if made.exists():
                    put(made, name_of(self.target, number), overwrite)
                number += 1
        beyond = sorted(found for found in numbers_of(self.target) if found >= number)
        if not beyond:
            return []
        return [f"{name_of(self.target, beyond[0])} and what is after it are of an earlier run: remove them"]


@dataclass
class PicturesWriter:
    """A segment of numbered pictures: a folder with a PNG for each."""

    path: Path
    plan: Plan
    count: int = 0

    def write(self, image: Image) -> None:
        """Add a picture; its opacity is dropped where the plan is not transparent."""
        if self.count == 0:
            with writing(self.path):
                self.path.mkdir()
        if not self.plan.transparent and image.opacity is not None:
            image = Image(image.rgb, None, image.metadata)
        publish(image.encode("png"), self.path / f"{self.count:06d}.png", overwrite=True)
        self.count += 1

    def close(self) -> None:
        """Nothing is left open."""

    def abandon(self) -> None:
        """Nothing is left open."""


def check_free(targets: Sequence[Path], sources: Sequence[Path], overwrite: bool) -> None:
    """OutputExists where one of them is there and is not to be replaced; OutputError where it is a source."""
    known = {_file(path) for path in sources} - {None}
    for path in targets:
        if _file(path) in known:
            raise OutputError(f"{path}: is the source itself, which is never overwritten; give another output")
        if os.path.lexists(path) and not overwrite:
            raise OutputExists(f"{path}: is there already; --overwrite (overwrite=True) replaces it")


def _file(path: Path) -> tuple[int, int] | None:
    """What a file is, whatever it is called; None where there is none."""
    with contextlib.suppress(OSError):
        facts = path.stat()
        return facts.st_dev, facts.st_ino
    return None
