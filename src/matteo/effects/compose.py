"""Several pictures and cut-outs on one canvas, as a stack of layers: flat for a PNG, as they are for a PSD."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from matteo.effects.background import parse_background
from matteo.effects.look import steps
from matteo.effects.placement import Placement, on_pixels, placed
from matteo.effects.poster import Piece, Poster, told
from matteo.effects.rotate import rotate
from matteo.effects.subject import Box, subject_box
from matteo.errors import PictureError, UsageError
from matteo.picture.colour import convert, narrow, widen
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Image, Metadata, Rgb
from matteo.picture.layers.stack import Layer, Stack, names_of
from matteo.picture.limits import Limits

OpenLayer = Callable[[Path, bool], Cutout]


def compose(poster: Poster, open_layer: OpenLayer, limits: Limits | None = None) -> Stack:
    """The poster's layers, lowest first, each on the whole canvas.

    open_layer: gives the cut-out of a file, or with False the whole picture as one. The canvas is in the profile of
    the lowest layer, and in 16 bits where one of them is; the others are converted. Scale and rotation resample
    colours weighted by alpha.
    """
    drawn = [_steps(piece, limits) for piece in poster.pieces]
    with told(poster.where):
        ground = None if poster.background is None else parse_background(poster.background, limits=limits)
    opened = [_opened(piece, open_layer) for piece in poster.pieces]
    depth, icc = max(cutout.depth for cutout in opened), opened[0].metadata.icc
    layers, notes = [_ground(ground, poster.size_wh, depth, icc)], []
    for piece, effects, cutout in zip(poster.pieces, drawn, opened, strict=True):
        with told(piece.where):
            on_canvas = _drawn(piece, effects, _fitting(cutout, depth, icc), poster.size_wh, limits)
        layers += _layers(piece, on_canvas)
        notes += [f"{piece.name}: {note}" for note in on_canvas.notes]
    return Stack(tuple(layers), Metadata(icc=icc), tuple(notes))


def whole(image: Image) -> Cutout:
    """A picture as a cut-out of all of it."""
    alpha = np.ones(image.size_hw, np.float32) if image.opacity is None else image.opacity
    return Cutout(image.rgb, alpha, metadata=image.metadata, format=image.format, notes=image.notes)


def _steps(piece: Piece, limits: Limits | None) -> tuple[Effect, ...]:
    with told(piece.where):
        todo = steps(piece.look, limits)
        if todo.finish is not None:
            raise UsageError(f"{piece.look.effect[-1]} makes a whole picture; a layer takes other effects")
        if todo.needs_source:
            raise UsageError("the photograph's own shadow lies on its own floor, which is not here; use drop")
    return todo.effects


def _opened(piece: Piece, open_layer: OpenLayer) -> Cutout:
    with told(piece.where):
        cutout = open_layer(piece.picture, piece.cut)
        if subject_box(cutout.alpha) is None:
            remedy = "with cut = false it is taken whole" if piece.cut else "it is see-through all over"
            raise PictureError(f"nothing of {piece.picture} is to be seen: no subject was found; {remedy}")
    return cutout


def _ground(
    background: Callable[[Cutout], Image] | None, size_wh: tuple[int, int], depth: int, icc: bytes | None
) -> Layer:
    """The background as a layer; one that shows nothing where there is none, so that a stack always has its size."""
    width, height = size_wh
    empty = np.zeros((height, width, 3), np.uint16 if depth == 16 else np.uint8)
    canvas = Cutout(empty, np.zeros((height, width), np.float32), metadata=Metadata(icc=icc))
    if background is None:
        return Layer("canvas", empty, canvas.alpha)
    found = background(canvas)
    return Layer("background", found.rgb, found.opacity)


def _fitting(cutout: Cutout, depth: int, icc: bytes | None) -> Cutout:
    """In the canvas's profile and depth."""
    image = convert(Image(cutout.rgb, metadata=Metadata(icc=cutout.metadata.icc)), icc)
    rgb: Rgb = image.rgb if image.depth == depth else widen(narrow(image.rgb))
    return replace(cutout, rgb=rgb, metadata=Metadata(icc=icc), source=None)


def _drawn(
    piece: Piece, effects: tuple[Effect, ...], cutout: Cutout, size_wh: tuple[int, int], limits: Limits | None
) -> Cutout:
    turned = rotate(piece.rotate)(cutout)
    assert isinstance(turned, Cutout)
    drawn = placed(turned, lambda box: _placement(piece, box, size_wh), limits).apply(*effects)
    if not isinstance(drawn, Cutout) or drawn.size_hw != size_wh[::-1]:
        raise UsageError("an effect changes the canvas; a layer takes only those that draw on it")
    return drawn


def _layers(piece: Piece, drawn: Cutout) -> list[Layer]:
    """The subject's, and those that were drawn beneath it."""
    part = np.float32(piece.opacity)
    beneath = [
        Layer(
            f"{piece.name}, {name}", under.rgb,
            (np.ones(under.size_hw, np.float32) if under.opacity is None else under.opacity) * part,
            visible=piece.visible,
        )
        for name, under in zip(names_of(drawn.under), drawn.under, strict=True)
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
    return on_pixels(Placement(scale, left, top, (height, width)))
