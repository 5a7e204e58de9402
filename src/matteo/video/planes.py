"""8 bits of 4:2:0, as nearly all films are, to RGB and back by OpenCV, in a third of the time of FFmpeg's scaler.

Samples are within a level or two of its, but for how chroma is enlarged at hard edges of colour; what goes there and
back loses less.

Y = kr R + (1 - kr - kb) G + kb B, Cb = (B - Y) / (2 - 2 kb), Cr = (R - Y) / (2 - 2 kr) (ITU-T H.273, 8.3).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]

FORMATS = ("yuv420p", "yuvj420p")
WEIGHTS = {  # kr and kb of the matrices, by their numbers of H.273
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}


def is_for(format: str, rgb: NDArray[Any]) -> bool:
    """Whether `to_planes` makes a frame in that format of such a picture."""
    return format == "yuv420p" and rgb.dtype == np.uint8 and not any(length % 2 for length in rgb.shape[:2])


def from_planes(frame: VideoFrame, matrix: int, *, full: bool) -> Bytes:
    """H x W x 3 of a frame in one of FORMATS. matrix: a key of WEIGHTS."""
    height, width = frame.height, frame.width
    luma, *chroma = (_plane(plane) for plane in frame.planes)
    size_wh = 2 * chroma[0].shape[1], 2 * chroma[0].shape[0]
    large = (cv2.resize(plane, size_wh, interpolation=cv2.INTER_CUBIC)[:height, :width] for plane in chroma)
    return np.asarray(cv2.transform(cv2.merge([luma, *large]), _matrices(matrix, full)[0]), np.uint8)


def to_planes(rgb: NDArray[Any], matrix: int, *, full: bool) -> VideoFrame:
    """The frame of H x W x 3, whose sides are even, as yuv420p."""
    height, width = rgb.shape[:2]
    luma, *chroma = cv2.split(cv2.transform(rgb, _matrices(matrix, full)[1]))
    half_wh = width // 2, height // 2
    small = [cv2.resize(plane, half_wh, interpolation=cv2.INTER_AREA).ravel() for plane in chroma]
    pixels: Any = np.concatenate([luma.ravel(), *small]).reshape(-1, width)
    return VideoFrame.from_ndarray(pixels, format="yuv420p")


def _plane(plane: Any) -> Bytes:
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


@cache
def _matrices(matrix: int, full: bool) -> tuple[Floats, Floats]:
    """3 x 4 each: levels of Y, Cb and Cr with a 1 to those of R, G and B, and back."""
    kr, kb = WEIGHTS[matrix]
    luma = np.array([kr, 1 - kr - kb, kb])
    red, blue = np.eye(3)[[0, 2]]
    there = np.stack([luma, (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)])
    scale = np.ones(3) if full else np.array([219, 224, 224]) / 255
    zero = np.array([0 if full else 16, 128, 128])
    there *= scale[:, None]
    # OpenCV counts in 1024ths: the constants are those of what is rounded to them, so that greys stay grey.
    back = np.rint(np.linalg.inv(there) * 1024) / 1024
    return np.column_stack([back, -back @ zero]), np.column_stack([there, zero])
