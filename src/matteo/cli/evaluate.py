"""`matteo evaluate`: how good networks are on pictures whose true masks are known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table

    from matteo.learning.evaluation.measures import Measure
    from matteo.learning.evaluation.run import Progress
    from matteo.learning.evaluation.summary import SetSummary, Standing


@click.command()
@click.argument("sets", nargs=-1, required=True, metavar="SET...", type=click.Path(path_type=Path))
@click.option(
    "--model", "names", multiple=True, default=("matteo",), show_default=True,
    help="A name (see `matteo models`) or an ONNX file; again for each to compare. Differences are to the first.",
)  # fmt: skip
@click.option("--report", type=click.Path(path_type=Path), metavar="DIR", help="A new folder for the report.")
@click.option("--overwrite", is_flag=True, help="Replace a report that is there already.")
@click.option("--side", "sides", multiple=True, type=click.IntRange(16, 8192), help="Input size instead of the card's.")
@click.option("--fit", "fits", multiple=True, type=click.Choice(("stretch", "pad")), help="Instead of the card's.")
@click.option("--edges", multiple=True, metavar="KIND", help="Instead of the default: fine, fast, none, …")
@click.option(
    "--degrade", "degradations", multiple=True, default=("none",), metavar="KIND:STRENGTH",
    help="Make the pictures worse first: noise, dark or jpeg, strength 1 to 3; none for as they are. May be repeated.",
)  # fmt: skip
@click.option("--every", type=click.IntRange(1), default=1, metavar="N", help="Only every N-th picture.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most N pictures of a set.")
@click.option("--pool", is_flag=True, help="All sets as one, too.")
@click.option("--soft", is_flag=True, help="The errors of soft alpha for every picture, not only where alpha is soft.")
@click.option(
    "--resamples", type=click.IntRange(100, 100_000), default=1000, show_default=True, help="Of the bootstrap."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the bootstrap.")
@click.option("--provider", default="cpu", show_default=True, help="What runs the network: cpu, cuda, coreml, …")
@click.option("--threads", type=click.IntRange(1), help="Processor threads for each run of the network.")
@click.option("--json", "as_json", is_flag=True, help="All scores as JSON on stdout instead of tables.")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def evaluate(
    sets: tuple[Path, ...], names: tuple[str, ...], report: Path | None, overwrite: bool, sides: tuple[int, ...],
    fits: tuple[str, ...], edges: tuple[str, ...], degradations: tuple[str, ...], every: int, limit: int | None,
    pool: bool, soft: bool, resamples: int, seed: int, provider: str, threads: int | None, as_json: bool, debug: bool,
) -> int:  # fmt: skip
    """Measures networks on pictures with true masks, side by side.

    SET is a folder with images/ and masks/, one of a.jpg beside a.png, one of transparent PNGs, or a tar of such files.
    The whole pipeline runs at each picture's own size. A set that a network was trained on is marked CONTAMINATED.
    Exit code 1 where a picture could not be measured.

    \b
    matteo evaluate my-test/ --model shop --model matteo --report shop-report/
    matteo evaluate test.tar --degrade none --degrade noise:2
    """
    from matteo.learning.evaluation import facts, folder
    from matteo.learning.evaluation import report as reports
    from matteo.learning.evaluation.compare import compare
    from matteo.learning.evaluation.contestants import contestants, trials
    from matteo.learning.evaluation.degrade import parse
    from matteo.learning.evaluation.run import Settings

    if report:
        folder.check_free(report, overwrite)
    models = contestants(names, sides, fits, edges)
    tried = trials(sets, every, limit, [parse(text) for text in degradations])
    settings = Settings(threads, provider, soft, resamples, seed)
    with _progress() as progress:
        summaries = compare(models, tried, settings, progress, pool)
    how = _how(
        {"every": every, "limit": limit, "soft": soft, "resamples": resamples, "seed": seed, "provider": provider}
    )
    found = facts.as_json(models, summaries, how)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _print(summaries)
    if report:
        folder.publish(reports.files(models, summaries, found, how), report, overwrite)
        click.echo(f"{report / 'report.html'}", err=as_json)
    return 1 if any(summary.skipped for summary in summaries) else 0


def _how(options: dict[str, Any]) -> dict[str, Any]:
    from datetime import UTC, datetime

    from matteo import __version__

    return {"matteo": __version__, "date": datetime.now(UTC).isoformat(timespec="seconds")} | options


def _print(summaries: Sequence[SetSummary]) -> None:
    from rich.console import Console

    from matteo.learning.evaluation.words import LEGEND, notes_of, pictures, sentence, warnings_of

    console = Console(highlight=False, soft_wrap=True)
    for summary in summaries:
        console.print(f"\n[bold]{_plain(summary.trial.title)}[/], {pictures(summary.pictures)}")
        for warning in warnings_of(summary):
            console.print(f"[bold red]{_plain(warning)}[/]")
        for note in notes_of(summary):
            console.print(_plain(note))
        console.print(_table(summary), soft_wrap=False)
        if len(summary.standings) > 1:
            console.print(
                f"[dim]Second lines: the difference to {_plain(summary.standings[0].contestant.label)}; {LEGEND}.[/]"
            )
        for standing in summary.standings:
            console.print(f"{_plain(standing.contestant.label)}: {_plain(sentence(summary, standing))}.")
        for key, why in summary.skipped.items():
            console.print(f"not measured: {_plain(key)}: {_plain(why)}")


def _table(summary: SetSummary) -> Table:
    from rich.table import Table
    from rich.text import Text

    from matteo.learning.evaluation.words import failures_of, time_of

    table = Table(show_edge=False, pad_edge=False, show_lines=len(summary.standings) > 1)
    table.add_column("")
    for standing in summary.standings:
        table.add_column(Text(standing.contestant.label))
    for measure in summary.measures:
        better = "↑" if measure.higher_is_better else "↓"
        table.add_row(f"{measure.title} {better}", *(_cell(measure, standing) for standing in summary.standings))
    table.add_row("failures", *(failures_of(summary, standing) for standing in summary.standings))
    table.add_row("time a picture", *(time_of(standing) for standing in summary.standings))
    return table


def _cell(measure: Measure, standing: Standing) -> str:
    from matteo.learning.evaluation.words import NO_VALUE, change_of, interval_of, value_of, verdict

    if measure.name not in standing.scores:
        return NO_VALUE
    score = standing.scores[measure.name]
    text = f"{value_of(measure, score.value)} [dim]({interval_of(measure, score)})[/]"
    difference = standing.differences.get(measure.name)
    if difference is None:
        return text
    colour = {"better": "green", "worse": "red", "unclear": "dim"}[verdict(measure, difference)]
    return f"{text}\n[{colour}]{change_of(measure, difference)}[/]"


def _plain(text: str) -> str:
    """Text in which rich finds no markup."""
    from rich.markup import escape

    return escape(text)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar on a terminal, with what is measured and the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("")
        shown = ""

        def progress(what: str, done: int, total: int) -> None:
            nonlocal shown
            if what != shown:
                bar.reset(task, description=what, total=total)
                shown = what
            bar.update(task, completed=done)

        yield progress
