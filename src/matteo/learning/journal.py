"""What a run says while it goes: a bar on a terminal, lines elsewhere; log.csv, sheets, TensorBoard."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from PIL import Image as PilImage

from matteo.errors import MissingExtra
from matteo.learning.validation import Validation

if TYPE_CHECKING:
    from rich.progress import Progress

LINE_EVERY = 50  # steps


class Journal:
    """run: the folder to write into; None for a process that is not the first, and says nothing.

    tensorboard: whether event files are written too. Raises MissingExtra where that is not installed.
    """

    def __init__(self, run: Path | None, tensorboard: bool = False) -> None:
        self.run = run
        self._sums: dict[str, float] = {}
        self._count = 0
        self._bar: Progress | None = None
        self._told = ""
        self._tensorboard = tensorboard and run is not None
        self._events: Any = None
        if tensorboard:
            _check_tensorboard()

    def begin(self, step: int, steps: int) -> None:
        """The bar of the run. What the log holds of later steps, from before the run was killed, goes."""
        if self.run is None:
            return
        self._attempt("log.csv", lambda path: _cut(path, step))
        if sys.stderr.isatty() and self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
            self._bar = Progress(*columns, console=Console(stderr=True))
            self._bar.add_task("", total=steps, completed=step)
            self._bar.start()

    def step(self, step: int, terms: Mapping[str, float], facts: Mapping[str, Any]) -> None:
        """One step's losses; their means become a line now and then."""
        for name, value in terms.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=step)
        if step % LINE_EVERY == 0:
            self.flush(step, facts)

    def flush(self, step: int, facts: Mapping[str, Any]) -> None:
        if self._count:
            self._line(step, dict(facts) | {name: total / self._count for name, total in self._sums.items()})
        self._sums, self._count = {}, 0

    def validation(self, step: int, found: Validation) -> None:
        self._told = "  ".join(f"{name} {value:.3f}" for name, value in found.scores.items())
        self._line(step, found.scores)
        if found.sheet is not None:
            sheet = PilImage.fromarray(np.ascontiguousarray(found.sheet))
            self._attempt(f"sheet-{step:06}.png", lambda path: sheet.save(path))

    def say(self, text: str) -> None:
        if self.run is None:
            return
        if self._bar:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(text, err=True)

    def end(self, step: int, facts: Mapping[str, Any]) -> None:
        self.flush(step, facts)
        if self._bar:
            self._bar.stop()
            self._bar = None
        if self._events:
            self._events.close()

    def _line(self, step: int, facts: Mapping[str, Any]) -> None:
        numbers = {name: round(float(value), 5) for name, value in facts.items()}
        self._attempt("log.csv", lambda path: _append(path, {"step": step, **numbers}))
        if self._tensorboard:
            self._events = self._events or _events(self.run)
            for name, value in numbers.items():
                self._events.add_scalar(name, value, step)
        text = "  ".join(f"{name} {value:.4g}" for name, value in numbers.items())
        if self._bar:
            self._bar.update(self._bar.task_ids[0], description=f"loss {numbers.get('total', 0):.3f}  {self._told}")
        else:
            self.say(f"step {step}  {text}")

    def _attempt(self, name: str, write: Callable[[Path], None]) -> None:
        """A log that cannot be written is told of and ends no run."""
        if self.run is None:
            return
        try:
            write(self.run / name)
        except OSError as error:
            self.say(f"{name} is not written: {error}")


COLUMNS = ("step", "seconds", "side", "batch", "rate", "total", "bce", "iou", "ssim")


def _append(path: Path, row: Mapping[str, Any]) -> None:
    """Adds a row; a column that is new is added to all."""
    rows = _rows(path)
    columns = list(rows[0]) if rows else list(COLUMNS)
    if new := [name for name in row if name not in columns]:
        _write(path, [*columns, *new], [*rows, row])
    elif rows:
        with path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, columns).writerow(row)
    else:
        _write(path, columns, [row])


def _cut(path: Path, step: int) -> None:
    """Keeps the rows up to a step."""
    if rows := _rows(path):
        _write(path, list(rows[0]), [row for row in rows if int(row["step"]) <= step])


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write(path: Path, columns: list[str], rows: list[Mapping[str, Any]] | list[dict[str, str]]) -> None:
    aside = path.with_name(f".{path.name}.part")
    with aside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    aside.replace(path)


def _check_tensorboard() -> None:
    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError as error:
        raise MissingExtra("--tensorboard needs TensorBoard: pip install tensorboard") from error


def _events(run: Path | None) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(run))
