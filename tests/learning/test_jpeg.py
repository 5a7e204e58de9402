"""Of fine stripes a JPEG keeps the luma, to which red gives 30 % and blue 11 %: so a swap of both is seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.learning.augment_light import Jpeg
from matteo.learning.evaluation.degrade import jpeg
from matteo.learning.jpeg import through_jpeg
from matteo.learning.seen import spoil
from matteo.learning.synthesis.layer import Layer
from matteo.learning.synthesis.scene import compose

Bytes = NDArray[np.uint8]
NOTHING = Layer(np.zeros((64, 64, 3), np.float32), np.zeros((64, 64), np.float32))
SPOILS_BY_JPEG = 201  # a seed, of quality 24


def stripes(channel: int) -> Bytes:
    rgb = np.full((64, 64, 3), 20, np.uint8)
    rgb[:, ::2, channel] = 240
    return rgb


def contrast(rgb: Bytes) -> float:
    """What is left of the stripes, in all channels."""
    return float(rgb[..., ::2, :].mean() - rgb[..., 1::2, :].mean())


def composed(rgb: Bytes, seed: int) -> Bytes:
    return compose(NOTHING, rgb.astype(np.float32) / np.float32(255), np.random.default_rng(seed))


@pytest.mark.parametrize(
    "through",
    [
        lambda rgb: through_jpeg(rgb, 20),
        lambda rgb: spoil(rgb, np.random.default_rng(SPOILS_BY_JPEG)),
        lambda rgb: np.stack([composed(rgb, seed) for seed in range(24)]),
        lambda rgb: jpeg(rgb, 1, np.random.default_rng(0)),
        lambda rgb: Jpeg()(rgb, rgb[..., 0], np.random.default_rng(0))[0],
    ],
    ids=["jpeg", "spoil", "compose", "degrade", "augment"],
)
def test_red_and_blue_are_not_swapped(through: Callable[[Bytes], Bytes]) -> None:
    assert contrast(through(stripes(0))) > 1.2 * contrast(through(stripes(2)))


def test_a_plain_colour_comes_back() -> None:
    plain = np.broadcast_to(np.array([200, 60, 20], np.uint8), (40, 48, 3)).copy()
    assert np.abs(through_jpeg(plain, 90).astype(int) - plain).max() <= 3
