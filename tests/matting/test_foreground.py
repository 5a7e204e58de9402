import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.matting.foreground import estimate_foreground, hide_background
from tests.matting.test_guided import disc

RED, BLUE = np.array([210, 60, 40], np.float32), np.array([20, 40, 220], np.float32)


def soft_scene(dtype: type) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], NDArray[np.float32]]:
    """A red disc with a rim 12 pixels wide on blue."""
    import cv2

    alpha = np.asarray(cv2.blur(disc(400, 120), (13, 13)), np.float32)
    alpha[alpha < 1e-3], alpha[alpha > 1 - 1e-3] = 0, 1
    rgb = alpha[..., None] * RED + (1 - alpha[..., None]) * BLUE
    scale = np.iinfo(dtype).max / 255
    return np.rint(rgb * scale).astype(dtype), alpha


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_opaque_and_empty_pixels_stay_bit_for_bit(dtype: type) -> None:
    rgb, alpha = soft_scene(dtype)
    result = estimate_foreground(rgb, alpha)
    assert result.dtype == dtype
    sure = (alpha == 0) | (alpha == 1)
    assert (result[sure] == rgb[sure]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_old_background_is_taken_out_of_the_rim(dtype: type) -> None:
    rgb, alpha = soft_scene(dtype)
    result = estimate_foreground(rgb, alpha)
    rim = (alpha > 0.2) & (alpha < 0.95)
    scale = np.iinfo(dtype).max / 255
    before = np.abs(rgb[rim] / scale - RED).mean()
    after = np.abs(result[rim] / scale - RED).mean()
    assert before > 40
    assert after < 5


def test_known_composites_give_their_foreground_back_within_a_recorded_error() -> None:
    """Textured foreground and background: mean error of the colour in the band, in levels of 255, weighted by alpha."""
    rng = np.random.default_rng(3)
    import cv2

    alpha = np.asarray(cv2.blur(disc(500, 150), (9, 9)), np.float32)
    foreground = cv2.GaussianBlur(rng.random((500, 500, 3), np.float32), (0, 0), 6) * 2 - 0.4
    background = cv2.GaussianBlur(rng.random((500, 500, 3), np.float32), (0, 0), 4) * 2 - 0.9
    foreground, background = np.clip(foreground, 0, 1), np.clip(background, 0, 1)
    rgb = np.rint(255 * (alpha[..., None] * foreground + (1 - alpha[..., None]) * background)).astype(np.uint8)
    band = (alpha > 0) & (alpha < 1)
    weight = alpha[band][:, None]

    def error(estimate: NDArray[np.uint8] | NDArray[np.uint16]) -> float:
        return float((np.abs(estimate[band] - 255 * foreground[band]) * weight).sum() / weight.sum() / 3)

    assert error(estimate_foreground(rgb, alpha)) < 0.35 * error(rgb)


def test_hidden_colours_are_zero() -> None:
    rgb = np.full((600, 30, 3), 77, np.uint8)
    alpha = np.zeros((600, 30), np.float32)
    alpha[300:, 10] = 0.001
    hide_background(rgb, alpha)
    assert (rgb[alpha == 0] == 0).all()
    assert (rgb[alpha > 0] == 77).all()
