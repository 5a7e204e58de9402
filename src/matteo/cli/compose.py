"""`matteo compose`: several pictures and cut-outs on one canvas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matteo.errors import UsageError

if TYPE_CHECKING:
    from matteo.effects.compose import OpenLayer
    from matteo.picture.limits import Limits


@click.command()
@click.argument("poster", metavar="POSTER.toml")
@click.option("-o", "--output", metavar="FILE", help="The suffix is the format.  [default: POSTER.png]")
@click.option("--quality", type=click.IntRange(1, 100), help="Of WebP (100: lossless), AVIF and JPEG.")
@click.option("--straight", is_flag=True, help="Straight colours in an EXR, not premultiplied ones.")
@click.option("--overwrite", is_flag=True, help="Replace an output that is there already.")
@click.option("--model", default="matteo", show_default=True, help="A name (see `matteo models`) or an ONNX file.")
@click.option("--provider", default="cpu", show_default=True, help="What runs the network: cpu, cuda, coreml, …")
@click.option("--threads", type=click.IntRange(1), help="Processor threads for the network.")
@click.option(
    "--max-megapixels",
    type=click.FloatRange(0, min_open=True),
    default=200,
    show_default=True,
    help="Larger pictures and canvases are refused.",
)
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def compose(
    poster: str, output: str | None, quality: int | None, straight: bool, overwrite: bool, model: str, provider: str,
    threads: int | None, max_megapixels: float, debug: bool,
) -> None:  # fmt: skip
    """Puts pictures and cut-outs on one canvas.

    \b
    [canvas]
    size = "1200x800"
    background = "gradient:#f7d9b0,#7fb2d9,180"
    [[layer]]
    picture = "me.jpg"       cut out, unless cut = false
    at = "0.3,1"             where its anchor stands, in shares of the canvas
    anchor = "bottom"
    height = "85%"           or width, or scale
    shadow = "drop"
    """
    from matteo.effects.compose import compose as composed
    from matteo.effects.look import Look
    from matteo.effects.poster import read_poster
    from matteo.picture.formats import LAYERED, from_suffix
    from matteo.picture.layers import stack as layered
    from matteo.picture.limits import Limits
    from matteo.picture.write import publish

    source = Path(poster)
    target = Path(output) if output else source.with_suffix(".png")
    format = from_suffix(target)
    limits = Limits(pixels=int(max_megapixels * 1e6))
    plan = read_poster(source, limits)
    if straight and format != "exr":
        raise UsageError("--straight is for EXR; every other format is straight: leave it out")
    behind = Look(background=plan.background).files().values()
    sources = [source, *(piece.picture for piece in plan.pieces), *behind]
    made = composed(plan, _opener(model, provider, threads, limits), limits)
    if format in LAYERED:
        data = layered.encode(made, format, premultiplied=not straight)
    else:
        data = made.flattened().encode(format, quality=quality)
    publish(data, target, overwrite=overwrite, sources=sources)
    click.echo(str(target) + "".join(f" ({note})" for note in made.notes), err=True)


def _opener(model: str, provider: str, threads: int | None, limits: Limits) -> OpenLayer:
    """Opens a layer's file; the network is loaded when the first one is to be cut out."""
    from functools import cache

    from matteo.cli.report import download_progress
    from matteo.effects.compose import whole
    from matteo.picture.cutout import Cutout
    from matteo.picture.read import read
    from matteo.remover import Remover

    @cache
    def remover() -> Remover:
        with download_progress() as progress:
            return Remover(model, threads=threads, provider=provider, limits=limits, progress=progress)

    def opened(path: Path, cut: bool) -> Cutout:
        return remover().remove(path, keep_source=False) if cut else whole(read(path, limits=limits))

    return opened
