"""`matteo remove`: one picture, several, a folder, or a pipe."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matteo.errors import UsageError

if TYPE_CHECKING:
    from matteo.batch.engine import Made
    from matteo.batch.plan import Plan
    from matteo.picture.cutout import Cutout
    from matteo.picture.image import Image
    from matteo.picture.limits import Limits
    from matteo.remover import Remover

FORMATS = ("png", "webp", "avif", "tiff", "jpeg")
MOST_WORKERS = 4


@dataclass(frozen=True)
class Options:
    """What the user asked for, as the pictures' bytes depend on it. `--jobs` and the like do not belong here."""

    background: str | None = None
    alpha_only: bool = False
    quality: int | None = None
    strip: bool = False
    strip_location: bool = False
    keep_hidden: bool = False
    format: str = "png"


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-o", "--output", metavar="PATH", help="File, or folder for several pictures. Its suffix is the format.")
@click.option("--background", metavar="WHAT", help="A colour (white, #f4f4f4, rgb(0,90,200)), a picture, or none.")
@click.option("--alpha-only", is_flag=True, help="The matte as a grey picture, 16 bit where the source has 16.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Format where no suffix says it.  [default: png]")
@click.option("--quality", type=click.IntRange(1, 100), help="Of WebP, AVIF and JPEG; 100 is lossless where it can be.")
@click.option("--overwrite", is_flag=True, help="Replace outputs that are there already.")
@click.option("--strip", is_flag=True, help="Leave out EXIF, XMP and resolution. The colour profile stays.")
@click.option("--strip-location", is_flag=True, help="Leave out where the picture was taken.")
@click.option("--keep-hidden", is_flag=True, help="Keep the source's colours where alpha is 0.")
@click.option("--model", default="matteo", show_default=True, help="A name (see `matteo models`) or an ONNX file.")
@click.option("--provider", default="cpu", show_default=True, help="What runs the network: cpu, cuda, coreml, …")
@click.option("--threads", type=click.IntRange(1), help="Processor threads for each run of the network.")
@click.option("--jobs", type=click.IntRange(1), help="Pictures at work at the same time.")
@click.option("--shard", metavar="I/N", help="Of a folder, only the I-th of N parts: for several machines.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; do nothing.")
@click.option("--max-megapixels", type=click.FloatRange(0, min_open=True), default=200, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON line a picture on stdout.")
@click.option("-v", "--verbose", is_flag=True, help="Model, provider, sizes, and the time of each stage.")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def remove(
    paths: tuple[str, ...], output: str | None, background: str | None, alpha_only: bool, format_: str | None,
    quality: int | None, overwrite: bool, strip: bool, strip_location: bool, keep_hidden: bool, model: str,
    provider: str, threads: int | None, jobs: int | None, shard: str | None, dry_run: bool, max_megapixels: float,
    as_json: bool, verbose: bool, debug: bool,
) -> int:  # fmt: skip
    """Takes the background out of pictures.

    PATH is a picture, several, one folder (with -o for the folder to write to), or - for stdin.
    """
    from matteo.batch.plan import parse_shard

    if debug:
        logging.basicConfig(level=logging.DEBUG, format="%(name)s: %(message)s")
    if alpha_only and background:
        raise UsageError("--alpha-only has no background: leave one of the two out")
    if background == "none":
        background = None
    to_file = len(paths) == 1 and not Path(paths[0]).is_dir() and _is_file(output)
    format_ = _format(output, format_) if to_file else format_ or "png"
    if format_ == "jpeg" and not (background or alpha_only):
        raise UsageError("JPEG holds no transparency: give --background, or another format such as png or webp")
    wanted = Options(background, alpha_only, quality, strip, strip_location, keep_hidden, format_)
    run = Run(wanted, model, provider, threads, jobs, overwrite, dry_run, max_megapixels, as_json, verbose)
    if "-" in paths:
        return run.pipe(paths, output)
    part = parse_shard(shard) if shard else None
    folders = [path for path in paths if Path(path).is_dir()]
    if folders:
        return run.folder(paths, output, part)
    if part:
        raise UsageError("--shard is for a folder")
    return run.files([Path(path) for path in paths], output)


def _is_file(output: str | None) -> bool:
    """Whether -o of a single picture names a file: it is no folder that is there, and none by its last character."""
    return output not in (None, "-") and not str(output).endswith(("/", "\\")) and not Path(str(output)).is_dir()


def _format(output: str | None, asked: str | None) -> str:
    from matteo.picture.formats import from_suffix

    told = from_suffix(Path(str(output)))
    if asked and asked != told:
        raise UsageError(f"--format {asked} and the suffix of {output} disagree")
    return told


@dataclass(frozen=True)
class Run:
    """One call of the command."""

    options: Options
    model: str
    provider: str
    threads: int | None
    jobs: int | None
    overwrite: bool
    dry_run: bool
    max_megapixels: float
    as_json: bool
    verbose: bool

    def pipe(self, paths: tuple[str, ...], output: str | None) -> int:
        """stdin -> stdout, or to the file that -o names."""
        from matteo.cli.report import Reporter
        from matteo.picture.write import publish

        if len(paths) > 1:
            raise UsageError("- (stdin) stands alone")
        to_stdout = output in (None, "-")
        if to_stdout and sys.stdout.isatty():
            raise UsageError("stdout is a terminal: give -o FILE, or send the picture on with > or |")
        if self.as_json and to_stdout:
            raise UsageError("--json and the picture cannot both go to stdout: give -o FILE")
        made = self._maker(self._background())("stdin", sys.stdin.buffer.read())
        if to_stdout:
            sys.stdout.buffer.write(made.data)
            sys.stdout.buffer.flush()
        else:
            assert output is not None
            publish(made.data, Path(output), overwrite=self.overwrite)
        Reporter(self.as_json, self.verbose).single("-", output or "-", made.facts)
        return 0

    def files(self, files: list[Path], output: str | None) -> int:
        from matteo.batch.plan import plan_files

        if output and len(files) > 1 and Path(output).suffix and not Path(output).is_dir():
            raise UsageError(f"{output} is one file and there are {len(files)} pictures: give a folder")
        folder = Path(output) if output else None
        if output and not _is_file(output):
            Path(output).mkdir(parents=True, exist_ok=True)
        tail = ".alpha" if self.options.alpha_only else ".cutout"
        plan = plan_files(files, output=folder, suffix="." + self._suffix(), tail=tail)
        return self._work(plan, None, None)

    def folder(self, paths: tuple[str, ...], output: str | None, shard: tuple[int, int] | None) -> int:
        from matteo.batch.plan import plan_folder

        if len(paths) > 1:
            raise UsageError("one folder at a time, and no single pictures beside it")
        if not output:
            raise UsageError(f"{paths[0]} is a folder: say with -o which folder the results go to")
        if Path(output).is_file():
            raise UsageError(f"{output} is a file: the results of a folder go to a folder")
        plan = plan_folder(Path(paths[0]), Path(output), suffix="." + self._suffix(), shard=shard)
        return self._work(plan, Path(output), shard)

    def _suffix(self) -> str:
        return {"jpeg": "jpg"}.get(self.options.format, self.options.format)

    def _work(self, plan: Plan, folder: Path | None, shard: tuple[int, int] | None) -> int:
        from matteo.batch.engine import preview, run
        from matteo.batch.lock import hold
        from matteo.batch.manifest import Manifest
        from matteo.cli.report import Reporter
        from matteo.models.table import find

        reporter = Reporter(self.as_json, self.verbose)
        weights = find(self.model)[0]
        options, model = self._identity(), f"{weights.name}@{weights.checksum}"
        if self.dry_run:
            manifest = Manifest(folder, shard=shard, read_only=True) if folder else None
            records = preview(plan, manifest=manifest, overwrite=self.overwrite, options=options, model=model)
            return reporter.dry_run(records, plan)
        workers = self._workers(len(plan.jobs))
        make = self._maker(self._background(), workers)
        with ExitStack() as stack:
            manifest = None
            if folder:
                stack.enter_context(hold(folder, shard=shard))
                manifest = Manifest(folder, shard=shard)
            records = run(
                plan, lambda job, data: make(str(job.source), data), workers=workers, manifest=manifest,
                overwrite=self.overwrite, limits=self._limits(), options=options, model=model,
            )  # fmt: skip
            return reporter.all(stack.enter_context(closing(records)), plan)

    def _identity(self) -> dict[str, object]:
        """The options that the result's bytes depend on; of a background picture its bytes, not its name."""
        from dataclasses import asdict
        from hashlib import sha256

        identity = asdict(self.options)
        if self.options.background and Path(self.options.background).is_file():
            identity["background"] = "sha256:" + sha256(Path(self.options.background).read_bytes()).hexdigest()
        return identity

    def _workers(self, pictures: int) -> int:
        from matteo.models.session import default_threads

        return self.jobs or max(1, min(pictures, default_threads(), MOST_WORKERS))

    def _remover(self, workers: int) -> Remover:
        from matteo.cli.report import download_progress
        from matteo.models.session import default_threads
        from matteo.remover import Remover

        threads = self.threads or max(1, default_threads() // workers)
        with download_progress() as progress:
            return Remover(
                self.model, threads=threads, provider=self.provider, limits=self._limits(), progress=progress
            )

    def _limits(self) -> Limits:
        from matteo.picture.limits import Limits

        return Limits(pixels=int(self.max_megapixels * 1e6))

    def _background(self) -> str | Image | None:
        """A background picture is read once for all cut-outs; a colour is checked before any work is done."""
        from matteo.picture.colour import parse_colour
        from matteo.picture.read import read

        wanted = self.options.background
        if wanted is None or Path(wanted).is_file():
            return wanted and read(wanted)
        parse_colour(wanted)
        return wanted

    def _maker(self, background: str | Image | None, workers: int = 1) -> Callable[[str, bytes], Made]:
        from matteo.batch.engine import Made

        remover = self._remover(workers)

        def make(name: str, data: bytes) -> Made:
            cutout = remover.remove(Named(name, data), keep_hidden=self.options.keep_hidden)
            height, width = cutout.alpha.shape
            facts = {
                "size": [width, height], "model": cutout.model, "confidence": round(cutout.confidence or 0.0, 4),
                "notes": list(cutout.notes), "provider": remover.session.provider, "threads": remover.session.threads,
                "stages": {stage: round(seconds, 4) for stage, seconds in cutout.seconds.items()},
            }  # fmt: skip
            return Made(_encode(cutout, background, self.options), facts)

        return make


class Named(io.BytesIO):
    """Bytes that errors can call by name."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__(data)
        self.name = name


def _encode(cutout: Cutout, background: str | Image | None, options: Options) -> bytes:
    from matteo.picture.metadata import strip, strip_location

    if options.strip:
        cutout = replace(cutout, metadata=strip(cutout.metadata))
    elif options.strip_location:
        cutout = replace(cutout, metadata=strip_location(cutout.metadata))
    if options.alpha_only:
        return cutout.encode_alpha(options.format)
    if background is not None:
        return cutout.over(background).encode(options.format, quality=options.quality)
    return cutout.encode(options.format, quality=options.quality)
