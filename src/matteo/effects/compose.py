"""Several pictures and cut-outs on one canvas, as a stack of layers: flat for a PNG, as they are for a PSD."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from matteo.effects.background import parse_background
from matteo.effects.look import steps
from matteo.effects.placement import Placement, placed
from matteo.effects.poster import Piece, Poster
from matteo.effects.rotate import rotate
from matteo.effects.subject import Box
from matteo.errors import UsageError
from matteo.picture.colour import convert, narrow, widen
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image, Metadata, Rgb
from matteo.picture.layers.stack import Layer, Stack
from matteo.picture.limits import Limits

OpenLayer = Callable[[Path, bool], Cutout]


def compose(poster: Poster, open_layer: OpenLayer, limits: Limits | None = None) -> Stack:
    """The poster's layers, lowest first, each on the whole canvas.

    open_layer: gives the cut-out of a file, or with False the whole picture as one. The canvas is in the profile of
    the lowest layer, and in 16 bits where one of them is; the others are converted. Scale and rotation resample
    colours weighted by alpha.
    """
    drawn = [(piece, steps(piece.look, limits)) for piece in poster.pieces]
    for piece, todo in drawn:
        if todo.finish is not None:
            raise UsageError(
                f"{piece.name}: {piece.look.effect[-1]} makes a whole picture; a layer takes other effects"
            )
    opened = [open_layer(piece.picture, piece.cut) for piece in poster.pieces]
    depth, icc = max(cutout.depth for cutout in opened), opened[0].metadata.icc
    layers = _ground(poster, depth, icc, limits)
    for (piece, todo), cutout in zip(drawn, opened, strict=True):
        layers += _layers(piece, todo.effects, _fitting(cutout, depth, icc), poster.size_wh)
    return Stack(tuple(layers), Metadata(icc=icc))


def whole(image: Image) -> Cutout:
    """A picture as a cut-out of all of it."""
    alpha = np.ones(image.size_hw, np.float32) if image.opacity is None else image.opacity
    return Cutout(image.rgb, alpha, metadata=image.metadata, format=image.format, notes=image.notes)


def _ground(poster: Poster, depth: int, icc: bytes | None, limits: Limits | None) -> list[Layer]:
    """The background as a layer; one that shows nothing where there is none, so that a stack always has its size."""
    width, height = poster.size_wh
    empty = np.zeros((height, width, 3), np.uint16 if depth == 16 else np.uint8)
    canvas = Cutout(empty, np.zeros((height, width), np.float32), metadata=Metadata(icc=icc))
    if poster.background is None:
        return [Layer("canvas", empty, canvas.alpha)]
    found = parse_background(poster.background, limits=limits)(canvas)
    return [Layer("background", found.rgb, found.opacity)]


def _fitting(cutout: Cutout, depth: int, icc: bytes | None) -> Cutout:
    """In the canvas's profile and depth."""
    image = convert(Image(cutout.rgb, metadata=Metadata(icc=cutout.metadata.icc)), icc)
    rgb: Rgb = image.rgb if image.depth == depth else widen(narrow(image.rgb))
    return replace(cutout, rgb=rgb, metadata=Metadata(icc=icc), source=None)


def _layers(piece: Piece, effects: tuple[object, ...], cutout: Cutout, size_wh: tuple[int, int]) -> list[Layer]:
    turned = rotate(piece.rotate)(cutout)
    assert isinstance(turned, Cutout)
    on_canvas = placed(turned, lambda box: _placement(piece, box, size_wh))
    drawn = on_canvas.apply(*effects)  # type: ignore[arg-type]
    if not isinstance(drawn, Cutout) or drawn.size_hw != size_wh[::-1]:
        raise UsageError(f"{piece.name}: an effect changes the canvas; a layer takes only those that draw on it")
    part = np.float32(piece.opacity)
    beneath = [
        Layer(
            f"{piece.name} beneath {n}", under.rgb,
            (np.ones(under.size_hw, np.float32) if under.opacity is None else under.opacity) * part,
            visible=piece.visible,
        )
        for n, under in enumerate(drawn.under, start=1)
    ]  # fmt: skip
    return [*beneath, Layer(piece.name, drawn.rgb, drawn.alpha * part, masked=piece.cut, visible=piece.visible)]


def _placement(piece: Piece, box: Box, size_wh: tuple[int, int]) -> Placement:
    kind, value = piece.size
    width, height = size_wh
    scale = {"height": value * height / box.height, "width": value * width / box.width, "scale": value}[kind]
    left, top = (
        share * length - scale * (start + anchor * extent)
        for share, length, start, anchor, extent in zip(
            piece.at, size_wh, (box.left, box.top), piece.anchor, (box.width, box.height), strict=True
        )
    )
    return Placement(scale, left, top, (height, width))
