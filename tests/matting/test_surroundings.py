"""What is known around a band."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.matting.surroundings import Floats, surroundings


def two_sides() -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """A red foreground on the left, a blue background on the right, and a band between, black as neither is."""
    rgb, alpha = np.zeros((64, 64, 3), np.float32), np.zeros((64, 64), np.float32)
    unknown = np.zeros((64, 64), bool)
    unknown[:, 24:40] = True
    rgb[:, :24, 0], rgb[:, 40:, 2] = 1, 1
    alpha[:, :32] = 1
    return rgb, alpha, unknown


def test_the_colours_are_those_of_the_known_sides() -> None:
    around = surroundings(*two_sides())
    assert around.shape == (8, 8, 8)
    red, blue = np.array([0.5, -0.5, -0.5]), np.array([-0.5, -0.5, 0.5])
    # Beside the band and in it, eight pixels from what is known; farther on the evidence fades.
    assert np.abs(around[:3, :, 2:4] - red[:, None, None]).max() < 0.03
    assert np.abs(around[4:7, :, 4:6] - blue[:, None, None]).max() < 0.03
    assert (around[3, :, 2] > around[3, :, 5]).all()
    assert (around[7, :, 5] > around[7, :, 2]).all()


@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
def test_whole_numbers_mean_what_floats_mean(levels: type[np.uint8 | np.uint16]) -> None:
    rgb, alpha, unknown = two_sides()
    whole: NDArray[Any] = (rgb * np.iinfo(levels).max).astype(levels)
    assert np.abs(surroundings(whole, alpha, unknown) - surroundings(rgb, alpha, unknown)).max() < 1e-5


def test_what_is_far_does_not_count_and_what_is_nowhere_is_no_colour() -> None:
    rgb, alpha, unknown = two_sides()
    wide = np.zeros((64, 400, 3), np.float32)
    wide[:, :64], wide[:, 300:] = rgb, 1
    known = np.concatenate([unknown, np.ones((64, 336), bool)], 1)
    around = surroundings(wide, np.pad(alpha, ((0, 0), (0, 336))), known)
    assert np.abs(around[:, :, 16:]).max() < 1e-5
    assert np.abs(around[:, :, :4] - surroundings(rgb, alpha, unknown)[:, :, :4]).max() < 0.01


def test_any_size_is_rounded_up_to_blocks() -> None:
    alpha = np.zeros((9, 17), np.float32)
    around = surroundings(np.zeros((9, 17, 3), np.uint8), alpha, alpha > 0)
    assert around.shape == (8, 2, 3)
