"""What a run says: JSON lines on stdout, or lines and a progress bar for a person on stderr."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from matteo.batch.engine import Record
    from matteo.batch.plan import Plan
    from matteo.models.weights import Progress

LISTED = 20


class Reporter:
    def __init__(self, as_json: bool, verbose: bool) -> None:
        self.as_json, self.verbose = as_json, verbose

    def dry_run(self, records: Iterable[Record], plan: Plan) -> int:
        counts: Counter[str] = Counter()
        for record in records:
            counts[record.status] += 1
            if self.as_json:
                click.echo(json.dumps(_line_of(record)))
            elif record.status == "planned":
                click.echo(f"{record.source} -> {record.output}")
            elif record.status == "failed":
                self._say(f"matteo: {_named(record)}")
        parts = ", ".join(f"{n} {status}" for status, n in counts.items()) or "nothing to do"
        self._say(parts + _passed_over(plan.passed_over))
        return 1 if counts["failed"] else 0

    def single(self, source: str, output: str, facts: Mapping[str, Any]) -> None:
        if self.as_json:
            click.echo(json.dumps({"input": source, "output": output} | _told(facts) | {"error": None}))
        elif self.verbose:
            self._say(_details(facts))

    def all(self, records: Iterable[Record], plan: Plan) -> int:
        """Reports each record as it comes and the sum at the end; the exit code."""
        counts = {"done": 0, "skipped": 0, "failed": 0}
        failures: list[Record] = []
        with _bar(len(plan.jobs)) as bar:
            for record in records:
                counts[record.status] += 1
                if record.status == "failed":
                    failures.append(record)
                self._line(record, quiet=bar is not None)
                if bar is not None:
                    bar.advance(bar.task_ids[0])
        if len(plan.jobs) > 1 or plan.passed_over:
            parts = [f"{n} {status}" for status, n in counts.items() if n or status == "done"]
            self._say(", ".join(parts) + _passed_over(plan.passed_over))
        if len(plan.jobs) > LISTED and failures:
            self._say("failed:")
            for record in failures:
                self._say(f"  {_named(record)}")
        return 1 if failures else 0

    def _line(self, record: Record, quiet: bool) -> None:
        if self.as_json:
            click.echo(json.dumps(_line_of(record)))
        if record.status == "failed":
            self._say(f"matteo: {_named(record)}")
        elif not self.as_json and not quiet:
            self._say(_sentence(record))
        if self.verbose and record.status == "done":
            self._say(_details(record.facts))

    def _say(self, text: str) -> None:
        click.echo(text, err=True)


def _line_of(record: Record) -> dict[str, Any]:
    output = str(record.output) if record.status in ("done", "skipped", "planned") else None
    line = {"input": str(record.source), "output": output, "status": record.status, "seconds": round(record.seconds, 3)}
    return line | _told(record.facts) | {"error": record.error}


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: facts.get(key) for key in ("size", "model", "confidence", "notes", "stages")}


def _named(record: Record) -> str:
    error = str(record.error)
    return error if str(record.source) in error else f"{record.source}: {error}"


def _sentence(record: Record) -> str:
    if record.status == "skipped":
        return f"{record.source}: done before, {record.output}"
    facts: Mapping[str, Any] = record.facts
    notes = "".join(f" ({note})" for note in facts["notes"])
    return f"{record.output}  {record.seconds:.2f} s, confidence {facts['confidence']:.2f}{notes}"


def _details(facts: Mapping[str, Any]) -> str:
    width, height = facts["size"]
    stages = ", ".join(f"{stage} {seconds * 1000:.0f} ms" for stage, seconds in facts["stages"].items())
    ran = f"model {facts['model']} on {facts['provider']}, {facts['threads']} threads"
    return f"  {width} x {height} pixels; {ran}; {stages}"


def _passed_over(counts: Mapping[str, int]) -> str:
    return "; passed over: " + ", ".join(f"{n} {why}" for why, n in counts.items()) if counts else ""


@contextmanager
def _bar(total: int) -> Iterator[Bar | None]:
    """A bar with rate and time left on a terminal; nothing in a pipe, a log, or for a single picture."""
    if total < 2 or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed or 0:.1f} pictures/s")

    columns = (BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        bar.add_task("", total=total)
        yield bar


@contextmanager
def download_progress() -> Iterator[Progress | None]:
    """Shows the fetching of weights, on a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("fetching weights", total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)
