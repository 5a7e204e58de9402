"""Turning loses nothing."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from matteo.effects.rotate import rotate
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout

from .drawn import cutout, disc


def turned(given: Cutout, angle: float) -> Cutout:
    found = given.apply(rotate(angle))
    assert isinstance(found, Cutout)
    return found


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_quarter_turns_are_exact(dtype: type) -> None:
    given = cutout(dtype=dtype)
    once = turned(given, 90)
    assert np.array_equal(once.rgb, np.rot90(given.rgb))
    assert np.array_equal(once.alpha, np.rot90(given.alpha))
    whole = turned(turned(once, 180), 90)
    assert np.array_equal(whole.rgb, given.rgb)
    assert turned(given, 0) is given


def test_a_turn_keeps_the_area_and_moves_the_middle_by_geometry() -> None:
    alpha = disc(12, (80, 100), (25.0, 70.0))
    found = turned(cutout(alpha), 30)
    assert found.alpha.sum() == pytest.approx(alpha.sum(), rel=0.002)
    height, width = found.size_hw
    turn = np.deg2rad(30)
    assert (width, height) == (
        int(np.ceil(100 * np.cos(turn) + 80 * np.sin(turn))), int(np.ceil(100 * np.sin(turn) + 80 * np.cos(turn))),
    )  # fmt: skip
    y, x = np.indices(found.alpha.shape)
    middle = [(found.alpha * (axis + 0.5)).sum() / found.alpha.sum() for axis in (y, x)]
    away_y, away_x = 25 - 40, 70 - 50
    assert middle[0] == pytest.approx(height / 2 + np.cos(turn) * away_y - np.sin(turn) * away_x, abs=0.1)
    assert middle[1] == pytest.approx(width / 2 + np.sin(turn) * away_y + np.cos(turn) * away_x, abs=0.1)


def test_hidden_colours_do_not_come_into_the_edge() -> None:
    given = cutout()
    given.rgb[:] = np.where(given.alpha[..., None] > 0, np.uint8(200), np.uint8(0))
    found = turned(given, 17)
    assert np.abs(found.rgb[found.alpha > 0.01].astype(int) - 200).max() <= 1


def test_layers_and_source_turn_with_it() -> None:
    found = turned(cutout(), 45)
    assert found.source is not None
    assert found.source.size_hw == found.size_hw
    assert found.source.opacity is not None
    assert found.source.opacity[0, 0] == 0  # a corner that the photograph does not reach


def test_a_large_picture_turns_one_channel_at_a_time() -> None:
    alpha = disc(300, (1000, 1000), (500.0, 500.0))
    given = Cutout(np.full((1000, 1000, 3), 90, np.uint8), alpha)
    effect = rotate(10)
    tracemalloc.start()
    found = effect(given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found, Cutout)
    assert peak < 30 * found.alpha.size  # bytes; of floats of all channels there were 51


@pytest.mark.parametrize(("shape", "angle"), [((10, 40_000), 0.05), ((40_000, 10), 45.0)])
def test_what_gets_too_large_is_refused(shape: tuple[int, int], angle: float) -> None:
    long = Cutout(np.zeros((*shape, 3), np.uint8), np.ones(shape, np.float32))
    with pytest.raises(UsageError, match="give a smaller"):
        rotate(angle)(long)
    assert turned(long, 90).size_hw == shape[::-1]
