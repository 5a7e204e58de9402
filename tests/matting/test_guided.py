import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.matting.guided import guided_upsample
from matteo.picture.geometry import resize


def disc(side: int, radius: float) -> NDArray[np.float32]:
    """Coverage of a disc, sampled 8 x 8 a pixel."""
    centre = side / 2
    fine = (np.arange(side * 8) + 0.5) / 8 - centre
    inside = (fine[:, None] ** 2 + fine[None] ** 2 < radius**2).astype(np.float32)
    coverage: NDArray[np.float32] = inside.reshape(side, 8, side, 8).mean((1, 3))
    return coverage


def scene(side: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    alpha = disc(side, side * 0.31)
    inner, outer = np.array([220, 90, 40], np.float32), np.array([30, 60, 150], np.float32)
    rgb = alpha[..., None] * inner + (1 - alpha[..., None]) * outer
    return np.rint(rgb).astype(np.uint8), alpha


def small(rgb: NDArray[np.uint8], size_hw: tuple[int, int]) -> NDArray[np.float32]:
    return resize(rgb, size_hw).astype(np.float32) / np.float32(255)


def test_constant_alpha_stays_exactly_constant() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    small_rgb = small(rgb, (30, 40))
    for value in (0.0, 0.4, 0.7, 1.0):
        coarse = np.full((30, 40), value, np.float32)
        alpha = guided_upsample(coarse, small_rgb, rgb)
        assert np.abs(alpha - value).max() < (1e-6 if 0 < value < 1 else 1e-30)


def test_follows_the_edge_of_the_large_picture_closer_than_a_plain_enlargement() -> None:
    rgb, alpha = scene(960)
    coarse = np.asarray(resize(alpha, (120, 120)), np.float32)
    refined = guided_upsample(coarse, small(rgb, (120, 120)), rgb)
    plain = np.asarray(resize(coarse, (960, 960)), np.float32)
    assert np.abs(refined - alpha).sum() < 0.5 * np.abs(plain - alpha).sum()


def test_an_edge_does_not_move() -> None:
    """The area under alpha, and its centre, are those of the truth to a twentieth of a pixel of the edge's length."""
    rgb, alpha = scene(960)
    coarse = np.asarray(resize(alpha, (120, 120)), np.float32)
    refined = guided_upsample(coarse, small(rgb, (120, 120)), rgb).astype(np.float64)
    perimeter = 2 * np.pi * 960 * 0.31
    assert abs(refined.sum() - alpha.sum()) < 0.05 * perimeter
    columns = np.arange(960) + 0.5
    assert abs((refined.sum(0) * columns).sum() / refined.sum() - 480) < 0.05
    assert abs((refined.sum(1) * columns).sum() / refined.sum() - 480) < 0.05


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 500), (500, 1), (3, 2000)])
def test_odd_shapes(size_hw: tuple[int, int]) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (*size_hw, 3), np.uint8)
    coarse = np.random.default_rng(2).random((min(size_hw[0], 20), min(size_hw[1], 20)), np.float32)
    small_rgb = small(rgb, (coarse.shape[0], coarse.shape[1]))
    alpha = guided_upsample(coarse, small_rgb, rgb)
    assert alpha.shape == size_hw
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_16_bit_gives_what_8_bit_gives() -> None:
    rgb, alpha = scene(320)
    coarse = np.asarray(resize(alpha, (80, 80)), np.float32)
    eight = guided_upsample(coarse, small(rgb, (80, 80)), rgb)
    sixteen = guided_upsample(coarse, small(rgb, (80, 80)), rgb.astype(np.uint16) * 257)
    assert np.abs(eight - sixteen).max() < 1e-4
