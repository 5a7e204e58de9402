"""A tinted rim is neutralised, and a subject of the backdrop's own hue is left as it is."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.matting.foreground import estimate_foreground
from matteo.matting.tint import chroma, neutralise
from matteo.picture.image import Alpha
from tests.matting.test_guided import disc

GREEN = np.array([10, 190, 40], np.float32)


def scene(subject: NDArray[np.float32], spill: float) -> tuple[NDArray[np.uint8], Alpha, NDArray[np.float32]]:
    """A disc of that colour on green, its rim lit by the green: picture, alpha, and the subject's colour without it."""
    alpha = np.asarray(cv2.blur(disc(300, 100), (9, 9)), np.float32)
    alpha[alpha < 1e-3], alpha[alpha > 1 - 1e-3] = 0, 1
    near = np.asarray(cv2.GaussianBlur((alpha == 0).astype(np.float32), (0, 0), 3), np.float32)[..., None]
    lit = subject + spill * near * (GREEN - GREEN.mean())
    rgb = np.clip(alpha[..., None] * lit + (1 - alpha[..., None]) * GREEN, 0, 255)
    return np.rint(rgb).astype(np.uint8), alpha, np.broadcast_to(subject, rgb.shape)


def colour_error(rgb: NDArray[np.uint8] | NDArray[np.uint16], truth: NDArray[np.float32], alpha: Alpha) -> float:
    """Mean distance of chroma in the band, in levels of 255."""
    band = (alpha > 0.1) & (alpha < 1)
    return float(np.abs(chroma(rgb.astype(np.float32)) - chroma(truth))[band].mean())


@pytest.mark.parametrize("grey", [60, 128, 210])
def test_a_grey_subjects_green_rim_becomes_grey(grey: int) -> None:
    rgb, alpha, truth = scene(np.full(3, grey, np.float32), spill=0.6)
    estimated = estimate_foreground(rgb, alpha)
    neutral = neutralise(estimated, rgb, alpha)
    assert colour_error(neutral, truth, alpha) < 0.5 * colour_error(estimated, truth, alpha)
    assert (neutral[(alpha == 0) | (alpha == 1)] == estimated[(alpha == 0) | (alpha == 1)]).all()


@pytest.mark.parametrize("subject", [(40, 160, 60), (120, 190, 90), (20, 90, 30)])
def test_a_green_subject_on_green_stays_green(subject: tuple[int, int, int]) -> None:
    rgb, alpha, _ = scene(np.array(subject, np.float32), spill=0)
    estimated = estimate_foreground(rgb, alpha)
    neutral = neutralise(estimated, rgb, alpha)
    assert np.abs(neutral.astype(int) - estimated)[alpha > 0.1].mean() < 2.5


@pytest.mark.parametrize("subject", [(200, 60, 160), (230, 180, 150), (50, 60, 200)])
def test_another_hue_is_not_greyed(subject: tuple[int, int, int]) -> None:
    rgb, alpha, truth = scene(np.array(subject, np.float32), spill=0)
    estimated = estimate_foreground(rgb, alpha)
    neutral = neutralise(estimated, rgb, alpha)
    assert colour_error(neutral, truth, alpha) <= colour_error(estimated, truth, alpha) + 0.5


def test_a_pale_backdrop_tints_nothing() -> None:
    rgb = np.full((80, 80, 3), 220, np.uint8)
    alpha = np.asarray(cv2.blur(disc(80, 20), (5, 5)), np.float32)
    foreground = np.full((80, 80, 3), (90, 120, 100), np.uint8)
    assert (neutralise(foreground, rgb, alpha) == foreground).all()


def test_16_bits_are_the_same_as_8() -> None:
    rgb, alpha, _ = scene(np.full(3, 128, np.float32), spill=0.6)
    eight = neutralise(rgb, rgb, alpha).astype(np.int64)
    sixteen = neutralise(rgb.astype(np.uint16) * 257, rgb.astype(np.uint16) * 257, alpha).astype(np.int64)
    assert np.abs(sixteen - 257 * eight).max() <= 257


def test_colours_that_the_source_hides_are_no_backdrop() -> None:
    rgb, alpha, _ = scene(np.full(3, 90, np.float32), spill=0.6)
    opacity = np.asarray(alpha > 0, np.float32)
    foreground = estimate_foreground(rgb, alpha, opacity)
    hidden = rgb.copy()
    hidden[opacity == 0] = 128
    assert (neutralise(foreground, rgb, alpha) != foreground).any()
    told = [neutralise(foreground, picture, alpha, opacity) for picture in (rgb, hidden)]
    assert (told[0] == told[1]).all()
    assert (told[0] == foreground).all()
    half = np.full_like(alpha, 0.5)  # what is seen through is seen
    assert (neutralise(foreground, rgb, alpha, half) == neutralise(foreground, rgb, alpha)).mean() > 0.999
