import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.matting.patch import beside, patch, within
from tests.matting.squares import as_pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_it_is_the_pictures_rectangle_in_squares(dtype: type) -> None:
    rng = np.random.default_rng(0)
    rgb: NDArray[np.uint16] = rng.integers(0, np.iinfo(dtype).max, (70, 90, 3)).astype(dtype)
    alpha, unknown = rng.random((70, 90), np.float32), rng.random((70, 90)) > 0.5
    seen = slice(16, 40), slice(8, 64)
    squares = patch(rgb, alpha, unknown, seen)
    assert squares.shape == (80, 6, 14)
    assert squares[:64].min() >= -0.5
    assert squares[:64].max() <= 0.5
    pixels = as_pixels(squares[None])[0]
    assert np.abs(pixels[:3] - (rgb[seen] / np.iinfo(dtype).max).transpose(2, 0, 1)).max() < 1e-6
    assert np.abs(pixels[3] - alpha[seen]).max() < 1e-6
    assert (pixels[4] == unknown[seen]).all()


def test_beyond_the_picture_its_border_goes_on() -> None:
    rng = np.random.default_rng(1)
    rgb = rng.integers(0, 255, (13, 21, 3), np.uint8)
    alpha = rng.random((13, 21), np.float32)
    pixels = as_pixels(patch(rgb, alpha, alpha > 0.5, (slice(8, 16), slice(0, 24)))[None])[0]
    assert np.abs(pixels[3, 5:] - pixels[3, 4]).max() == 0
    assert np.abs(pixels[3, :5, 21:] - alpha[8:, 20:]).max() < 1e-6


def test_what_is_wanted_is_told_in_squares() -> None:
    near, seen = (slice(20, 60), slice(0, 48)), (slice(0, 88), slice(0, 72))
    assert within(near, seen).tolist() == [5, 0, 15, 12]


def test_what_lies_around_is_cut_to_the_patch() -> None:
    around = np.arange(8 * 6 * 7, dtype=np.float32).reshape(8, 6, 7)
    assert (beside(around, (slice(8, 32), slice(16, 56))) == around[:, 1:4, 2:]).all()
