"""4:2:0 in 8 bits to RGB and back: as FFmpeg's scaler, with every matrix and both ranges."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from matteo.video.planes import WEIGHTS, from_planes, is_for, to_planes
from tests.pictures import photograph

FINE = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND


def smooth(height: int = 120, width: int = 160) -> NDArray[np.uint8]:
    """A photograph without fine detail, as ways to enlarge chroma differ on that."""
    small = cv2.resize(photograph("coffee"), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 4), np.uint8)


def by_ffmpeg(rgb: NDArray[np.uint8], matrix: int, full: bool) -> VideoFrame:
    frame = VideoFrame.from_ndarray(rgb, format="rgb24")
    return frame.reformat(
        format="yuv420p", interpolation=FINE, dst_colorspace=5 if matrix == 6 else matrix,
        dst_color_range=2 if full else 1,
    )  # fmt: skip


@pytest.mark.parametrize("matrix", sorted(WEIGHTS))
@pytest.mark.parametrize("full", [False, True])
def test_samples_are_those_of_the_standard_and_come_back(matrix: int, full: bool) -> None:
    rgb = smooth()
    made = to_planes(rgb, matrix, full=full).to_ndarray()
    kr, kb = WEIGHTS[matrix]
    red, green, blue = np.moveaxis(rgb / 255.0, 2, 0)
    y = kr * red + (1 - kr - kb) * green + kb * blue
    assert np.abs(made[:120] - (255 * y if full else 16 + 219 * y)).max() < 0.7
    cb, cr = (blue - y) / (2 - 2 * kb), (red - y) / (2 - 2 * kr)
    for plane, exact in zip(made[120:].reshape(2, 60, 80), (cb, cr), strict=True):
        halved = cv2.resize(exact, (80, 60), interpolation=cv2.INTER_AREA)
        assert np.abs(plane - (128 + (255 if full else 224) * halved)).max() < 1.2
    assert np.abs(made.astype(int) - by_ffmpeg(rgb, matrix, full).to_ndarray()).max() <= 2
    back = from_planes(to_planes(rgb, matrix, full=full), matrix, full=full).astype(int)
    assert np.abs(back - rgb).max() <= 4
    assert abs((back - rgb).mean()) < 0.2


@pytest.mark.parametrize("matrix", sorted(WEIGHTS))
@pytest.mark.parametrize("full", [False, True])
def test_greys_stay_grey_and_black_and_white_what_they_are(matrix: int, full: bool) -> None:
    levels = np.arange(256, dtype=np.uint8).repeat(4).reshape(-1, 32)
    rgb: NDArray[Any] = np.dstack([levels] * 3)
    back = from_planes(to_planes(rgb, matrix, full=full), matrix, full=full).astype(int)
    assert (back.max(2) == back.min(2)).all()
    assert np.abs(back[..., 0] - levels).max() <= 1
    assert back.min() == 0
    assert back.max() == 255


@pytest.mark.parametrize(("height", "width"), [(121, 161), (1, 1), (2, 7)])
def test_odd_sizes_are_read(height: int, width: int) -> None:
    rgb = np.full((height, width, 3), (200, 60, 90), np.uint8)
    frame = by_ffmpeg(rgb, 1, full=False)
    assert np.abs(from_planes(frame, 1, full=False).astype(int) - rgb).max() <= 2
    assert not is_for("yuv420p", rgb)


def test_what_it_is_for() -> None:
    rgb = smooth()
    assert is_for("yuv420p", rgb)
    assert not is_for("yuv422p", rgb)
    assert not is_for("yuv420p", rgb.astype(np.uint16))
