"""The one convention for pictures inside matteo, and the facts that travel beside the pixels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import PIL.Image

Rgb: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
Alpha: TypeAlias = NDArray[np.float32]

ABOVE_0 = float(np.nextafter(np.float32(0), np.float32(1)))  # the least alpha that is not 0
BELOW_1 = float(np.nextafter(np.float32(1), np.float32(0)))  # the greatest that is not 1


@dataclass(frozen=True)
class Metadata:
    """What a file says about its picture beside the pixels. `None`: the file says nothing.

    icc:  the ICC profile that `rgb` is encoded in; None is sRGB.
    exif: an EXIF block without the `Exif\\0\\0` prefix, orientation reset to 1, thumbnail removed.
    xmp:  an XMP packet.
    dpi:  horizontal and vertical resolution in dots per inch.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None


@dataclass(frozen=True)
class Image:
    """A decoded picture, upright.

    rgb:     H x W x 3, uint8 or uint16, straight (never premultiplied), in the space of `metadata.icc`.
    opacity: H x W float32 in [0, 1] where the source had transparency, else None.
    format:  the source's format as its first bytes tell, "jpeg", "png", …; None for arrays.
    notes:   what the reader did that a user may want to know ("first of 12 frames").
    """

    rgb: Rgb
    opacity: Alpha | None = None
    metadata: Metadata = field(default_factory=Metadata)
    format: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def size_hw(self) -> tuple[int, int]:
        return self.rgb.shape[0], self.rgb.shape[1]

    @property
    def depth(self) -> int:
        """Bits per channel, 8 or 16."""
        return self.rgb.dtype.itemsize * 8

    def __repr__(self) -> str:
        height, width = self.size_hw
        return f"<Image {width} x {height}, {self.depth} bits{', with opacity' if self.opacity is not None else ''}>"

    def encode(self, format: str, *, quality: int | None = None) -> bytes:
        """The bytes of a file: "png", "webp", "avif", "tiff", "psd", "ora", "exr", or, without opacity, "jpeg"."""
        from matteo.picture import formats
        from matteo.picture.write import encode

        format = formats.named(format)
        if format in formats.LAYERED:
            from matteo.picture.layers import stack

            return stack.encode(self, format)
        return encode(self.rgb, self.opacity, self.metadata, format, quality=quality)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        quality: int | None = None,
        sources: Sequence[Path] = (),
    ) -> None:
        """Write a file, its format by suffix. OutputExists where one is there and `overwrite` is not set."""
        from matteo.picture.formats import from_suffix
        from matteo.picture.write import publish

        publish(self.encode(from_suffix(path), quality=quality), Path(path), overwrite=overwrite, sources=sources)

    def to_pil(self) -> PIL.Image.Image:
        """An RGB or RGBA image of 8 bits (Pillow has no deeper one), its profile in `info["icc_profile"]`."""
        import PIL.Image

        from matteo.picture.write import joined

        image = PIL.Image.fromarray(joined(self.rgb, self.opacity, 8))
        if self.metadata.icc:
            image.info["icc_profile"] = self.metadata.icc
        return image
