"""OpenRaster 0.0.5 (freedesktop.org): a zip of PNG layers and an XML list of them, top first.

The format has no masks: the subject is a layer with transparency. What Krita, GIMP and MyPaint open.
"""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import numpy as np

from matteo.picture import png_encode
from matteo.picture.colour import convert, narrow
from matteo.picture.geometry import resize
from matteo.picture.image import Image, Metadata
from matteo.picture.layers.stack import Stack
from matteo.picture.write import joined

THUMBNAIL = 256  # the longest side that the specification allows
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same layers make the same bytes


def encode(stack: Stack) -> bytes:
    """The bytes of an .ora: 8 or 16 bits, the ICC profile in every PNG, resolution in the list."""
    flat = stack.flattened()
    files = {f"data/layer{n}.png": _png(Image(layer.rgb, layer.opacity), stack) for n, layer in enumerate(stack.layers)}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        _put(file, "mimetype", b"image/openraster")  # first and not compressed, so that it is at a known place
        _put(file, "stack.xml", _listed(stack), zipfile.ZIP_DEFLATED)
        for name, data in files.items():
            _put(file, name, data)
        _put(file, "mergedimage.png", _png(flat, stack))
        _put(file, "Thumbnails/thumbnail.png", _thumbnail(flat))
    return stream.getvalue()


def _put(file: zipfile.ZipFile, name: str, data: bytes, compression: int = zipfile.ZIP_STORED) -> None:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.compress_type = compression
    file.writestr(entry, data)


def _listed(stack: Stack) -> bytes:
    height, width = stack.size_hw
    facts = {"version": "0.0.5", "w": str(width), "h": str(height)}
    if stack.metadata.dpi:
        facts |= {"xres": str(round(stack.metadata.dpi[0])), "yres": str(round(stack.metadata.dpi[1]))}
    root = ElementTree.Element("image", facts)
    group = ElementTree.SubElement(root, "stack")
    for n, layer in reversed(list(enumerate(stack.layers))):
        ElementTree.SubElement(group, "layer", {
            "name": layer.name, "src": f"data/layer{n}.png", "x": "0", "y": "0", "opacity": "1.0",
            "visibility": "visible" if layer.visible else "hidden", "composite-op": "svg:src-over",
        })  # fmt: skip
    listed: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return listed


def _png(image: Image, stack: Stack) -> bytes:
    return png_encode.encode(joined(image.rgb, image.opacity, stack.depth), Metadata(icc=stack.metadata.icc))


def _thumbnail(flat: Image) -> bytes:
    """At most 256 a side, sRGB, 8 bits."""
    factor = min(1.0, THUMBNAIL / max(flat.size_hw))
    size_hw = max(1, round(flat.size_hw[0] * factor)), max(1, round(flat.size_hw[1] * factor))
    alpha = np.ones(flat.size_hw, np.float32) if flat.opacity is None else flat.opacity
    # Premultiplied while it shrinks, or colours under full transparency would shine in.
    small_alpha = resize(alpha, size_hw)
    premultiplied = resize(narrow(flat.rgb) * alpha[..., None], size_hw)
    colours = premultiplied / np.maximum(small_alpha, 1e-6)[..., None]
    small = Image(np.rint(np.clip(colours, 0, 255)).astype(np.uint8), small_alpha, Metadata(icc=flat.metadata.icc))
    return png_encode.encode(joined(convert(small, None).rgb, small_alpha, 8), Metadata())
