"""Backdrops: pictures without a subject that are made."""

import numpy as np

from matteo.learning.backdrops import backdrops


def test_a_backdrop_is_a_whole_picture_without_a_subject() -> None:
    for pair in backdrops(30, np.random.default_rng(1)):
        assert pair.rgb.dtype == np.uint8
        assert pair.rgb.shape == (*pair.mask.shape, 3)
        assert not pair.mask.any()


def test_no_backdrop_has_an_edge_that_could_be_a_thing() -> None:
    for pair in backdrops(60, np.random.default_rng(2)):
        blocks = pair.rgb[:300, :300].reshape(30, 10, 30, 10, 3).mean((1, 3))
        assert np.abs(np.diff(blocks, axis=1)).max() < 40, pair.key


def test_the_generator_decides_the_backdrops() -> None:
    first, again, other = (backdrops(3, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert all(np.array_equal(a.rgb, b.rgb) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a.rgb, b.rgb) for a, b in zip(first, other, strict=True))
