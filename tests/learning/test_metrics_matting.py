"""Errors of a matte against values worked out by hand."""

import numpy as np
import pytest

from matteo.learning.metrics_matting import (
    connected_level,
    connectivity_error,
    gradient_error,
    gradient_length,
    mse,
    sad,
)


def test_sad_and_mse_of_a_known_difference() -> None:
    true = np.zeros((20, 50), np.float32)
    pred = np.full((20, 50), 0.25, np.float32)
    assert sad(pred, true) == pytest.approx(0.25)  # 1000 pixels, a quarter each, in thousands
    assert mse(pred, true) == pytest.approx(0.0625)
    where = np.zeros((20, 50), bool)
    where[:10] = True
    assert sad(pred, true, where) == pytest.approx(0.125)
    assert mse(pred, true, where) == pytest.approx(0.0625)
    assert mse(pred, true, np.zeros((20, 50), bool)) == 0


def test_every_error_of_the_truth_itself_is_zero() -> None:
    true = np.random.default_rng(0).random((40, 30), np.float32)
    for error in (sad, mse, gradient_error, connectivity_error):
        assert error(true, true) == 0


def test_gradient_of_a_ramp_is_its_slope_times_the_filters_sums() -> None:
    """On alpha = s x every tap adds s x; with filters of unit length the answer is s (sum bell) (sum x slope)."""
    x = np.arange(-4, 5)
    bell = np.exp(-(x**2) / (2 * 1.4**2))
    expected = 0.01 * bell.sum() / np.sqrt((bell**2).sum()) * (x**2 * bell).sum() / np.sqrt((x**2 * bell**2).sum())
    ramp = np.tile(np.arange(60, dtype=np.float32) * np.float32(0.01), (30, 1))
    for alpha in (ramp, np.ascontiguousarray(ramp.T)):
        inner = gradient_length(alpha)[5:-5, 5:-5]
        assert np.abs(inner - expected).max() < 1e-5
    flat = np.full((30, 60), 0.3, np.float32)
    where = np.zeros((30, 60), bool)
    where[10:20, 10:50] = True
    assert gradient_error(ramp, flat, where) == pytest.approx(400 * expected**2 / 1000, rel=1e-3)


def test_connected_level_falls_to_the_saddle_between_two_regions() -> None:
    lower = np.zeros((5, 12), np.float32)
    lower[1:4, 1:7] = 1.0  # the larger region
    lower[2, 7] = 0.45  # a bridge
    lower[1:4, 8:11] = 1.0  # the smaller one holds on up to the bridge's level
    level = connected_level(lower)
    assert np.allclose(level[1:4, 1:7], 1.0)
    assert np.allclose(level[1:4, 8:11], 0.4)
    assert level[2, 7] == pytest.approx(0.4)
    assert (level[0] == 0).all()


def test_connectivity_counts_an_island_that_is_not_there() -> None:
    true = np.zeros((20, 20), np.float32)
    true[2:12, 2:12] = 1
    pred = true.copy()
    pred[15:17, 15:20] = 0.8  # ten pixels, nowhere connected, 0.8 each
    assert connectivity_error(pred, true) == pytest.approx(10 * 0.8 / 1000)
    pred[15:17, 15:20] = 0.14  # less than what is tolerated
    assert connectivity_error(pred, true) == 0


def test_connectivity_tolerates_a_difference_inside_one_region() -> None:
    """Both alphas rise above their common level by less than 0.15 or alike; 0.62 and 0.95 stand on level 0.6."""
    true = np.full((10, 10), 0.95, np.float32)
    pred = np.full((10, 10), 0.62, np.float32)
    assert connectivity_error(pred, true) == pytest.approx(100 * 0.35 / 1000, rel=1e-5)
    assert connectivity_error(np.full((10, 10), 0.9, np.float32), true) == 0
