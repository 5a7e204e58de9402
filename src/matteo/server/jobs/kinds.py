"""The kinds of jobs, a line each. A kind says how its fields are checked and how one of its inputs is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from matteo.errors import MatteoError
from matteo.remover import Remover


class NoRoom(MatteoError):
    """The result would take more than is left to all jobs."""

    def __init__(self) -> None:
        super().__init__("Fetch and delete jobs that are done, or ask the server's owner for more (--disk-mb).")


@dataclass(frozen=True)
class Task:
    """One input. source: its file. beside: files sent with the job, by their fields. part: where the result goes; what
    else is made meanwhile has a name that begins with its stem. room: bytes that it may take, else NoRoom.

    report: called with 0 to 1 now and then; False says that the work was cancelled and is to end.
    """

    remover: Remover
    source: Path
    beside: Mapping[str, Path]
    fields: Mapping[str, str]
    max_pixels: float
    part: Path
    room: int
    report: Callable[[float], bool]


@dataclass(frozen=True)
class Done:
    """What came of it: the result is in `task.part`. facts hold at least "format", a key of `answers.TYPES`."""

    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """One line of the table.

    home: "module:name", a file of this room with `NAME_check(fields, max_pixels, beside)`, which raises UsageError, and
    `NAME_run(task) -> Done`. beside: fields whose file is for all inputs.
    """

    help: str
    home: str
    beside: tuple[str, ...] = ()

    def check(self, fields: Mapping[str, str], max_pixels: float, beside: tuple[str, ...]) -> None:
        self._function("check")(fields, max_pixels, beside)

    def run(self, task: Task) -> Done:
        done: Done = self._function("run")(task)
        return done

    def _function(self, name: str) -> Callable[..., Any]:
        module, _, prefix = self.home.partition(":")
        function: Callable[..., Any] = getattr(import_module(f"matteo.server.jobs.{module}"), f"{prefix}_{name}")
        return function


KINDS: dict[str, Kind] = {
    "cutouts": Kind("Several pictures, each as POST /api/cutouts makes it.", "cutouts:cutouts", ("background_file",)),
    "video": Kind("Films, sound and timing kept: background, format, quality, key.", "films:films"),
}
