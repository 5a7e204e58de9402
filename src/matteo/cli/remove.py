"""`matteo remove`: one picture, several, a folder, or a pipe."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from matteo.cli.effects import look_of, look_options
from matteo.errors import UsageError

if TYPE_CHECKING:
    from matteo.cli.run import Options

EDGES = ("fine", "fast", "none", "guided", "closed-form", "knn")  # as matting.edges has them, which loads OpenCV
FORMATS = ("png", "webp", "avif", "tiff", "jpeg", "jpg", "psd", "ora", "exr")
WITH_QUALITY = ("webp", "avif", "jpeg")
LAYERED = ("psd", "ora", "exr")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-o", "--output", metavar="PATH", help="A file, whose suffix is the format; a folder/; or - for stdout.")
@look_options
@click.option(
    "--edges", type=click.Choice(EDGES), help="See docs/edges.md.  [default: fine; of what is see-through fast]"
)
@click.option("--mask", metavar="PATH", help="A mask of yours, refined in place of the network's; a folder for many.")
@click.option("--trimap", metavar="PATH", help="0 is background, 255 is foreground, the edges find what is between.")
@click.option("--key", metavar="COLOUR", help="It was taken before a screen: auto, green, blue, #00b140.")
@click.option(
    "--keep", multiple=True, metavar="X,Y", help="A point on the subject, in pixels or per cent; X,Y,X,Y a stroke."
)
@click.option("--drop", multiple=True, metavar="X,Y", help="The same on what does not belong to it.")
@click.option("--box", metavar="X0,Y0,X1,Y1", help="Nothing outside of this box belongs to the subject.")
@click.option("--keep-mask", metavar="PATH", help="A picture, painted where the subject is; a folder for many.")
@click.option("--drop-mask", metavar="PATH", help="A picture, painted where it is not; a folder for many.")
@click.option("--hints", metavar="PATH", help="All of these in a .toml file; a folder of such for many.")
@click.option("--transparency", is_flag=True, help="The subject is see-through: glass, veil, smoke.")
@click.option("--grow", metavar="BY", default="0", help="Move the edge outwards, by pixels or by per cent: 1.5, 0.1%.")
@click.option("--shrink", metavar="BY", default="0", help="Move the edge inwards.")
@click.option("--feather", metavar="BY", default="0", help="Make the edge softer.")
@click.option("--untint", is_flag=True, help="Neutralise the tint that a strongly coloured backdrop left in the edge.")
@click.option("--alpha-only", is_flag=True, help="The matte as a grey picture, 16 bit where the source has 16.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Format where no suffix says it.  [default: png]")
@click.option("--quality", type=click.IntRange(1, 100), help="Of WebP (100: lossless), AVIF and JPEG.")
@click.option("--straight", is_flag=True, help="Straight colours in an EXR, not premultiplied ones.")
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
    paths: tuple[str, ...], output: str | None, edges: str | None, mask: str | None, trimap: str | None,
    key: str | None, keep: tuple[str, ...], drop: tuple[str, ...], box: str | None, keep_mask: str | None,
    drop_mask: str | None, hints: str | None, transparency: bool, grow: str, shrink: str, feather: str, untint: bool,
    alpha_only: bool, format_: str | None, quality: int | None, straight: bool, overwrite: bool, strip: bool,
    strip_location: bool, keep_hidden: bool, model: str, provider: str, threads: int | None, jobs: int | None,
    shard: str | None, dry_run: bool, max_megapixels: float, as_json: bool, verbose: bool, debug: bool,
    preset: str | None, effect: tuple[str, ...], **texts: str | None,
) -> int:  # fmt: skip
    """Takes the background out of pictures.

    PATH is a picture, several, one folder (with -o for the folder to write to), or - for stdin.
    """
    from matteo.batch.plan import parse_shard
    from matteo.cli.destination import destination, format_of
    from matteo.cli.given import Beside, said
    from matteo.cli.report import Reporter
    from matteo.cli.run import Options, Run
    from matteo.keying.screen import parse_screen
    from matteo.matting.treatment import Chosen, usual_edges

    if debug:
        logging.basicConfig(format="%(name)s: %(message)s")
        logging.getLogger("matteo").setLevel(logging.DEBUG)
    where = destination(output, paths)
    look = look_of(preset, effect, **texts)
    options = Options(
        look, alpha_only, quality, strip, strip_location, keep_hidden, edges or usual_edges(transparency), transparency,
        grow, shrink, feather, untint, straight, key,
        format_of(where, format_ if format_ or where.kind == "file" or alpha_only else look.format),
    )  # fmt: skip
    Chosen(**options.treatment)  # what is wrong with it is wrong for every picture
    _check(options, as_json and where.kind == "stdout")
    given = {"mask": mask, "trimap": trimap, "keep-mask": keep_mask, "drop-mask": drop_mask, "hints": hints}
    beside = Beside.of(paths, given, said(keep, drop, box))
    if key is not None:
        parse_screen(key)
        if trimap:
            raise UsageError("--trimap says what is kept and dropped already: give it, or --key")
        if edges is not None:
            raise UsageError("--key finds its edges by itself: leave --edges out")
        if drop:
            raise UsageError("before a screen --drop says nothing: give --box or --drop-mask, or leave --key out")
    if trimap and beside.follows_hints():
        raise UsageError("--trimap says what is kept and dropped already: give it, or hints")
    run = Run(
        options, beside, model, provider, threads, jobs, overwrite, dry_run, max_megapixels, Reporter(as_json, verbose)
    )
    return run.all(paths, where, parse_shard(shard) if shard else None)


def _check(options: Options, json_to_stdout: bool) -> None:
    look = options.look
    if options.alpha_only and replace(look, format=None, light=None) != type(look)():
        raise UsageError("--alpha-only has no background and no effects: leave one of the two out")
    if options.alpha_only and options.format in LAYERED:
        raise UsageError(f"--alpha-only is one picture, and {options.format} holds layers: choose png or tiff")
    if options.format == "jpeg" and not (look.background or look.effect or options.alpha_only):
        raise UsageError("JPEG holds no transparency: give --background, or another format such as png or webp")
    if options.straight and options.format != "exr":
        raise UsageError("--straight is for EXR; every other format is straight: leave it out")
    if options.quality is not None and (options.format not in WITH_QUALITY or options.alpha_only):
        raise UsageError(
            f"--quality is for {', '.join(WITH_QUALITY)}, not for {options.format} or a matte: leave it out"
        )
    if json_to_stdout:
        raise UsageError("--json and the picture cannot both go to stdout: give -o FILE")
