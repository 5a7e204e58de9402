from __future__ import annotations

import numpy as np
import pytest

from matteo.learning.evaluation.auroc import auroc


def pairwise(score: np.ndarray, positive: np.ndarray) -> float:
    """The definition, pair by pair."""
    high, low = score[positive][:, None], score[~positive][None]
    return float(((high > low) + 0.5 * (high == low)).mean())


def test_known_values() -> None:
    score, positive = np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])
    assert auroc(score, positive)[0] == 0.75
    assert auroc(score, score > 0.37)[0] == 1
    assert auroc(-score, score > 0.37)[0] == 0
    assert auroc(np.ones(4), positive)[0] == 0.5


def test_resamples_count_as_repeated_pictures() -> None:
    rng = np.random.default_rng(0)
    score, positive = rng.integers(0, 6, 40).astype(np.float64), rng.random(40) < 0.3  # with many ties
    weights = rng.integers(0, 4, (25, 40)).astype(float)
    expected = [pairwise(np.repeat(score, w.astype(int)), np.repeat(positive, w.astype(int))) for w in weights]
    assert auroc(score, positive, weights) == pytest.approx(np.array(expected))


def test_without_positives_there_is_no_value() -> None:
    assert np.isnan(auroc(np.array([0.0, 1.0, 2.0]), np.zeros(3, bool))).all()
    weights = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    found = auroc(np.array([0.0, 1.0, 2.0]), np.array([False, False, True]), weights)
    assert np.isnan(found[0])
    assert found[1] == 1
