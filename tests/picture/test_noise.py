import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.picture.noise import BRIGHT, NOISY, brighten, estimate_sigma, made_plain, reduce_noise
from tests.pictures import photograph


def noisy(rgb: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    noise = np.random.default_rng(0).normal(0, sigma, rgb.shape)
    return np.clip(np.rint(rgb + noise), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("sigma", [2, 5, 10, 25])
def test_the_noise_of_a_plain_grey_is_found(sigma: float) -> None:
    grey = np.full((320, 320, 3), 120, np.uint8)
    assert estimate_sigma(noisy(grey, sigma)) == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
@pytest.mark.parametrize("sigma", [10, 20])
def test_of_a_photograph_too(name: str, sigma: float) -> None:
    # A little less where much is black or white, as clipping hides noise there.
    assert estimate_sigma(noisy(photograph(name), sigma)) == pytest.approx(sigma, rel=0.25)


def test_a_ramp_and_a_clipped_picture_have_no_noise() -> None:
    ramp = np.broadcast_to(np.arange(256, dtype=np.uint8)[:, None, None], (256, 256, 3))
    assert estimate_sigma(np.ascontiguousarray(ramp)) == pytest.approx(0, abs=0.01)
    assert estimate_sigma(np.zeros((64, 64, 3), np.uint8)) == 0
    assert estimate_sigma(np.full((64, 64, 3), 65535, np.uint16)) == 0


def test_depth_and_size_do_not_matter() -> None:
    rgb = noisy(photograph("coffee"), 10)
    assert estimate_sigma(rgb.astype(np.uint16) * 257) == pytest.approx(estimate_sigma(rgb), rel=1e-3)
    for size_hw in ((1, 1), (3, 400), (17, 15)):
        assert estimate_sigma(rgb[: size_hw[0], : size_hw[1]]) >= 0


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_a_photograph_that_is_neither_dark_nor_noisy_is_left_as_it_is(name: str) -> None:
    rgb = photograph(name)
    assert made_plain(rgb) is rgb


def test_noise_goes_and_edges_stay() -> None:
    step = np.full((64, 64, 3), 60, np.uint8)
    step[:, 32:] = 200
    given = noisy(step, 15)
    assert estimate_sigma(given) > NOISY
    smooth = made_plain(given).astype(float)
    assert smooth[:, :28].std() < 0.6 * given[:, :28].astype(float).std()
    assert smooth[:, 33].mean() - smooth[:, 30].mean() > 130


def test_noise_goes_alike_in_both_depths() -> None:
    rgb = noisy(photograph("coffee")[:96, :96], 12)
    deep = reduce_noise(rgb.astype(np.uint16) * 257, 12)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - reduce_noise(rgb, 12)).max() < 0.6


def test_a_dark_picture_becomes_bright_and_keeps_its_order() -> None:
    rgb = photograph("coffee")
    dark = (rgb // 6).astype(np.uint8)
    lit = brighten(dark)
    assert np.quantile(lit.max(2), 0.98) == pytest.approx(BRIGHT * 255, abs=4)
    assert (np.diff(lit.reshape(-1)[np.argsort(dark.reshape(-1), kind="stable")].astype(int)) >= 0).all()
    deep = brighten(dark.astype(np.uint16) * 257)
    assert np.abs(deep / 257 - lit).max() < 0.6
    assert brighten(rgb) is rgb
    red = np.full((8, 8, 3), (255, 0, 51), np.uint8)
    assert brighten(red) is red
    assert (brighten(np.zeros((4, 4, 3), np.uint8)) == 0).all()
