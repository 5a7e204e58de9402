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
from matteo.video.manifest import Segment, Work
from matteo.video.media import writing
from matteo.video.numbered import name_of
from matteo.video.writer import Plan, SegmentWriter

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

    def check_free(self, source: Path, overwrite: bool) -> None:
        """OutputExists where something is there and is not to be replaced; OutputError where it is the source."""
        frames = self.container.kind == "frames"
        there = [self.target] if not frames else [name_of(self.target, FIRST)]
        for path in there:
            with contextlib.suppress(OSError):
                if os.path.samefile(path, source):
                    raise OutputError(f"{path}: is the source itself, which is never overwritten; give another output")
            if os.path.lexists(path) and not overwrite:
                raise OutputExists(f"{path}: is there already; --overwrite (overwrite=True) replaces it")
        if not self.target.parent.is_dir() and not frames:
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
        files = [work.file(segment.number, self.name) for segment in segments]
        if self.container.kind == "frames":
            return _numbered(files, self.target, overwrite)
        made = work.folder / f"{self.name}{self.target.suffix}"
        if self.container.kind == "film":
            from matteo.video.join import join

            notes = join(made, self.container, self.plan, film, files, segments, part, sound=self.sound)
        else:
            from matteo.video.animation import animate

            notes = animate(made, self.plan, film, files, segments, beside=self.sound)
        _place(made, self.target, overwrite)
        return notes


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


def _numbered(folders: Sequence[Path], pattern: Path, overwrite: bool) -> list[str]:
    """Move the pictures to their places, one after the other; what a run before this has moved is there already."""
    number = FIRST
    with writing(pattern):
        pattern.parent.mkdir(parents=True, exist_ok=True)
        for folder in folders:
            kept = folder.with_name(folder.name + ".moved")
            kept.mkdir(exist_ok=True)
            for path in sorted((*folder.glob("??????.png"), *kept.iterdir()), key=lambda found: found.name):
                if path.parent == folder:
                    _place(path, name_of(pattern, number), overwrite)
                    (kept / path.name).touch()
                number += 1
    return []


def _place(made: Path, target: Path, overwrite: bool) -> None:
    """Give the finished file its name; without `overwrite` never over anything."""
    with writing(target):
        with made.open("rb") as file:
            os.fsync(file.fileno())
        if overwrite:
            os.replace(made, target)
            return
        try:
            os.link(made, target)
        except FileExistsError:
            raise OutputExists(f"{target}: is there already; --overwrite (overwrite=True) replaces it") from None
        except OSError:  # a file system without hard links
            if os.path.lexists(target):
                raise OutputExists(f"{target}: is there already; --overwrite (overwrite=True) replaces it") from None
            os.replace(made, target)
        else:
            made.unlink()
