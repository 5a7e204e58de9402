"""The colours in sRGB, which is what shops and offices ask for and what servers take a picture for."""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import cache

import numpy as np

from matteo.effects.entry import effect_function
from matteo.picture import icc
from matteo.picture.colour import convert
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Image


@effect_function
def srgb() -> Effect:
    """Everything of the cut-out converted to sRGB, in its own depth, with that profile in the file. Colours that sRGB
    has not become the nearest it has. A picture without a profile is in sRGB already and is only marked so."""

    def converted(cutout: Cutout) -> Cutout:
        image = _converted(Image(cutout.rgb, metadata=cutout.metadata, notes=cutout.notes))
        return replace(
            cutout,
            rgb=image.rgb,
            metadata=image.metadata,
            notes=image.notes,
            under=tuple(_converted(layer) for layer in cutout.under),
            source=None if cutout.source is None else _converted(cutout.source),
        )

    return converted


@cache
def profile() -> bytes:
    """sRGB's profile, the same bytes every day: littlecms writes the hour into its header."""
    data = icc.srgb()
    return data[:24] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + data[36:]


def _converted(image: Image) -> Image:
    metadata = replace(image.metadata, icc=profile())
    if image.metadata.icc is None:
        return replace(image, metadata=metadata)
    if image.rgb.strides[:2] == (0, 0):  # one colour: it stays without a copy
        pixel = convert(replace(image, rgb=image.rgb[:1, :1].copy(), opacity=None), metadata.icc)
        return replace(image, rgb=np.broadcast_to(pixel.rgb[0, 0], image.rgb.shape), metadata=metadata)
    return convert(image, metadata.icc)
