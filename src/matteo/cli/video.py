"""`matteo video`: a film, or several, with sound, timing and colours as they were."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matteo.cli.effects import look_of, look_options
from matteo.errors import MatteoError, UsageError

if TYPE_CHECKING:
    from matteo.effects.look import Look
    from matteo.video.cut import Made

QUALITIES = ("draft", "good", "best")
CODECS = ("h264", "hevc", "av1", "vp9", "prores", "qtrle", "ffv1")
Show = Callable[[int, "int | None"], None]


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILM...")
@click.option("-o", "--output", metavar="PATH", help="A file, whose suffix is the kind; a folder/; or frames/%06d.png.")
@look_options
@click.option("--key", metavar="COLOUR", help="It was taken before a screen: auto, green, blue, #00b140.")
@click.option("--matte", metavar="PATH", help="A second film, of the matte: m.mp4, mattes/%06d.png.")
@click.option("--effects-file", metavar="FILE", help="Effects over time from a TOML file, also with key frames.")
@click.option("--report", metavar="PATH", help="A page of confidence, flicker and doubtful seconds: report.html.")
@click.option("--preview", is_flag=True, help="A contact sheet, a frame every 2 s, instead of the film.")
@click.option(
    "--quality", type=click.Choice(QUALITIES), default="good", show_default=True, help="Of alpha and of encoding."
)
@click.option("--codec", type=click.Choice(CODECS), help="Where the container's usual one does not suit.")
@click.option("--start", metavar="TIME", help="Begin there: seconds, 1:30, or a time code 00:01:30:12.")
@click.option("--end", metavar="TIME", help="End before that time of the source.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Of numbered pictures, a second.  [default: 25]")
@click.option("--frame-by-frame", is_flag=True, help="Leave out the steadying over time.")
@click.option("--fresh", is_flag=True, help="Begin anew, whatever an interrupted run has left.")
@click.option("--overwrite", is_flag=True, help="Replace outputs that are there already.")
@click.option("--model", default="matteo", show_default=True, help="A name (see `matteo models`) or an ONNX file.")
@click.option("--provider", default="cpu", show_default=True, help="What runs the network: cpu, cuda, coreml, …")
@click.option("--threads", type=click.IntRange(1), help="Processor threads for each run of the network.")
@click.option(
    "--max-megapixels", type=click.FloatRange(0, min_open=True), default=200, show_default=True,
    help="Films of larger pictures are refused.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON line a film on stdout.")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def video(
    paths: tuple[str, ...], output: str | None, key: str | None, matte: str | None, effects_file: str | None,
    report: str | None, preview: bool, quality: str, codec: str | None, start: str | None, end: str | None,
    rate: float | None, frame_by_frame: bool, fresh: bool, overwrite: bool, model: str, provider: str,
    threads: int | None, max_megapixels: float, as_json: bool, debug: bool, preset: str | None,
    effect: tuple[str, ...], **texts: str | None,
) -> int:  # fmt: skip
    """Takes the background out of films; sound, timing and colours stay as they were.

    FILM is a film, several, or numbered pictures as frames/%06d.png. --background may be a film too: office.mp4, looped
    where it is shorter, or hold:office.mp4. Without one the film is transparent, as .mov (ProRes 4444), .webm (VP9),
    .mkv, .webp, .avif, .gif and numbered PNGs can be. A run that was interrupted goes on where it was.
    """
    from matteo.cli.report import download_progress
    from matteo.picture.limits import Limits
    from matteo.remover import Remover
    from matteo.video.media import need_av

    if debug:
        logging.basicConfig(format="%(name)s: %(message)s")
        logging.getLogger("matteo").setLevel(logging.DEBUG)
    need_av()
    look = look_of(preset, effect, **texts)
    limits = Limits(pixels=int(max_megapixels * 1e6))
    with download_progress() as progress:
        remover = Remover(model, threads=threads, provider=provider, limits=limits, progress=progress)
    asked: dict[str, Any] = {
        "quality": quality, "codec": codec, "asked": (start, end), "rate": rate, "steady": not frame_by_frame,
        "key": key,
        "remover": remover, "limits": limits, "effects_file": None if effects_file is None else Path(effects_file),
    }  # fmt: skip
    if preview:
        matte = None
        asked["steady"] = False
    page = None if report is None else Path(report)
    films = _Films(look, asked, overwrite, fresh, preview, as_json, page)
    return films.all([Path(path) for path in paths], output, None if matte is None else Path(matte))


@dataclass(frozen=True)
class _Films:
    look: Look
    asked: dict[str, Any]
    overwrite: bool
    fresh: bool
    preview: bool
    as_json: bool
    report: Path | None = None

    def all(self, films: list[Path], output: str | None, matte: Path | None) -> int:
        if matte is not None and len(films) > 1:
            raise UsageError(f"--matte {matte} is one file for several films: give one film at a time")
        if self.report is not None and len(films) > 1:
            raise UsageError(f"--report {self.report} is one page for several films: give one film at a time")
        folder = output is not None and (output.endswith(("/", "\\")) or Path(output).is_dir())
        if output is not None and len(films) > 1 and not folder:
            raise UsageError(f"{output} is one file for several films: give a folder, {output}/")
        if len(films) > 1:
            self._check_apart(films, Path(output) if folder and output else None)
        failed = 0
        for film in films:
            try:
                self._one(film, output, folder, matte)
            except UsageError:
                raise
            except MatteoError as error:
                failed += 1
                self._failed(film, error)
        return 1 if failed else 0

    def _check_apart(self, films: list[Path], home: Path | None) -> None:
        """UsageError where two films would have one output: the second would take the first one's place, or find it
        taken after hours."""
        from matteo.batch.names import fold
        from matteo.video.plan import planned

        seen: dict[str, Path] = {}
        for film in films:
            try:
                if self.preview:
                    target = _sheet_of(film, home, None)
                else:
                    target = planned(film, None, look=self.look, folder=home, **self.asked).job.outputs[0].target
            except UsageError:
                raise
            except MatteoError:  # which is told when its turn comes
                continue
            other = seen.setdefault(fold(str(target.absolute())), film)
            if other is not film:
                raise UsageError(f"{other} and {film} would both become {target}: give them one at a time, with -o")

    def _one(self, film: Path, output: str | None, folder: bool, matte: Path | None) -> None:
        from matteo.batch.engine import make_folder
        from matteo.video.plan import planned

        home = Path(output) if folder and output else None
        target = None if output is None or folder else Path(output)
        if self.preview:
            self._sheet(film, home, target)
            return
        if home is not None:
            make_folder(home)
        plan = planned(film, target, look=self.look, matte=matte, folder=home, **self.asked)
        with _bar(film.name) as show:
            made = plan.made(overwrite=self.overwrite, fresh=self.fresh, progress=show, report=self.report)
        self._made(film, made)

    def _sheet(self, film: Path, home: Path | None, target: Path | None) -> None:
        """A contact sheet beside the film, or where -o says; beside the output where that names a film."""
        from matteo.video.plan import ANYTHING, planned
        from matteo.video.preview import preview

        target = _sheet_of(film, home, target)
        plan = planned(film, ANYTHING, look=self.look, **{**self.asked, "codec": None})
        count = preview(plan.job, target, overwrite=self.overwrite)
        self._say(
            {"input": str(film), "output": str(target), "status": "done", "frames": count}, f"{target}  {count} frames"
        )

    def _made(self, film: Path, made: Made) -> None:
        rate = (made.frames - made.resumed) / made.seconds if made.seconds else 0
        resumed = f", {made.resumed} of them made before" if made.resumed else ""
        notes = "".join(f"\n  {note}" for note in made.notes)
        line = {
            "input": str(film), "output": str(made.outputs[0]), "outputs": [str(path) for path in made.outputs],
            "status": "done", "frames": made.frames, "resumed": made.resumed, "seconds": round(made.seconds, 3),
            "notes": list(made.notes),
        }  # fmt: skip
        text = ", ".join(map(str, made.outputs))
        self._say(line, f"{text}  {made.frames} frames{resumed}, {made.seconds:.1f} s, {rate:.1f} a second{notes}")

    def _failed(self, film: Path, error: MatteoError) -> None:
        text = str(error) if str(film) in str(error) else f"{film}: {error}"
        if self.as_json:
            click.echo(json.dumps({"input": str(film), "output": None, "status": "failed", "error": str(error)}))
        click.echo(f"matteo: {text}", err=True)

    def _say(self, line: dict[str, object], text: str) -> None:
        click.echo(json.dumps(line)) if self.as_json else click.echo(text, err=True)


def _sheet_of(film: Path, home: Path | None, target: Path | None) -> Path:
    from matteo.video.preview import SUFFIXES

    target = target or (home or film.parent) / film.name.replace("%", "n")
    if target.suffix.lower() not in SUFFIXES or target.name == film.name.replace("%", "n"):
        return target.with_name(f"{target.stem}.preview.png")
    return target


@contextmanager
def _bar(name: str) -> Iterator[Show | None]:
    """Frames done, frames a second and the time left, on a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed or 0:.1f} frames/s")

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task(name, total=None)
        begun = False

        def show(done: int, total: int | None) -> None:
            nonlocal begun
            if not begun:  # what an earlier run made is no speed of this one
                bar.reset(task, completed=done, total=total)
                begun = True
            bar.update(task, completed=done, total=total if total is None else max(total, done))

        yield show
