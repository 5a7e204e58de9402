"""`matteo compare`: before and after in one picture, or a folder of them on a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matteo.errors import PictureError, UsageError

if TYPE_CHECKING:
    from matteo.picture.image import Image

WAYS = ("split", "side", "sheet", "moving")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="BEFORE AFTER | FOLDER | PICTURE...")
@click.option("-o", "--output", required=True, metavar="FILE", help="The suffix is the format.")
@click.option(
    "--as", "way", type=click.Choice(WAYS), help="[default: split; moving for .webp and .avif of two; sheet for more]"
)
@click.option("--at", metavar="SHARE", default="50%", show_default=True, help="Where a split's line is.")
@click.option("--columns", type=click.IntRange(1, 100), default=4, show_default=True, help="Of a sheet.")
@click.option(
    "--tile", type=click.IntRange(16, 4096), default=320, show_default=True, help="A sheet's picture, in pixels."
)
@click.option("--no-labels", is_flag=True, help="No words in the picture.")
@click.option("--quality", type=click.IntRange(1, 100), help="Of WebP, AVIF and JPEG.")
@click.option("--overwrite", is_flag=True, help="Replace an output that is there already.")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def compare(
    paths: tuple[str, ...], output: str, way: str | None, at: str, columns: int, tile: int, no_labels: bool,
    quality: int | None, overwrite: bool, debug: bool,
) -> int:  # fmt: skip
    """Shows what was done.

    \b
    matteo compare me.jpg me.cutout.png -o split.jpg       left before, right after
    matteo compare me.jpg me.cutout.png -o moving.webp     fading from one to the other, of 2048 pixels a side at most
    matteo compare me.jpg me.cutout.png --as side -o a.jpg next to one another
    matteo compare cut/ -o sheet.jpg                       a folder on one sheet
    """
    from matteo.effects import compare as pictures
    from matteo.effects.parse import number
    from matteo.picture.formats import from_suffix
    from matteo.picture.write import publish

    target, format = Path(output), from_suffix(output)
    files = _files(paths)
    way = way or _usual(paths, format)
    if way in ("split", "moving") and len(files) != 2:
        raise UsageError(f"--as {way} takes two pictures, before and after, not {len(files)}")
    line = number("--at", at, share=True)
    if not 0 <= line <= 1:
        raise UsageError(f"--at is {at}; give 0% to 100%")
    is_sheet = way == "sheet"
    found = list(_opened(files, tile if is_sheet else None, skip=is_sheet and Path(paths[0]).is_dir()))
    if not found:
        raise UsageError(f"{paths[0]} holds no picture that can be read")
    damaged = len(files) - len(found)
    files, opened = [list(each) for each in zip(*found, strict=True)]
    if way in ("split", "moving"):
        _check_alike(files, opened)
    names = () if no_labels else tuple(path.name for path in files)
    if way == "moving":
        if format not in pictures.MOVING:
            raise UsageError(f"{format} does not move: give an output that ends in .webp or .avif")
        data = pictures.moving(opened[0], opened[1], format, quality=quality or 80)
    else:
        data = _still(way, opened, names, line, columns, tile).encode(format, quality=quality)
    publish(data, target, overwrite=overwrite, sources=files)
    click.echo(str(target), err=True)
    return 1 if damaged else 0


def _check_alike(files: list[Path], opened: list[Image]) -> None:
    (first, height), (second, other) = ((image.size_hw[1], image.size_hw[0]) for image in opened)
    if (first, height) != (second, other):
        raise UsageError(
            f"{files[0]} has {first} x {height} pixels and {files[1]} {second} x {other}: before and after need "
            "one size; --as side puts them next to one another"
        )


def _opened(files: list[Path], tile: int | None, *, skip: bool) -> Iterator[tuple[Path, Image]]:
    """A sheet's pictures are shrunk one by one: a folder of them at full size is more than the memory holds. skip:
    those that cannot be read are named and left out."""
    from matteo.effects.compare import thumbnail
    from matteo.picture.read import read

    for path in files:
        try:
            image = read(path)
        except PictureError as error:
            if not skip:
                raise
            click.echo(f"matteo: {error}; it is left out", err=True)
            continue
        yield path, image if tile is None else thumbnail(image, tile)


def _still(way: str, opened: list[Image], names: tuple[str, ...], at: float, columns: int, tile: int) -> Image:
    from matteo.effects import compare as pictures

    words = ("before", "after") if names else None
    if way == "split":
        return pictures.split(opened[0], opened[1], at=at, labels=words)
    if way == "side":
        return pictures.side_by_side(*opened, labels=words if words and len(opened) == 2 else names)
    return pictures.sheet(opened, labels=names, columns=columns, tile=tile)


def _usual(paths: tuple[str, ...], format: str) -> str:
    if len(paths) != 2:
        return "sheet"
    return "moving" if format in ("webp", "avif") else "split"


def _files(paths: tuple[str, ...]) -> list[Path]:
    """The pictures, or those of the one folder, in the order of their names."""
    from matteo.batch.walk import PICTURE_SUFFIXES

    if len(paths) == 1 and Path(paths[0]).is_dir():
        found = sorted(
            path for path in Path(paths[0]).iterdir() if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()
        )
        if not found:
            raise UsageError(f"{paths[0]} holds no pictures")
        return found
    return [Path(path) for path in paths]
