"""Distances to a soft edge are those of geometry, to a fraction of a pixel."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest

from matteo.effects.pattern import pattern
from matteo.effects.shadow import shadow
from matteo.effects.shape import distance, moved, pixels, softened, widened, with_room
from matteo.effects.sticker import sticker
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout, Effect

from .drawn import cutout, disc, radii


@pytest.mark.parametrize("radius", [5.0, 17.37, 30.5])
def test_the_distance_to_a_disc(radius: float) -> None:
    exact = radii() - radius
    seen = (exact > 0.75) & (exact < 20)
    error = np.abs(distance(disc(radius), 20) - exact)[seen]
    assert error.max() < 0.5
    assert np.sqrt((error**2).mean()) < 0.08


def test_the_distance_to_a_straight_edge_to_parts_of_a_pixel_at_any_coverage() -> None:
    for covered in (0.0, 0.2, 0.5, 0.7, 1.0):
        alpha = np.zeros((9, 40), np.float32)
        alpha[:, :10], alpha[:, 10] = 1, covered
        beyond = np.arange(11, 21) + 0.5 - (10 + covered)
        assert np.abs(distance(alpha, 15)[4, 11:21] - beyond).max() < 0.05


def test_beyond_its_reach_and_without_a_subject_it_is_large() -> None:
    assert (distance(disc(5), 10)[radii() > 18] > 10).all()
    assert (distance(np.zeros((5, 6), np.float32), 3) == 5).all()


def test_a_widened_disc_is_a_disc_of_a_larger_radius() -> None:
    wide = widened(disc(20), 7.25)
    assert np.abs(wide - disc(27.25)).mean() < 0.001
    assert abs(wide.sum() / disc(27.25).sum() - 1) < 0.002
    assert (wide >= disc(20)).all()


def test_a_blur_keeps_the_sum_and_is_that_of_opencv() -> None:
    alpha = disc(20)
    for sigma in (2.0, 9.0):
        soft = softened(alpha, sigma)
        assert abs(soft.sum() / alpha.sum() - 1) < 0.01
        exact = cv2.GaussianBlur(alpha, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
        assert np.abs(soft - exact).max() < 0.02
    assert softened(alpha, 0) is alpha


def test_a_shift_by_parts_of_a_pixel_moves_the_middle() -> None:
    alpha, shifted = disc(20), moved(disc(20), 3.25, -1.5)
    y, x = np.indices(alpha.shape)
    assert abs((shifted * x).sum() / shifted.sum() - (alpha * x).sum() / alpha.sum() - 3.25) < 0.02
    assert abs((shifted * y).sum() / shifted.sum() - (alpha * y).sum() / alpha.sum() + 1.5) < 0.02


def test_lengths() -> None:
    assert pixels(10, (1000, 2000)) == 20
    assert pixels("12px", (1000, 2000)) == 12
    assert pixels("2.5 px", (100, 100)) == 2.5
    assert pixels("500px", (100, 200)) == 200
    assert pixels("0.2%", (1000, 2000)) == 4
    for wrong in ("wide", "-3", "nan", "12pt", 1001, "101%", "%", "1e9px"):
        with pytest.raises(UsageError, match="thousandths of the long side"):
            pixels(wrong, (100, 100))


def test_room_is_made_only_where_it_lacks_and_no_pixel_changes() -> None:
    alpha = np.zeros((50, 60), np.float32)
    alpha[5:50, 20:40] = 1
    given = cutout(alpha)
    roomy = with_room(given, 9.2)
    assert roomy.size_hw == (50 + 5 + 10, 60)
    assert np.array_equal(roomy.rgb[5:55], given.rgb)
    assert np.array_equal(roomy.alpha[5:55], given.alpha)
    assert roomy.source is not None
    assert roomy.source.size_hw == roomy.size_hw
    assert with_room(given, 0).size_hw == given.size_hw


@pytest.mark.parametrize("shape", [(8, 40_000), (40_000, 8)])
def test_a_shift_of_a_very_long_picture(shape: tuple[int, int]) -> None:
    alpha = np.random.default_rng(0).random(shape).astype(np.float32)
    assert np.array_equal(moved(alpha, 2, -3)[:-3, 2:], alpha[3:, :-2])
    assert not moved(alpha, 2, -3)[-3:].any()
    assert not moved(alpha, 2, -3)[:, :2].any()
    between = moved(alpha, 0, 1.25)
    assert np.abs(between[2:] - (0.75 * alpha[1:-1] + 0.25 * alpha[:-2])).max() < 1e-6
    assert not moved(alpha, 50_000, 0).any()


@pytest.mark.parametrize("effect", [sticker("2px"), shadow("drop", softness=0)])
def test_very_long_pictures_get_their_layers(effect: Effect) -> None:
    alpha = np.zeros((60, 33_000), np.float32)
    alpha[20:40, 100:32_900] = 1
    found = effect(Cutout(np.zeros((60, 33_000, 3), np.uint8), alpha))
    assert isinstance(found, Cutout)
    assert found.under[0].opacity is not None
    assert found.under[0].opacity[:, 32_800:].max() > 0.2


@pytest.mark.parametrize("kind", ["dots", "stripes", "checks"])
def test_a_pattern_takes_little_room(kind: str) -> None:
    given = Cutout(np.zeros((1000, 1500, 3), np.uint8), np.ones((1000, 1500), np.float32))
    effect = pattern(kind)
    tracemalloc.start()
    effect(given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 13 * 1000 * 1500  # bytes: 7 are the layer and its coverage; drawn as a whole it took 20 and more


def test_distances_in_tiles_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    alpha = np.zeros((300, 340), np.float32)
    for n, radius in enumerate((40, 9, 25)):
        alpha = np.maximum(alpha, disc(radius, alpha.shape, (70.4 + 70 * n, 90.2 + 80 * n)))
    for reach in (3, 14.5):
        whole = distance(alpha, reach)
        monkeypatch.setattr("matteo.effects.shape.TILE", 64)
        apart = np.abs(distance(alpha, reach) - whole)
        monkeypatch.undo()
        assert apart.max() < 0.3  # where two pixels of the edge are equally near, a tile may name the other one
        assert (apart > 1e-4).mean() < 0.002
