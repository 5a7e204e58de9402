"""Pictures that show what was done: before and after in one, side by side, moving, and a folder on one sheet."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matteo.errors import UnsupportedFormat, UsageError
from matteo.picture.colour import convert, narrow
from matteo.picture.composite import composite
from matteo.picture.cutout import Cutout
from matteo.picture.geometry import resize
from matteo.picture.image import Image, Metadata

SQUARE = 12  # pixels of the checkerboard that stands for nothing
LIGHT, DARK = 255, 205
LINE = 3  # pixels of the line between before and after
GAP = 12  # pixels between the pictures of a sheet
PAPER = 245
MOVING = ("webp", "avif")
LARGEST = 2048  # pixels a side of what moves
STEPS = 8  # pictures of a cross-fade


def shown(picture: Image | Cutout) -> Image:
    """As people look at it: sRGB, 8 bits, what is see-through on a checkerboard."""
    flat = picture.flattened() if isinstance(picture, Cutout) else picture
    image = convert(Image(narrow(flat.rgb), flat.opacity, Metadata(icc=flat.metadata.icc)), None)
    if image.opacity is None:
        return image
    rows, columns = (np.arange(length) // SQUARE % 2 for length in image.size_hw)
    board = np.where(rows[:, None] != columns, np.uint8(DARK), np.uint8(LIGHT))
    return Image(composite([Image(np.broadcast_to(board[..., None], image.rgb.shape)), image])[0])


def thumbnail(picture: Image | Cutout, tile: int = 320) -> Image:
    """As `shown`, within a square of `tile` pixels: what a sheet has of it, where all at full size are too many."""
    return Image(_at_most(shown(picture).rgb, tile, tile))


def split(
    before: Image | Cutout, after: Image | Cutout, *, at: float = 0.5, labels: tuple[str, str] | None = None
) -> Image:
    """One picture, left of a line the one before, right of it the one after.

    at: where the line is, a share of the width. UsageError where the two are not of one size.
    """
    first, second = _alike(before, after)
    if not 0 <= at <= 1:
        raise UsageError(f"the line is at {at:g} of the width; give 0 to 1")
    width = first.shape[1]
    column = round(at * width)
    out = np.concatenate([first[:, :column], second[:, column:]], axis=1)
    out[:, max(0, column - LINE // 2) : min(width, column + LINE // 2 + 1)] = 255
    if labels:
        _label(out, labels[0], (8, 8))
        _label(out, labels[1], (min(column + 10, width - 1), 8))
    return Image(out)


def side_by_side(*pictures: Image | Cutout, labels: Sequence[str] = ()) -> Image:
    """The pictures in one row, all as high as the lowest of them."""
    images = [shown(picture) for picture in pictures]
    height = min(image.size_hw[0] for image in images)
    scaled = [_at_most(image.rgb, height, 1 << 20) for image in images]
    return _on_paper([scaled], [list(labels)] if labels else [])


def sheet(
    pictures: Sequence[Image | Cutout], *, labels: Sequence[str] = (), columns: int = 4, tile: int = 320
) -> Image:
    """A contact sheet: rows of `columns` pictures, each within a square of `tile` pixels, a label under each."""
    if not pictures:
        raise UsageError("a sheet needs at least one picture")
    if not (1 <= columns <= 100 and 16 <= tile <= 4096):
        raise UsageError(f"a sheet of {columns} columns of {tile} pixels; give 1 to 100 of 16 to 4096")
    small = [np.asarray(thumbnail(picture, tile).rgb, np.uint8) for picture in pictures]
    rows = [small[at : at + columns] for at in range(0, len(small), columns)]
    texts = [list(labels[at : at + columns]) for at in range(0, len(small), columns)] if labels else []
    return _on_paper(rows, texts, tile)


def moving(
    before: Image | Cutout, after: Image | Cutout, format: str = "webp", *, seconds: float = 1.2, quality: int = 80
) -> bytes:
    """The bytes of an animated WebP or AVIF: before, a fade, after, and back, for ever.

    Pictures of more than 2048 pixels (LARGEST) a side are shrunk to that: it has sixteen frames. seconds: how long
    each of the two stands. UsageError where they are not of one size.
    """
    if format not in MOVING:
        raise UnsupportedFormat(f"{format} does not move; use webp or avif")
    import PIL.Image

    first, second = (_at_most(array, LARGEST, LARGEST).astype(np.float32) for array in _alike(before, after))
    shares = [step / STEPS for step in range(STEPS)]
    there = [np.rint(first + (second - first) * share).astype(np.uint8) for share in shares]
    back = [np.rint(second + (first - second) * share).astype(np.uint8) for share in shares]
    frames = [PIL.Image.fromarray(frame) for frame in (*there, *back)]
    stand, fade = round(seconds * 1000), 40
    durations = [stand, *[fade] * (STEPS - 1)] * 2
    stream = io.BytesIO()
    frames[0].save(
        stream, format.upper(), save_all=True, append_images=frames[1:], duration=durations, loop=0, quality=quality
    )
    return stream.getvalue()


def _alike(before: Image | Cutout, after: Image | Cutout) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    first, second = (np.asarray(shown(picture).rgb, np.uint8) for picture in (before, after))
    if first.shape != second.shape:
        sizes = " and ".join(f"{array.shape[1]} x {array.shape[0]}" for array in (first, second))
        raise UsageError(f"before and after are of two sizes ({sizes}); put them side by side")
    return first, second


def _at_most(rgb: NDArray[np.uint8] | NDArray[np.uint16], height: int, width: int) -> NDArray[np.uint8]:
    """Shrunk into a box; never enlarged."""
    factor = min(1.0, height / rgb.shape[0], width / rgb.shape[1])
    size_hw = max(1, round(rgb.shape[0] * factor)), max(1, round(rgb.shape[1] * factor))
    return np.asarray(resize(np.ascontiguousarray(rgb, np.uint8), size_hw), np.uint8)


def _on_paper(rows: list[list[NDArray[np.uint8]]], labels: list[list[str]], tile: int = 0) -> Image:
    """Rows of pictures in the middle of their cells; cells as wide as the widest of their column."""
    caption = 18 if labels else 0
    columns = max(len(row) for row in rows)
    widths = [max(tile, *(row[n].shape[1] for row in rows if n < len(row))) for n in range(columns)]
    heights = [max(picture.shape[0] for picture in row) for row in rows]
    height = sum(heights) + (GAP + caption) * len(rows) + GAP
    paper = np.full((height, sum(widths) + GAP * (columns + 1), 3), PAPER, np.uint8)
    top = GAP
    for r, row in enumerate(rows):
        left = GAP
        for n, picture in enumerate(row):
            down, across = top + (heights[r] - picture.shape[0]) // 2, left + (widths[n] - picture.shape[1]) // 2
            paper[down : down + picture.shape[0], across : across + picture.shape[1]] = picture
            if labels and n < len(labels[r]):
                _write(paper, labels[r][n], (left, top + heights[r] + 3), widths[n])
            left += widths[n] + GAP
        top += heights[r] + GAP + caption
    return Image(paper)


def _write(paper: NDArray[np.uint8], text: str, at_xy: tuple[int, int], width: int) -> None:
    """Dark text on the paper, in place, cut to its cell."""
    left, top = at_xy
    cell = paper[top : top + 16, left : left + width]
    cell[:] = _with_text(cell, text, (0, 0), (40, 40, 40))


def _label(rgb: NDArray[np.uint8], text: str, at_xy: tuple[int, int]) -> None:
    """White text on a dark field, in place."""
    left, top = at_xy
    field = rgb[top : top + 18, left : left + 10 + 8 * len(text)]
    field[:] = field // 3
    field[:] = _with_text(field, text, (5, 2), (255, 255, 255))


def _with_text(
    rgb: NDArray[np.uint8], text: str, at_xy: tuple[int, int], ink: tuple[int, int, int]
) -> NDArray[np.uint8]:
    import PIL.Image
    import PIL.ImageDraw
    import PIL.ImageFont

    image = PIL.Image.fromarray(np.ascontiguousarray(rgb))
    PIL.ImageDraw.Draw(image).text(at_xy, text, fill=ink, font=PIL.ImageFont.load_default(13))
    return np.asarray(image)
