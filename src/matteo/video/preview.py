"""A contact sheet of a film's results: a frame every two seconds, to be looked at before the long run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageDraw

from matteo.picture.geometry import resize, resize_straight
from matteo.picture.image import Image
from matteo.picture.write import publish
from matteo.video.pipeline import Job, cut_frames

EVERY = Fraction(2)  # seconds
MOST = 60  # tiles; of a longer film they lie farther apart
SUFFIXES = (".png", ".jpg", ".jpeg")
TILE = 320  # pixels, the long side
GAP, LINE = 6, 14
LIGHT, DARK, SQUARE = 235, 200, 8  # the chequers under what is transparent


def preview(job: Job, target: Path, *, overwrite: bool = False) -> int:
    """Write the sheet, a PNG or JPEG by its suffix, and say how many frames are on it."""
    tiles = [(time, tile) for time, tile in _tiles(job)]
    height, width = tiles[0][1].shape[:2]
    columns = max(1, min(len(tiles), round(math.sqrt(len(tiles) * 1.4 * height / width)) or 1))
    rows = -(-len(tiles) // columns)
    size = columns * (width + GAP) + GAP, rows * (height + LINE + GAP) + GAP
    sheet = PIL.Image.new("RGB", size, "white")
    draw = PIL.ImageDraw.Draw(sheet)
    for number, (time, tile) in enumerate(tiles):
        left, top = GAP + number % columns * (width + GAP), GAP + number // columns * (height + LINE + GAP)
        sheet.paste(PIL.Image.fromarray(tile), (left, top))
        draw.text((left, top + height), _clock(time), fill="black")
    kind = "png" if target.suffix.lower() == ".png" else "jpeg"
    publish(Image(np.asarray(sheet)).encode(kind), target, overwrite=overwrite, sources=[job.film.path])
    return len(tiles)


def _tiles(job: Job) -> Iterator[tuple[Fraction, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]]:
    film, (start, end) = job.film, job.part
    begin = max(start or Fraction(0), film.begins)
    length = (end or film.duration or MOST * EVERY + begin) - begin  # of a stream nobody says it
    every = max(EVERY, length / MOST)
    for number in range(max(1, math.ceil(length / every))):
        time = begin + number * every
        cuts = cut_frames(film, job.step, part=(time, end), colours=job.colours, hide=job.drawing.transparent)
        cut = next(cuts, None)
        cuts.close()
        if cut is None:
            return
        drawn, _ = job.drawing(cut.cutout, cut.frame, None)
        yield cut.frame.time, _tile(drawn)


def _tile(image: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    scale = min(1.0, TILE / max(image.size_hw))
    size_hw = max(1, round(image.size_hw[0] * scale)), max(1, round(image.size_hw[1] * scale))
    if image.depth == 16:
        image = replace(image, rgb=np.asarray(image.rgb >> 8, np.uint8))
    if image.opacity is None:
        return np.asarray(resize(image.rgb, size_hw), np.uint8)
    rgb, opacity = resize_straight(image.rgb, image.opacity, size_hw)
    y, x = np.ogrid[: size_hw[0], : size_hw[1]]
    ground = np.where((y // SQUARE + x // SQUARE) % 2, LIGHT, DARK)[..., None]
    return np.asarray(np.rint(ground + (rgb - ground.astype(np.float32)) * opacity[..., None]), np.uint8)


def _clock(time: Fraction) -> str:
    minutes, seconds = divmod(float(time), 60)
    return f"{int(minutes)}:{seconds:04.1f}"
