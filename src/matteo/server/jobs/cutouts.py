"""Jobs of several pictures."""

from __future__ import annotations

from collections.abc import Mapping

from matteo.server.cutouts.options import options_of
from matteo.server.cutouts.render import Given, check_look, make
from matteo.server.jobs.kinds import Done, NoRoom, Task


def cutouts_check(fields: Mapping[str, str], max_pixels: float, beside: tuple[str, ...]) -> None:
    """UsageError for options that make no sense."""
    behind = "background_file" in beside
    check_look(options_of(fields, max_pixels, behind), behind)


def cutouts_run(task: Task) -> Done:
    """One picture. MatteoError where it cannot be done."""
    behind = task.beside.get("background_file")
    options = options_of(task.fields, task.max_pixels, behind is not None)
    given = Given(task.source.read_bytes(), behind.read_bytes() if behind else None)
    made = make(task.remover, given, options, lambda _: None)
    if len(made.data) > task.room:
        raise NoRoom
    task.part.write_bytes(made.data)
    return Done(made.facts)
