"""OpenEXR, what film compositing reads: linear light with the primaries of sRGB, half floats, or floats for 16 bits.

The format's convention is premultiplied colour. Straight colour is written where asked, and the file says which it is
in its `comments`. Colours of a wider profile are beyond 0 to 1, which floats hold: nothing is clipped.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matteo.errors import MissingExtra
from matteo.picture import icc
from matteo.picture.colour import convert
from matteo.picture.composite import strips
from matteo.picture.image import Image, Metadata
from matteo.picture.layers.stack import Layer, Stack

REC709 = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)  # x and y of red, green, blue, white
Linear: TypeAlias = NDArray[np.float32]


def encode(stack: Stack, *, premultiplied: bool = True) -> bytes:
    """The bytes of an .exr: the flattened picture as R, G, B, A and, where several layers are visible, each of those
    under its name (`subject.R`, …). MissingExtra without OpenEXR."""
    try:
        import OpenEXR
    except ImportError:
        raise MissingExtra('writing EXR needs one more package; pip install "matteo[layers]"') from None
    flat = stack.flattened()
    channels = _channels("", flat, premultiplied, stack.depth)
    visible = [layer for layer in stack.layers if layer.visible]
    if len(visible) > 1:
        for layer, name in zip(visible, _names(visible), strict=True):
            image = Image(layer.rgb, layer.opacity, stack.metadata)
            channels |= _channels(f"{name}.", image, premultiplied, stack.depth)
    header = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "chromaticities": REC709,
        "comments": f"{'premultiplied' if premultiplied else 'straight (not premultiplied)'} alpha, linear light",
    }
    stream = io.BytesIO()
    OpenEXR.File(header, channels).write(stream)
    return stream.getvalue()


def _names(layers: list[Layer]) -> list[str]:
    """A name for each that no other has; a dot would begin a channel's own name."""
    names: list[str] = []
    for layer in layers:
        name = re.sub(r"[\s.]+", "_", layer.name) or "layer"
        same = sum(other == name or other.startswith(f"{name}_again") for other in names)
        names.append(f"{name}_again{same}" if same else name)
    return names


def _channels(prefix: str, image: Image, premultiplied: bool, depth: int) -> dict[str, NDArray[np.floating]]:
    """Filled in strips: linear values of all of a large picture are floats beside those that are written."""
    dtype = np.float16 if depth == 8 else np.float32
    planes: list[NDArray[Any]] = [np.empty(image.size_hw, dtype) for _ in "RGB"]
    for part in strips(*image.size_hw):
        linear = linear_light(replace(image, rgb=image.rgb[part], opacity=None))
        if premultiplied and image.opacity is not None:
            linear *= image.opacity[part, :, None]
        for c, plane in enumerate(planes):
            plane[part] = linear[..., c]
    alpha: NDArray[Any] = np.ones(image.size_hw, dtype) if image.opacity is None else image.opacity.astype(dtype)
    return {prefix + name: plane for name, plane in zip("RGBA", [*planes, alpha], strict=True)}


def linear_light(image: Image) -> Linear:
    """H x W x 3 float32: linear values on sRGB's primaries, 1 is white; beyond 0 to 1 for colours sRGB has not."""
    srgb = icc.matrix_profile(icc.srgb())
    own = icc.matrix_profile(image.metadata.icc or icc.srgb())
    assert srgb is not None
    if own is None:  # a profile of tables has no formula: by littlecms, with 8 bits
        return linear_light(convert(Image(image.rgb, metadata=Metadata(icc=image.metadata.icc)), None))
    across = np.linalg.inv(srgb.matrix) @ own.matrix
    step = (icc.LEVELS - 1) // np.iinfo(image.rgb.dtype).max
    planes = [own.curves[c][image.rgb[..., c].astype(np.intp) * step] for c in range(3)]
    linear: Linear = np.empty(image.rgb.shape, np.float32)
    for c in range(3):
        linear[..., c] = sum(across[c, k] * planes[k] for k in range(3))
    return linear
