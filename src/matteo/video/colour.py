"""From a film's own samples (YUV, 8 bits or more) to straight RGB and back, with the matrix and range it was made with.

The numbers are those of ITU-T H.273, which FFmpeg uses too: of the matrix 1 BT.709, 5 and 6 BT.601, 9 BT.2020; of the
range 1 limited, 2 full; 2 is "not said" of the first three, 0 of the range.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from matteo.picture.image import Alpha, Image, Rgb
from matteo.picture.write import joined
from matteo.video import planes

BT709, UNSAID, BT601, SMPTE170M = 1, 2, 5, 6
LIMITED, FULL = 1, 2
HDR = {16: "PQ", 18: "HLG"}  # transfers whose values no viewer of pictures understands
_FINE = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND


@dataclass(frozen=True)
class Colour:
    """How a film's numbers are to be read: the tags of H.273, as the source has them."""

    primaries: int = UNSAID
    transfer: int = UNSAID
    matrix: int = UNSAID
    range: int = 0

    def matrix_at(self, height: int, width: int) -> int:
        """The matrix said, or what every player takes where none is: BT.709 for HD and larger, BT.601 below."""
        if self.matrix in planes.WEIGHTS:
            return self.matrix
        return BT709 if height >= 720 or width >= 1280 else BT601

    def at(self, old_hw: tuple[int, int], new_hw: tuple[int, int]) -> Colour:
        """The tags for another size: where none are said, and a player would guess another matrix, they say it."""
        used = self.matrix_at(*old_hw)
        return self if self.matrix_at(*new_hw) == used else replace(self, matrix=used)

    @property
    def hdr(self) -> str | None:
        """The name of a transfer that is not that of ordinary pictures."""
        return HDR.get(self.transfer)


SRGB = Colour(BT709, 13, BT709, LIMITED)  # of films that are made from pictures


def colour_of(frame: VideoFrame) -> Colour:
    """What a decoded frame says of its colours."""
    if frame.format.is_rgb:
        return SRGB
    full = FULL if frame.format.name.startswith("yuvj") else int(frame.color_range)
    return Colour(int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace), full)


def depth_of(format: VideoFormat) -> int:
    """8, or 16 where a channel has more than 8 bits."""
    return 16 if max(component.bits for component in format.components) > 8 else 8


def to_image(frame: VideoFrame, colour: Colour) -> Image:
    """Straight RGB, uint8 or uint16 (the film's bits scaled to all of it), with the opacity that the film has."""
    deep = depth_of(frame.format) == 16
    alpha = any(component.is_alpha for component in frame.format.components) or frame.format.name == "pal8"
    matrix = colour.matrix_at(frame.height, frame.width)
    if frame.format.name in planes.FORMATS:
        return Image(planes.from_planes(frame, matrix, full=colour.range == FULL))
    if frame.format.name.startswith("gray") and colour.range == LIMITED:
        return Image(np.repeat(_grey(frame)[..., None], 3, axis=2))
    if not frame.format.is_rgb and frame.format.name != "pal8":
        frame.colorspace = matrix
        frame.color_range = colour.range or LIMITED
        frame = _full_chroma(frame, deep, alpha)
    name = {(False, False): "rgb24", (False, True): "rgba", (True, False): "rgb48le", (True, True): "rgba64le"}
    pixels: NDArray[Any] = frame.reformat(
        format=name[deep, alpha], interpolation=_FINE, dst_color_range=FULL, threads=1
    ).to_ndarray()
    if not alpha:
        return Image(np.ascontiguousarray(pixels))
    opacity = pixels[..., 3].astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    return Image(np.ascontiguousarray(pixels[..., :3]), opacity)


def _grey(frame: VideoFrame) -> NDArray[Any]:
    """H x W of a grey film of limited range, uint8 or uint16: FFmpeg's scaler takes all grey ones for full."""
    bits = frame.format.components[0].bits
    luma: NDArray[Any] = frame.reformat(format="gray16le" if bits > 8 else "gray", threads=1).to_ndarray()
    top = np.iinfo(luma.dtype).max
    values = np.arange(top + 1) * ((2**bits - 1) / top / 2 ** (bits - 8))  # as of 8 bits
    table = np.rint(np.clip((values - 16) / 219, 0, 1) * top).astype(luma.dtype)
    return np.asarray(table[luma])


def _full_chroma(frame: VideoFrame, deep: bool, alpha: bool) -> VideoFrame:
    """Chroma at full size first: FFmpeg's one-step conversion is either coarse or several times slower."""
    name = f"yuv{'a' if alpha else ''}444p{'16le' if deep else ''}"
    if deep and not frame.format.name.endswith("16le"):
        name = f"yuv{'a' if alpha else ''}444p{_bits(frame.format)}le"
    return frame.reformat(format=name, interpolation=Interpolation.BICUBIC, threads=1)


def _bits(format: VideoFormat) -> int:
    return max(10, *(component.bits for component in format.components))


def to_frame(rgb: Rgb, alpha: Alpha | None, format: str, colour: Colour) -> VideoFrame:
    """The picture in a codec's pixel format, tagged. Opaque where alpha is None."""
    if alpha is None and planes.is_for(format, rgb):
        matrix = colour.matrix_at(rgb.shape[0], rgb.shape[1])
        return _tagged(planes.to_planes(rgb, matrix, full=colour.range == FULL), colour)
    pixels = joined(rgb, alpha, rgb.dtype.itemsize * 8)
    name = (
        ("rgb24" if alpha is None else "rgba") if rgb.dtype == np.uint8 else "rgb48le" if alpha is None else "rgba64le"
    )
    frame = VideoFrame.from_ndarray(pixels, format=name)
    if VideoFormat(format).is_rgb:
        done = frame if format == name else frame.reformat(format=format, interpolation=_FINE, threads=1)
    else:
        matrix = colour.matrix_at(rgb.shape[0], rgb.shape[1])
        done = frame.reformat(
            format=format, interpolation=_FINE, dst_colorspace=_swscale(matrix),
            dst_color_range=colour.range or LIMITED, threads=1,
        )  # fmt: skip
    return _tagged(done, colour)


def _tagged(frame: VideoFrame, colour: Colour) -> VideoFrame:
    if not frame.format.is_rgb:
        frame.colorspace, frame.color_range = colour.matrix, colour.range
    frame.color_primaries, frame.color_trc = colour.primaries, colour.transfer
    return frame


def _swscale(matrix: int) -> int:
    """FFmpeg's scaler has a number of its own for BT.601."""
    return BT601 if matrix == SMPTE170M else matrix
