"""PSD, Adobe's layered file, by psd-tools: the subject's alpha is a real layer mask over its uncut pixels.

8 or 16 bits, the ICC profile and resolution kept. The merged picture in the file is our own composite; where it is
see-through its colours lie on white, as Photoshop writes them.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from matteo.errors import MissingExtra, UnsupportedFormat
from matteo.picture.image import Image
from matteo.picture.layers.stack import Layer, Stack
from matteo.picture.write import quantised

if TYPE_CHECKING:
    from psd_tools.psd.image_resources import ImageResources
    from psd_tools.psd.layer_and_mask import ChannelData, LayerAndMaskInformation, LayerRecord

LONGEST_SIDE = 30000  # of version 1; larger ones would be PSB
_MASK, _OPACITY = -2, -1  # the format's numbers of these channels; colours are 0, 1, 2


def encode(stack: Stack) -> bytes:
    """The bytes of a .psd. MissingExtra without psd-tools, UnsupportedFormat beyond 30,000 pixels a side."""
    try:
        from psd_tools.constants import ColorMode
        from psd_tools.psd import PSD
        from psd_tools.psd.header import FileHeader
    except ImportError:
        raise MissingExtra('writing PSD needs one more package; pip install "matteo[layers]"') from None
    height, width = stack.size_hw
    if max(height, width) > LONGEST_SIDE:
        raise UnsupportedFormat(f"{width} x {height} is too large for PSD ({LONGEST_SIDE} at most a side); choose ora")
    flat = stack.flattened()
    header = FileHeader(
        channels=3 if flat.opacity is None else 4,
        height=height, width=width, depth=stack.depth, color_mode=ColorMode.RGB,
    )  # fmt: skip
    document = PSD(
        header=header,
        image_resources=_resources(stack),
        layer_and_mask_information=_layers(stack, see_through=flat.opacity is not None),
    )
    document.image_data.set_data([_bytes(plane) for plane in _merged(flat)], header)
    stream = io.BytesIO()
    document.write(stream)
    return stream.getvalue()


def _merged(flat: Image) -> list[NDArray[Any]]:
    if flat.opacity is None:
        return [flat.rgb[..., c] for c in range(3)]
    top = np.float32(np.iinfo(flat.rgb.dtype).max)
    on_white = [np.rint(top + (flat.rgb[..., c] - top) * flat.opacity).astype(flat.rgb.dtype) for c in range(3)]
    return [*on_white, quantised(flat.opacity, flat.rgb.dtype)]


def _bytes(plane: NDArray[Any]) -> bytes:
    return plane.astype(plane.dtype.newbyteorder(">"), copy=False).tobytes()


def _layers(stack: Stack, *, see_through: bool) -> LayerAndMaskInformation:
    from psd_tools.constants import Tag
    from psd_tools.psd import layer_and_mask as parts
    from psd_tools.psd.tagged_blocks import TaggedBlock, TaggedBlocks

    info: Any = parts.LayerInfo() if stack.depth == 8 else parts.LayerInfoBlock()
    for layer in stack.layers:
        record, channels = _layer(layer, stack.depth)
        info.layer_records.append(record)
        info.channel_image_data.append(parts.ChannelDataList(channels))
    # A count below zero says that the merged picture's fourth channel is its transparency.
    info.layer_count = -len(stack.layers) if see_through else len(stack.layers)
    blocks = TaggedBlocks()
    if stack.depth == 16:  # Photoshop keeps deep layers in a block of their own, and looks for them there
        blocks[Tag.LAYER_16] = TaggedBlock(key=Tag.LAYER_16, data=info)
        info = parts.LayerInfo()
    return parts.LayerAndMaskInformation(
        layer_info=info, global_layer_mask_info=parts.GlobalLayerMaskInfo(), tagged_blocks=blocks
    )


def _layer(layer: Layer, depth: int) -> tuple[LayerRecord, list[Any]]:
    from psd_tools.constants import ChannelID, Tag
    from psd_tools.psd import layer_and_mask as parts

    height, width, _ = layer.rgb.shape
    dtype = layer.rgb.dtype
    alpha = np.full((height, width), np.iinfo(dtype).max, dtype)
    own = alpha if layer.opacity is None else quantised(layer.opacity, dtype)
    planes = {_OPACITY: alpha if layer.masked else own} | {c: layer.rgb[..., c] for c in range(3)}
    planes |= {_MASK: own} if layer.masked else {}
    channels = {ChannelID(number): _channel(plane, depth) for number, plane in planes.items()}
    record = parts.LayerRecord(
        bottom=height, right=width,
        channel_info=[parts.ChannelInfo(number, len(data.data) + 2) for number, data in channels.items()],
        flags=parts.LayerFlags(visible=layer.visible),
    )  # fmt: skip
    # The old name, in one byte a letter; programs show the other.
    record.name = layer.name.encode("macroman", "replace")[:255].decode("macroman")
    record.tagged_blocks.set_data(Tag.UNICODE_LAYER_NAME, layer.name)
    if layer.masked:
        record.mask_data = parts.MaskData(bottom=height, right=width, background_color=0, flags=parts.MaskFlags())
    return record, list(channels.values())


def _channel(plane: NDArray[Any], depth: int) -> ChannelData:
    from psd_tools.constants import Compression
    from psd_tools.psd.layer_and_mask import ChannelData

    # Run lengths are made for bytes; deep planes are deflated after taking differences, as Photoshop does.
    channel = ChannelData(Compression.RLE if depth == 8 else Compression.ZIP_WITH_PREDICTION)
    channel.set_data(_bytes(plane), plane.shape[1], plane.shape[0], depth)
    return channel


def _resources(stack: Stack) -> ImageResources:
    from psd_tools.constants import Resource
    from psd_tools.psd.image_resources import ImageResource, ImageResources

    resources = ImageResources.new()
    metadata = stack.metadata
    held = {
        Resource.ICC_PROFILE: metadata.icc,
        Resource.XMP_METADATA: metadata.xmp,
        Resource.EXIF_DATA_1: metadata.exif,
        Resource.RESOLUTION_INFO: _per_inch(metadata.dpi) if metadata.dpi else None,
    }
    for key, data in held.items():
        if data:
            resources[key] = ImageResource(key=key.value, data=data)
    return resources


def _per_inch(dpi: tuple[float, float]) -> bytes:
    """Fixed-point numbers of 16.16 bits, each with two units: shown per inch, and sizes in inches."""
    return b"".join(struct.pack(">IHH", round(dots * 65536), 1, 1) for dots in dpi)
