from __future__ import annotations

import numpy as np
import pytest

from matteo.learning.evaluation.calibration import Bin, calibration_error, reliability

IOU = np.array([0.9, 0.95, 0.2, 0.7, 0.85])


def test_the_calibration_error_of_one_bin_is_its_distance() -> None:
    bins = reliability(np.full(5, 0.5), IOU)
    assert bins == (Bin(5, 0.5, float(IOU.mean())),)
    assert calibration_error(bins) == pytest.approx(IOU.mean() - 0.5)


def test_a_confidence_of_one_is_in_the_last_bin_and_bins_count_by_their_pictures() -> None:
    bins = reliability(np.array([1.0, 0.95, 0.15]), np.array([0.9, 0.9, 0.45]))
    assert [b.pictures for b in bins] == [1, 2]
    assert calibration_error(bins) == pytest.approx((0.3 + 2 * 0.075) / 3)


def test_no_pictures_have_no_error() -> None:
    assert calibration_error(reliability(np.array([]), np.array([]))) is None
