"""The result: a subject with its alpha. Knows the plain composite and how to be saved, and no effect by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matteo.errors import MatteoError, UsageError
from matteo.picture.composite import composite
from matteo.picture.image import Alpha, Image, Metadata, Rgb
from matteo.picture.light import check_light, light_of

if TYPE_CHECKING:
    import PIL.Image

    from matteo.picture.limits import Limits
    from matteo.picture.source import Source

Effect: TypeAlias = "Callable[[Cutout], Cutout | Image]"


@dataclass(frozen=True)
class Cutout:
    """A subject cut out of a picture.

    rgb:        H x W x 3, uint8 or uint16, straight: the foreground's own colour, in the space of `metadata.icc`.
    alpha:      H x W float32 in [0, 1].
    confidence: 0 to 1, how much of the subject's outline is expected to be right; None where the model tells none.
    kind:       what the subject is ("person", "animal", "car", "thing", "nothing"); None where the model tells none.
    reasons:    what may be wrong with alpha, in words (`matteo.matting.confidence`); empty where nothing speaks for it.
    under:      layers beneath the subject (shadows, glows), bottom first, in the cut-out's size, profile and depth.
    source:     the picture it was cut from, on the same canvas (opacity 0 where it does not reach), or None.
    format:     the source's format, None for arrays. notes: the reader's and the pipeline's.
    model:      the model's name. seconds: how long each stage took.
    """

    rgb: Rgb
    alpha: Alpha
    confidence: float | None = None
    metadata: Metadata = field(default_factory=Metadata)
    format: str | None = None
    notes: tuple[str, ...] = ()
    model: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    under: tuple[Image, ...] = ()
    source: Image | None = None
    kind: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def size_hw(self) -> tuple[int, int]:
        return self.rgb.shape[0], self.rgb.shape[1]

    @property
    def depth(self) -> int:
        """Bits per channel, 8 or 16."""
        return self.rgb.dtype.itemsize * 8

    def __repr__(self) -> str:
        height, width = self.size_hw
        trust = "" if self.confidence is None else f", confidence {self.confidence:.2f}"
        return f"<Cutout {width} x {height}, {self.depth} bits{trust}>"

    def over(self, background: Source | Image, *, light: str = "encoded") -> Image:
        """The plain composite over a colour or another picture, what lies under the subject between them.

        A text is a colour ("white", "#f80", "rgb(255, 136, 0)") or else a path; bytes, arrays, file objects, PIL
        images and `Image` are pictures. A picture is scaled to cover and centred, and converted into this one's
        profile and depth. Where alpha is 1 the pixel is `rgb`'s, bit for bit, and where it is 0 the background's.
        light: "encoded" mixes values as every viewer and editor will, "linear" mixes light as a lens does.
        """
        check_light(light)
        behind = _background(background, self)
        layers = [behind, *self.under, Image(self.rgb, self.alpha)]
        rgb, opacity = composite(layers, light_of(self.metadata.icc) if light == "linear" else None)
        return Image(rgb, opacity, self.metadata, self.format, (*self.notes, *behind.notes))

    def apply(self, *effects: Effect) -> Cutout | Image:
        """The effects in turn, each on the result of the one before; only the last may give an Image."""
        result: Cutout | Image = self
        for effect in effects:
            if not isinstance(result, Cutout):
                raise UsageError("an effect that makes a whole picture was not the last; put it at the end")
            if not callable(effect):
                raise UsageError(
                    f"{effect!r} is no effect; give what an effect's function makes, as outline(8), or the effects of "
                    "matteo.effects.preset.preset(name)"
                )
            result = effect(result)
        return result

    def flattened(self) -> Image:
        """The subject and what lies under it as one straight picture with opacity; nothing is copied where that is
        the subject alone."""
        rgb, opacity = self.rgb, self.alpha
        if self.under:
            rgb, found = composite([*self.under, Image(rgb, opacity)])
            opacity = np.ones_like(opacity) if found is None else found
        return Image(rgb, opacity, self.metadata, self.format, self.notes)

    def encode(self, format: str, *, quality: int | None = None) -> bytes:
        """The bytes of a file with transparency: "png", "webp", "avif" or "tiff" of `flattened`; "psd", "ora" or "exr"
        of the layers, the subject's pixels uncut below its mask where `source` is known."""
        from matteo.picture import formats

        format = formats.named(format)
        if format in formats.LAYERED:
            from matteo.picture.layers import stack

            return stack.encode(self, format)
        return self.flattened().encode(format, quality=quality)

    def encode_alpha(self, format: str) -> bytes:
        """The bytes of a grey picture of the subject's alpha, in the source's depth where the format has it."""
        from matteo.picture.formats import named
        from matteo.picture.write import encode_grey

        return encode_grey(self.alpha, self.metadata, named(format), depth=self.depth)

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
        """An RGBA image of 8 bits (Pillow has no deeper one), its profile in `info["icc_profile"]`."""
        return self.flattened().to_pil()


def read_background(given: Source | Image, limits: Limits | None = None) -> str | Image:
    """A text that names a colour as it is; a path or any other picture read. UsageError for a text that is neither."""
    from matteo.picture.limits import Limits
    from matteo.picture.read import read

    if isinstance(given, Image) or (isinstance(given, str) and _as_colour(given) is not None):
        return given
    return read(given, limits=limits or Limits())


def _background(given: Source | Image, cutout: Cutout) -> Image:
    """What lies behind, in the cut-out's size, profile and depth. A colour is 1 x 1 and spreads by itself."""
    from matteo.picture import colour
    from matteo.picture.geometry import cover, cover_straight

    picture = read_background(given)
    if isinstance(picture, str):
        values = colour.srgb_to_profile(colour.parse_colour(picture), cutout.metadata.icc, cutout.depth)
        pixel: NDArray[Any] = np.array(values, cutout.rgb.dtype)
        return Image(pixel.reshape(1, 1, 3))
    if picture.opacity is None:
        return in_space_of(replace(picture, rgb=cover(picture.rgb, cutout.size_hw)), cutout)
    rgb, opacity = cover_straight(picture.rgb, picture.opacity, cutout.size_hw)
    return in_space_of(replace(picture, rgb=rgb, opacity=opacity), cutout)


def in_space_of(picture: Image, cutout: Cutout) -> Image:
    """A picture in the cut-out's profile and depth, converted, never reinterpreted."""
    from matteo.picture import colour

    found = colour.convert(picture, cutout.metadata.icc)
    return found if found.depth == cutout.depth else replace(found, rgb=_in_depth(found.rgb, cutout.depth))


def _in_depth(rgb: Rgb, depth: int) -> Rgb:
    from matteo.picture import colour

    return colour.narrow(rgb) if depth == 8 else colour.widen(rgb.astype(np.uint8))


def _as_colour(text: str) -> tuple[int, int, int] | None:
    """A colour, or None for what looks like a path. UsageError for a text that is neither."""
    from matteo.picture.colour import parse_colour

    try:
        return parse_colour(text)
    except MatteoError:
        if Path(text).suffix or os.sep in text or Path(text).exists():
            return None
        raise
