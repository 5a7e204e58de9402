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
    """as_json: a line a picture on stdout. verbose: what was run, with the time of each stage."""

    def __init__(self, as_json: bool, verbose: bool) -> None:
        self.as_json, self.verbose = as_json, verbose
        self._bar: Bar | None = None

    def planned(self, records: Iterable[Record], plan: Plan) -> int:
        """What a run would do; the exit code it would have as far as that can be known."""
        counts: Counter[str] = Counter()
        for record in records:
            counts[record.status] += 1
            if self.as_json:
                self._print(json.dumps(_line_of(record)))
            elif record.status == "planned":
                self._print(f"{record.source} -> {record.output}")
            if record.status == "failed":
                self._say(f"matteo: {_named(record)}")
        parts = ", ".join(f"{n} {status}" for status, n in counts.items()) or "nothing to do"
        self._say(parts + _passed_over(plan.passed_over))
        return 1 if counts["failed"] else 0

    def one(self, record: Record, said: bool) -> int:
        """A picture of a pipe. said: whether a person is told of a success."""
        self._tell(record, said=said or bool(record.facts.get("notes")))
        return 1 if record.status == "failed" else 0

    def all(self, records: Iterable[Record], plan: Plan) -> int:
        """Reports each record as it comes and the sum at the end; the exit code."""
        counts = {"done": 0, "skipped": 0, "failed": 0}
        failures: list[Record] = []
        doubtful: list[Record] = []
        with _bar(len(plan.jobs)) as self._bar:
            for record in records:
                counts[record.status] += 1
                if record.status == "failed":
                    failures.append(record)
                elif deserves_a_look(record):
                    doubtful.append(record)
                # Of thousands that were done before, the sum is enough.
                told = self._bar is None and (record.status != "skipped" or self.verbose)
                self._tell(record, said=told or bool(record.facts.get("notes")))
                if self._bar:
                    self._bar.advance(self._bar.task_ids[0])
        self._bar = None
        if len(plan.jobs) != 1 or plan.passed_over or counts["skipped"]:
            parts = [f"{n} {status}" for status, n in counts.items() if n or status == "done"]
            self._say(", ".join(parts) + _passed_over(plan.passed_over))
        if len(plan.jobs) > 1 and doubtful:
            self._say_doubtful(doubtful, counts["done"])
        if len(plan.jobs) > LISTED and failures:
            self._say("failed:")
            for record in failures:
                self._say(f"  {_named(record)}")
        return 1 if failures else 0

    def _say_doubtful(self, records: list[Record], made: int) -> None:
        """The pictures that a person should look at, the least certain first."""
        self._say(f"these {len(records)} of {made} deserve a look:")
        for record in sorted(records, key=_confidence)[:LISTED]:
            why = ", ".join(_told(record.facts)["reasons"] or ())
            self._say(f"  {record.output}, confidence {_confidence(record):.2f}{why and ': ' + why}")
        if len(records) > LISTED:
            self._say(f"  and {len(records) - LISTED} more; --json tells the confidence of each")

    def _tell(self, record: Record, said: bool) -> None:
        if self.as_json:
            self._print(json.dumps(_line_of(record)))
        if record.status == "failed":
            self._say(f"matteo: {_named(record)}")
        elif said and not self.as_json:
            self._say(_sentence(record))
        if self.verbose and record.status == "done":
            self._say(_details(record.facts))

    def _print(self, text: str) -> None:
        click.echo(text)

    def _say(self, text: str) -> None:
        """To the person: above the bar where there is one."""
        if self._bar:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(text, err=True)


def deserves_a_look(record: Record) -> bool:
    """Whether the picture's confidence is so low that a person should check it, or nearly all of it is left."""
    from matteo.matting.confidence import ALL, WORTH_A_LOOK

    facts: Mapping[str, Any] = record.facts
    if facts.get("confidence") is None:
        return False
    return _confidence(record) < WORTH_A_LOOK or ALL in (facts.get("reasons") or ())


def _confidence(record: Record) -> float:
    facts: Mapping[str, Any] = record.facts
    return float(facts["confidence"])


def _line_of(record: Record) -> dict[str, Any]:
    output = str(record.output) if record.status in ("done", "skipped", "planned") else None
    line = {"input": str(record.source), "output": output, "status": record.status, "seconds": round(record.seconds, 3)}
    return line | _told(record.facts) | {"error": record.error}


def _told(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: facts.get(key) for key in ("size", "model", "confidence", "kind", "reasons", "notes", "stages")}


def _named(record: Record) -> str:
    error = str(record.error)
    return error if str(record.source) in error else f"{record.source}: {error}"


def _sentence(record: Record) -> str:
    if record.status == "skipped":
        return f"{record.source}: done before, {record.output}"
    facts: Mapping[str, Any] = record.facts
    trust = "" if facts["confidence"] is None else f", confidence {facts['confidence']:.2f}"
    doubts = list(facts.get("reasons") or ()) if deserves_a_look(record) else []
    notes = "".join(f" ({note})" for note in (*doubts, *facts["notes"]))
    return f"{record.output}  {record.seconds:.2f} s{trust}{notes}"


def _details(facts: Mapping[str, Any]) -> str:
    (width, height), (seen_width, seen_height) = facts["size"], facts["seen"]
    sizes = f"{width} x {height} pixels, seen at {seen_width} x {seen_height}"
    stages = ", ".join(f"{stage} {seconds * 1000:.0f} ms" for stage, seconds in facts["stages"].items())
    return f"  {sizes}; model {facts['model']} on {facts['provider']}, {facts['threads']} threads; {stages}"


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
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=False, redirect_stderr=False) as bar:
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
