from __future__ import annotations

import numpy as np
import pytest

from matteo.learning.evaluation.bootstrap import estimate, resamples


def test_a_resample_draws_as_many_as_there_are_and_the_seed_decides() -> None:
    counts = resamples(30, 50, seed=3)
    assert counts.shape == (50, 30)
    assert (counts.sum(1) == 30).all()
    assert (counts == resamples(30, 50, seed=3)).all()
    assert (counts != resamples(30, 50, seed=4)).any()


def test_the_interval_of_a_mean_is_that_of_the_central_limit() -> None:
    values = np.random.default_rng(0).normal(5, 2, 400)
    means = resamples(400, 4000) @ values / 400
    found = estimate(float(values.mean()), means)
    half = 1.96 * values.std() / 20
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_the_interval_holds_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for seed in range(200):
        values = rng.random(80)
        found = estimate(float(values.mean()), resamples(80, 300, seed) @ values / 80)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.5 <= found.high
    assert 0.90 <= held / 200 <= 0.99


def test_too_few_resamples_with_a_value_give_no_interval() -> None:
    resampled = np.array([0.5, np.nan, np.nan, np.nan])
    assert estimate(0.5, resampled).low is None
    assert estimate(0.5, np.array([0.5, 0.7, 0.6, np.nan])).high == pytest.approx(0.695)
