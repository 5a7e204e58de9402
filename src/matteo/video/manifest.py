"""A long run's work so far, in a folder beside the output (`talk.cutout.mp4.unfinished`): finished segments of the
film, each with a JSON that says which frames it holds. A segment counts once its JSON is there, which is written last,
so a run that is killed at any point goes on behind its last complete segment."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from matteo.errors import OutputError, OutputExists
from matteo.models.lock import alone
from matteo.video import plain
from matteo.video.media import writing

TAIL = ".unfinished"
_IDENTITY = "film.json"


@dataclass(frozen=True)
class Segment:
    """A finished part of the film.

    number: from 0. stamps: its frames' time stamps, in the film's time base. end: the stamp at which its last frame
    ends. index: of that frame. closed_by: of the film's last segment the end that was asked for ("end": the film's
    own); None where more follow. facts: what a report is made of.
    """

    number: int
    stamps: tuple[int, ...]
    end: int
    index: int
    closed_by: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Work:
    """The folder of a run, held by this process alone (`opened`). end: the end that is asked for, as in `Segment`."""

    folder: Path
    end: str = "end"

    def file(self, number: int, name: str) -> Path:
        """Where a segment's output of that name lies."""
        return self.folder / f"{number:06d}.{name}"

    def finished(self) -> list[Segment]:
        """The segments from the first on, as long as none is missing."""
        found: list[Segment] = []
        while (path := self.file(len(found), "json")).is_file():
            told = json.loads(path.read_text(encoding="utf-8"))
            told["stamps"] = tuple(told["stamps"])
            found.append(Segment(number=len(found), **told))
        return found

    def memory(self, segment: Segment) -> Any:
        """What the step remembered behind a segment."""
        return plain.from_bytes(self.file(segment.number, "memory").read_bytes())

    def add(self, segment: Segment, memory: object, names: tuple[str, ...]) -> None:
        """Say that a segment's files, of these names, are complete."""
        with writing(self.folder):
            for name in names:
                _sync(self.file(segment.number, name))
            _write(self.file(segment.number, "memory"), plain.to_bytes(memory))
            self._say(segment)

    def close(self, segments: list[Segment], closed_by: str) -> None:
        """Say of the last segment, already there, that nothing follows."""
        segments[-1] = replace(segments[-1], closed_by=closed_by)
        with writing(self.folder):
            self._say(segments[-1])

    def _say(self, segment: Segment) -> None:
        told = {key: value for key, value in asdict(segment).items() if key != "number"}
        _write(self.file(segment.number, "json"), json.dumps(told).encode())

    def drop(self, number: int) -> None:
        """Forget a segment and all behind it."""
        for path in sorted(
            self.folder.glob("??????.json"), reverse=True
        ):  # the last first: never one without those before
            if int(path.name[:6]) >= number:
                path.unlink()

    def place(self, name: str, made: Path, target: Path, overwrite: bool) -> None:
        """Give a finished file its name; without `overwrite` never over anything. What stands there is known again
        (`placed`), so that a run killed here can go on."""
        with writing(target):
            _sync(made)
            self.mark(name, _told(made))
        put(made, target, overwrite)

    def placed(self, name: str, target: Path) -> bool:
        """Whether what stands under the final name is what this work has put there."""
        return target.is_file() and self.marked(name) == _told(target)

    def mark(self, name: str, text: str) -> None:
        """Note something of an output, for this end."""
        _write(self.folder / f"{name}.placed", json.dumps([self.end, text]).encode())

    def marked(self, name: str) -> str | None:
        """What was noted of an output for this end; None where nothing was."""
        path = self.folder / f"{name}.placed"
        end, text = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else (None, None)
        return text if end == self.end else None

    def remove(self) -> None:
        """All of it, once the film is there; first what says whose it is, as a part of it would be of no use."""
        with contextlib.suppress(OSError):
            (self.folder / _IDENTITY).unlink()
        shutil.rmtree(self.folder, ignore_errors=True)


def left(target: Path, identity: Mapping[str, object], end: str) -> Work | None:
    """What an interrupted run that makes the same has left; None where there is nothing of use."""
    path = _folder_of(target) / _IDENTITY
    same = path.is_file() and path.read_text(encoding="utf-8") == json.dumps(identity, sort_keys=True)
    return Work(path.parent, end) if same else None


def put(made: Path, target: Path, overwrite: bool) -> None:
    """Move a file to its name, whole or not at all; without `overwrite` never over anything but itself."""
    with writing(target):
        if overwrite:
            os.replace(made, target)
            return
        try:
            os.link(made, target)
        except FileExistsError:
            if not os.path.samefile(made, target):  # else killed between the two steps
                raise OutputExists(f"{target}: is there already; --overwrite (overwrite=True) replaces it") from None
        except OSError:  # a file system without hard links
            if os.path.lexists(target):
                raise OutputExists(f"{target}: is there already; --overwrite (overwrite=True) replaces it") from None
            os.replace(made, target)
            return
        made.unlink()


@contextmanager
def opened(
    target: Path, identity: Mapping[str, object], end: str, *, fresh: bool = False
) -> Iterator[tuple[Work, bool]]:
    """The work for an output, and whether an earlier run of other options or of another source was thrown away.

    identity: what decides the pictures; what a run with another left is of no use. end: of the part, as in `Segment`.
    fresh: throw away whatever there is.
    OutputError where another run is at work on the same output, or the folder cannot be made.
    """
    folder = _folder_of(target)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror}); give another output") from error
    try:
        held = alone(folder / "lock", patience_s=0.5)
        held.__enter__()
    except OutputError as error:
        raise OutputError(
            f"{target}: another run is at work on it; wait for it or end it, or give another output"
        ) from error
    try:
        path = folder / _IDENTITY
        text = json.dumps(identity, sort_keys=True)
        known = path.read_text(encoding="utf-8") if path.is_file() else None
        other = known is not None and (fresh or known != text)
        if known != text or fresh:
            path.unlink(missing_ok=True)  # first: killed here, what is left over is nobody's
            for old in folder.iterdir():
                if old.name != "lock":
                    shutil.rmtree(old) if old.is_dir() else old.unlink()
            with writing(folder):
                _write(path, text.encode())
        yield Work(folder, end), other
    finally:
        held.__exit__(None, None, None)
        with contextlib.suppress(OSError):
            (folder / "lock").unlink()
        with contextlib.suppress(OSError):
            folder.rmdir()  # where it is empty


def _folder_of(target: Path) -> Path:
    return target.with_name(target.name.replace("%", "n") + TAIL)


def _told(path: Path) -> str:
    facts = path.stat()
    return f"{facts.st_size} {facts.st_mtime_ns}"


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def _sync(path: Path) -> None:
    for one in path.iterdir() if path.is_dir() else (path,):
        with one.open("rb") as file:
            os.fsync(file.fileno())
