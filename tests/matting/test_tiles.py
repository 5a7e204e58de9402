import numpy as np
import pytest

from matteo.matting.tiles import magnify, on_grid, tiles, tiles_touching


@pytest.mark.parametrize("step", [1, 3, 10])
@pytest.mark.parametrize("size_hw", [(1, 1), (300, 400), (97, 11)])
def test_a_constant_stays_constant_on_any_grid(size_hw: tuple[int, int], step: int) -> None:
    small = np.full((min(7, size_hw[0]), min(9, size_hw[1]), 2), 0.7, np.float32)
    grid = on_grid(small, size_hw, step)
    assert grid.shape == (-(-size_hw[0] // step), -(-size_hw[1] // step), 2)
    assert np.abs(grid - 0.7).max() < 1e-6


def test_a_ramp_stays_a_ramp_without_a_shift() -> None:
    # The value of a linear function at every centre of the grid is known exactly; a map of 10 samples over 73 pixels.
    small = np.tile((np.arange(10, dtype=np.float32) + 0.5) * 7.3, (4, 1))
    grid = on_grid(small, (8, 73), 6)
    assert np.abs(grid[0, 1:-1] - (np.arange(13) + 0.5)[1:-1] * 6).max() < 1e-4


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


@pytest.mark.parametrize("step", [1, 2, 5, 8])
def test_magnified_tiles_are_the_whole_magnified_picture(step: int) -> None:
    small = np.random.default_rng(1).random((14, 19, 3), np.float32)
    height, width = 14 * step - step // 2, 19 * step - step // 3  # the last samples stand for fewer pixels
    whole = magnify(small, step, (slice(0, height), slice(0, width)))
    assert whole.shape == (height, width, 3)
    for tile in tiles((height, width), 4 * step):
        assert np.abs(magnify(small, step, tile) - whole[tile]).max() < 1e-5


def test_magnifying_puts_samples_at_the_centres_of_their_pixels() -> None:
    ramp = np.repeat((np.arange(6, dtype=np.float32)[None, :, None] + 0.5) * 5, 3, axis=2)
    large = magnify(np.repeat(ramp, 2, axis=0), 5, (slice(0, 10), slice(0, 30)))
    expected = np.clip(np.arange(30) + 0.5, 2.5, 27.5)
    assert np.abs(large[..., 0] - expected).max() < 1e-4
