from __future__ import annotations

import numpy as np
import pytest

from matteo.learning.evaluation.saliency import saliency

TRUE = np.zeros((40, 50), bool)
TRUE[10:30, 10:40] = True


def test_the_truth_itself_has_full_marks() -> None:
    found = saliency(TRUE.astype(np.float32), TRUE)
    assert found.mae == 0
    assert found.weighted_f == pytest.approx(1)
    assert found.s == pytest.approx(1, abs=1e-6)
    assert found.f[:-1] == pytest.approx(1)  # at threshold 0 all is subject
    assert found.e.max() == pytest.approx(1, abs=1e-3)  # its definition divides by one pixel less than there are


def test_an_unsure_prediction_is_not_stretched() -> None:
    """Stretched to 0..1, as the measures' library does unless told, this would be the truth itself."""
    found = saliency(TRUE.astype(np.float32) * np.float32(0.4), TRUE)
    assert found.mae == pytest.approx(0.6 * TRUE.mean())
    above, below = 255 - 103, 255 - 101  # thresholds over and under 0.4 of 255 = 102
    assert found.recall[above] == 0
    assert found.recall[below] == found.precision[below] == 1


def test_f_at_a_threshold_is_its_formula() -> None:
    pred = np.zeros(TRUE.shape, np.float32)
    pred[10:30, 10:30] = 0.9  # 400 of 600 found
    pred[0:10, 0:10] = 0.6  # and 100 too many
    found = saliency(pred, TRUE)
    entry = 127  # threshold 128 of 255
    precision, recall = 400 / 500, 400 / 600
    assert found.precision[entry] == pytest.approx(precision)
    assert found.recall[entry] == pytest.approx(recall)
    assert found.f[entry] == pytest.approx(1.3 * precision * recall / (0.3 * precision + recall))
    assert found.f[255 - 200] == pytest.approx(1.3 * recall / (0.3 + recall))


@pytest.mark.parametrize("fill", [False, True])
def test_an_empty_and_a_full_mask_have_numbers(fill: bool) -> None:
    true = np.full((8, 9), fill)
    found = saliency(np.full((8, 9), 0.5, np.float32), true)
    assert found.mae == 0.5
    assert all(np.isfinite(curve).all() for curve in (found.f, found.e, found.precision, found.recall))
    assert np.isfinite([found.s, found.weighted_f]).all()
