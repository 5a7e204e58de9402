import numpy as np
import pytest

from matteo.matting.tiles import enlarge, tiles_touching, weights


@pytest.mark.parametrize(("small", "large"), [(1, 7), (5, 5), (7, 100), (33, 40), (320, 4000)])
def test_weights_of_every_pixel_sum_to_one(small: int, large: int) -> None:
    assert np.allclose(weights(small, large).sum(axis=1), 1)


def test_a_ramp_stays_a_ramp_without_a_shift() -> None:
    # Centres: the value of a linear function at every centre of the large grid is known exactly.
    small = np.tile(((np.arange(10) + 0.5) / 10).astype(np.float32), (4, 1))
    large = enlarge(small, (8, 70), (slice(0, 8), slice(0, 70)))
    expected = np.clip((np.arange(70) + 0.5) / 70, 0.05, 0.95)
    assert np.abs(large - expected).max() < 1e-6


@pytest.mark.parametrize("side", [16, 37, 64, 1000])
def test_any_tiling_gives_the_same_values(side: int) -> None:
    small = np.random.default_rng(0).random((4, 23, 31), np.float32)
    size = (150, 211)
    whole = enlarge(small, size, (slice(0, 150), slice(0, 211)))
    for top in range(0, 150, side):
        for left in range(0, 211, side):
            tile = slice(top, min(top + side, 150)), slice(left, min(left + side, 211))
            assert np.abs(enlarge(small, size, tile) - whole[:, tile[0], tile[1]]).max() < 1e-5


def test_tiles_cover_every_pixel_that_is_needed() -> None:
    needed = np.zeros((20, 30), bool)
    needed[3, 4] = needed[19, 29] = True
    size = (1000, 1500)
    covered = np.zeros(size, bool)
    for tile in tiles_touching(needed, size):
        covered[tile] = True
    large = np.repeat(np.repeat(needed, 50, 0), 50, 1)
    assert covered[large].all()
    assert covered.mean() < 0.3


def test_nothing_needed_is_no_tile() -> None:
    assert list(tiles_touching(np.zeros((9, 9), bool), (900, 900))) == []
