"""`matteo data`: sets of pictures and masks, looked at before anyone learns from them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matteo.errors import OutputError, OutputExists, UsageError

if TYPE_CHECKING:
    from matteo.learning.audit.kinds import Finding
    from matteo.learning.audit.result import Audit

NAMED = 3


@click.group()
def data() -> None:
    """Sets of pictures and masks: what is wrong with them, and making more.

    \b
    matteo data check my-set/                    before training on it
    matteo data synthesize set.tar -o made.tar   hair, lace and veils whose alpha is known
    matteo data pack my-set/ -o small.tar        the same pairs, small: for training elsewhere
    """


@data.command()
@click.argument("path", metavar="SET")
@click.option("--against", multiple=True, metavar="SET", help="Which pictures are in that set, too? Repeatable.")
@click.option("--report", metavar="FOLDER", help="Write report.json and contact sheets of the worst there.")
@click.option("--overwrite", is_flag=True, help="Replace a report that is there already.")
@click.option("--model", default="matteo", show_default=True, help="The network that is asked; none asks none.")
@click.option("--limit", type=click.IntRange(1), help="Look at so many pairs only, spread over the set.")
@click.option("--json", "as_json", is_flag=True, help="All findings as one JSON line on stdout.")
@click.option("--debug", is_flag=True, hidden=True)
def check(
    path: str, against: tuple[str, ...], report: str | None, overwrite: bool, model: str, limit: int | None,
    as_json: bool, debug: bool,
) -> int:  # fmt: skip
    """Looks a set through: pairs, sizes, masks, pictures that are there twice, masks the network doubts.

    SET is a folder with images/ and masks/, one with a.jpg beside a.png, one of transparent PNGs, or a .tar of these.
    The exit code is 1 where training would fail or learn what is wrong, 0 with warnings only.

    \b
    Example: matteo data check my-set/ --against my-test/ --report audit/
    """
    from matteo.learning.audit.audit import audit
    from matteo.learning.audit.judge import Judge
    from matteo.learning.audit.report import check_target, write_report

    if report:
        check_target(Path(path), Path(report), overwrite)
    judge = None if model == "none" else Judge(model)
    with _progress() as advance:
        others = [Path(other) for other in against]
        found = audit(Path(path), against=others, judge=judge, limit=limit, advance=advance)
    written = write_report(found, Path(report), judge, overwrite=overwrite) if report else []
    if as_json:
        click.echo(json.dumps(found.facts()))
    else:
        _show(found)
    for file in written:
        click.echo(str(file), err=as_json)
    return 1 if found.of("error") else 0


@data.command()
@click.argument("sets", nargs=-1, required=True, metavar="SET...")
@click.option("-o", "--output", required=True, metavar="FILE.tar", help="Where the made pictures go.")
@click.option("--count", type=click.IntRange(1), default=1000, show_default=True, help="How many are made.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed, the same pictures.")
@click.option("--background", "grounds", multiple=True, metavar="SET", help="Photographs to put behind; repeatable.")
@click.option("--longest", type=click.IntRange(64, 8192), default=512, show_default=True, help="Pixels on a long side.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
@click.option("--debug", is_flag=True, hidden=True)
def synthesize(
    sets: tuple[str, ...], output: str, count: int, seed: int, grounds: tuple[str, ...], longest: int, overwrite: bool,
    debug: bool,
) -> None:  # fmt: skip
    """Makes pictures whose soft alpha is known to the pixel: hair, fur, lace, veils and blur around real subjects.

    SET is a tar of pictures with masks, whose subjects are taken. Every 20th picture is left out, for testing.

    
    Example: matteo data synthesize my-set.tar --background rooms.tar -o made.tar --count 500
    """
    from matteo.learning.synthesis import synthesize as make

    target, sources = Path(output), [Path(path) for path in (*sets, *grounds)]
    _check_output(target, sources, overwrite)
    with _writing(target), _progress() as advance:
        make(sources[: len(sets)], target, count, seed, backgrounds=sources[len(sets) :], longest=longest, said=advance)
    click.echo(str(target))


@data.command()
@click.argument("path", metavar="SET")
@click.option("-o", "--output", required=True, metavar="FILE.tar", help="Where the packed set goes.")
@click.option("--longest", type=click.IntRange(64, 8192), default=400, show_default=True, help="Pixels on a long side.")
@click.option("--quality", type=click.IntRange(1, 100), default=60, show_default=True, help="Of the AVIF pictures.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
@click.option("--debug", is_flag=True, hidden=True)
def pack(path: str, output: str, longest: int, quality: int, overwrite: bool, debug: bool) -> None:
    """Brings a set's pictures and masks to a size, in one tar that is learned from like the set itself.

    A network sees 320 pixels: a set of photographs becomes a hundredth of its size, to be copied to a machine with a
    GPU and read in seconds there. The order stays, so that the same pairs are held out.

    \b
    Example: matteo data pack my-set/ -o small.tar --longest 352 --quality 45
    """
    from matteo.learning.data.packed import pack as make

    target, source = Path(output), Path(path)
    _check_output(target, [source], overwrite)
    with _writing(target), _progress() as advance:
        make(source, target, longest, quality, said=advance)
    click.echo(str(target))


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{target}: cannot be written ({error.strerror or error}); make room or give another"
        ) from error


def _check_output(target: Path, sources: list[Path], overwrite: bool) -> None:
    if target.suffix != ".tar":
        raise UsageError(f"{target}: what is made goes into a tar; give a name that ends in .tar")
    if not target.parent.is_dir():
        raise OutputError(f"{target}: there is no folder {target.parent}; make it first")
    if target.resolve() in [source.resolve() for source in sources]:
        raise OutputError(f"{target}: is a source itself, which is never overwritten; give another output")
    if target.exists() and not overwrite:
        raise OutputExists(f"{target}: is there already; --overwrite replaces it")


def _show(found: Audit) -> None:
    """A table of the kinds of findings, and the verdict."""
    from rich.console import Console
    from rich.table import Table

    from matteo.learning.audit.kinds import KINDS

    console = Console(highlight=False)
    sizes = ", ".join(f"{count} of {name}" for name, count in found.sizes.items())
    console.print(f"{found.path}: {found.pairs} pairs; pixels on the long side: {sizes}")
    if found.against:
        console.print(f"compared with {', '.join(path.name for path in found.against)}")
    if found.findings:
        table = Table("", "what", "pairs", "which", "what to do", box=None, pad_edge=False)
        for kind, facts in KINDS.items():
            these = [finding for finding in found.findings if finding.kind == kind]
            if these:
                style = "red" if facts.gravity == "error" else "yellow"
                table.add_row(f"[{style}]{facts.gravity}[/]", facts.title, str(len(these)), _which(these), facts.advice)
        console.print(table)
    console.print(found.verdict, style="red" if found.of("error") else "bold")


def _which(findings: list[Finding]) -> str:
    """The first few by name, with the reason where there is but one."""
    from rich.markup import escape

    if len(findings) == 1:
        return escape(" ".join(part for part in (findings[0].key, findings[0].other, findings[0].text) if part))
    pairs = (" = ".join(part for part in (finding.key, finding.other) if part) for finding in findings[:NAMED])
    return escape(", ".join(pairs) + (", …" if len(findings) > NAMED else ""))


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar with the time left on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
