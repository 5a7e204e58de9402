"""What a layered file holds: pictures of one size, bottom first, and the picture that they make together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from matteo.errors import UnsupportedFormat, UsageError
from matteo.picture.composite import composite
from matteo.picture.image import Alpha, Image, Metadata, Rgb
from matteo.picture.layers.drawn import Drawn

if TYPE_CHECKING:
    from matteo.picture.cutout import Cutout


@dataclass(frozen=True)
class Layer:
    """One picture of a stack.

    rgb:     H x W x 3, uint8 or uint16, straight.
    opacity: H x W float32 in [0, 1]; None is opaque.
    masked:  `opacity` goes into an editable mask where the format has one, and `rgb` lies whole below it.
    visible: False for what is there to go back to.
    """

    name: str
    rgb: Rgb
    opacity: Alpha | None = None
    masked: bool = False
    visible: bool = True


@dataclass(frozen=True)
class Stack:
    """Layers of one size, depth and profile (`metadata.icc`), bottom first. notes: what is to be said of them."""

    layers: tuple[Layer, ...]
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        kinds = {(layer.rgb.shape, layer.rgb.dtype) for layer in self.layers}
        if len(kinds) != 1:
            raise UsageError(f"the layers of a file need one size and depth, and these have {len(kinds)}: resize them")

    @property
    def size_hw(self) -> tuple[int, int]:
        return self.layers[0].rgb.shape[0], self.layers[0].rgb.shape[1]

    @property
    def depth(self) -> int:
        """Bits per channel, 8 or 16."""
        return self.layers[0].rgb.dtype.itemsize * 8

    def flattened(self) -> Image:
        """The visible layers composited, on encoded values, as viewers and editors do it; see-through where there are
        none."""
        shown = [Image(layer.rgb, layer.opacity) for layer in self.layers if layer.visible]
        if not shown:
            return Image(np.zeros_like(self.layers[0].rgb), np.zeros(self.size_hw, np.float32), self.metadata)
        rgb, opacity = composite(shown)
        return Image(rgb, None if opacity is None or opacity.min() == 1 else opacity, self.metadata)


def stack_of(picture: Cutout | Image) -> Stack:
    """The layers of a cut-out: its original (hidden), what lies beneath the subject, the subject under its mask.

    Where the original is known the subject's pixels lie uncut below the mask: painted white, a part of the mask that
    was black shows the photograph again. In the soft edge, where the mask is grey, the subject's own colour is below
    it, so that painting there makes the subject larger and brings no rim of the old background. The photograph as it
    was is the hidden layer. A picture is a stack of one.
    """
    if isinstance(picture, Image):
        return Stack((Layer("picture", picture.rgb, picture.opacity),), picture.metadata)
    subject, original = picture.rgb, picture.source
    layers = []
    if original is not None:
        layers.append(Layer("original", original.rgb, original.opacity, visible=False))
        subject = np.where(picture.alpha[..., None] > 0, picture.rgb, original.rgb)
    names = names_of(picture.under)
    layers += [Layer(name, under.rgb, under.opacity) for name, under in zip(names, picture.under, strict=True)]
    layers.append(Layer("subject", subject, picture.alpha, masked=True))
    return Stack(tuple(layers), picture.metadata)


def names_of(under: Sequence[Image]) -> list[str]:
    """What layers beneath a subject are called: as what drew them says; the second of a name "outline 2"."""
    plain = [image.name if isinstance(image, Drawn) else "layer" for image in under]
    count: Counter[str] = Counter()
    names = []
    for name in plain:
        count[name] += 1
        names.append(f"{name} {count[name]}" if count[name] > 1 else name)
    return names


def encode(picture: Cutout | Image | Stack, format: str, *, premultiplied: bool = True) -> bytes:
    """The bytes of a layered file: "psd", "ora" or "exr".

    premultiplied: of EXR, whose convention it is; False writes straight colours and says so in the file.
    Raises MissingExtra where `matteo[layers]` is not installed, UnsupportedFormat for another format.
    """
    stack = picture if isinstance(picture, Stack) else stack_of(picture)
    if format == "psd":
        from matteo.picture.layers import psd

        return psd.encode(stack)
    if format == "ora":
        from matteo.picture.layers import ora

        return ora.encode(stack)
    if format == "exr":
        from matteo.picture.layers import exr

        return exr.encode(stack, premultiplied=premultiplied)
    raise UnsupportedFormat(f"{format} holds no layers; use psd, ora or exr")
