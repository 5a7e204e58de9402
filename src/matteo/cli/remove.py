"""`matteo remove`: one picture, several, a folder, or a pipe."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from matteo.errors import UsageError

if TYPE_CHECKING:
    from matteo.cli.run import Options

FORMATS = ("png", "webp", "avif", "tiff", "jpeg", "jpg")
WITH_QUALITY = ("webp", "avif", "jpeg")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-o", "--output", metavar="PATH", help="A file, whose suffix is the format; a folder/; or - for stdout.")
@click.option("--background", metavar="WHAT", help="A colour (white, #f4f4f4, rgb(0,90,200)), a picture, or none.")
@click.option("--alpha-only", is_flag=True, help="The matte as a grey picture, 16 bit where the source has 16.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Format where no suffix says it.  [default: png]")
@click.option("--quality", type=click.IntRange(1, 100), help="Of WebP (100: lossless), AVIF and JPEG.")
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
@click.option(
    "--max-megapixels",
    type=click.FloatRange(0, min_open=True),
    default=200,
    show_default=True,
    help="Larger pictures are refused.",
)
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
    from matteo.cli.destination import destination, format_of
    from matteo.cli.report import Reporter
    from matteo.cli.run import Options, Run

    if debug:
        logging.basicConfig(format="%(name)s: %(message)s")
        logging.getLogger("matteo").setLevel(logging.DEBUG)
    where = destination(output, paths)
    if background is not None and not background.strip():
        raise UsageError("--background is empty: give a colour, a picture, or none")
    background = None if background == "none" else background
    options = Options(
        background, alpha_only, quality, strip, strip_location, keep_hidden, format=format_of(where, format_)
    )
    _check(options, as_json and where.kind == "stdout")
    run = Run(options, model, provider, threads, jobs, overwrite, dry_run, max_megapixels, Reporter(as_json, verbose))
    return run.all(paths, where, parse_shard(shard) if shard else None)


def _check(options: Options, json_to_stdout: bool) -> None:
    if options.alpha_only and options.background:
        raise UsageError("--alpha-only has no background: leave one of the two out")
    if options.format == "jpeg" and not (options.background or options.alpha_only):
        raise UsageError("JPEG holds no transparency: give --background, or another format such as png or webp")
    if options.quality is not None and (options.format not in WITH_QUALITY or options.alpha_only):
        raise UsageError(
            f"--quality is for {', '.join(WITH_QUALITY)}, not for {options.format} or a matte: leave it out"
        )
    if json_to_stdout:
        raise UsageError("--json and the picture cannot both go to stdout: give -o FILE")
