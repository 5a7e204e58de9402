"""No resize shifts anything: edges and ramps stay where they were, measured below a twentieth of a pixel."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from matteo.picture.geometry import cover, cover_straight, resize, resize_by_halves

from .made import noise


def _edge_position(row: Any, pixels: int) -> float:
    """Where a step from 1 to 0 lies, in parts of the width: the area under it."""
    return float(row.astype(np.float64).sum()) / pixels


@pytest.mark.parametrize("new", [7, 31, 50, 63, 99, 101, 150, 333, 1000])
@pytest.mark.parametrize("axis", [0, 1])
def test_edges_stay(new: int, axis: int) -> None:
    old, edge = 100, 37
    line = (np.arange(old) < edge).astype(np.float32)
    picture = np.repeat(line[:, None], 20, axis=1) if axis == 0 else np.repeat(line[None], 20, axis=0)
    size = (new, 20) if axis == 0 else (20, new)
    found = resize(picture, size)
    row = found[:, 10] if axis == 0 else found[10]
    expected = edge / old
    assert abs(_edge_position(row, new) - expected) * max(new, old) < 0.05 * max(1, new / old)
    assert found.min() >= 0
    assert found.max() <= 1


@pytest.mark.parametrize("new", [40, 80, 160, 320])
def test_symmetry_is_kept(new: int) -> None:
    picture = np.random.default_rng(0).random((160, 160)).astype(np.float32)
    flipped = resize(np.ascontiguousarray(picture[::-1, ::-1]), (new, new))
    assert np.abs(flipped[::-1, ::-1] - resize(picture, (new, new))).max() < 1e-4


@pytest.mark.parametrize("new", [11, 64, 200, 777])
def test_a_ramp_stays_a_ramp(new: int) -> None:
    """Pixel centres of a ramp: value x at centre x, in the middle, where no border counts."""
    ramp = np.repeat((np.arange(128, dtype=np.float32) + 0.5)[None], 8, axis=0)
    found = resize(ramp, (8, new))[4]
    expected = (np.arange(new) + 0.5) * 128 / new
    inner = (expected > 8) & (expected < 120)
    assert np.abs(found - expected)[inner].max() < 0.05


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 1), (30, 40, 3), (30, 40, 4)])
@pytest.mark.parametrize("size", [(15, 20), (60, 80), (15, 80), (1, 1), (30, 40)])
def test_kinds_and_constants(dtype: Any, shape: tuple[int, ...], size: tuple[int, int]) -> None:
    found = resize(np.full(shape, 200, dtype), size)
    assert found.dtype == dtype
    assert found.shape == (*size, *shape[2:])
    assert np.abs(found.astype(float) - 200).max() < 1e-3


@pytest.mark.parametrize("size", [(200, 20000), (20000, 200), (1, 5000), (40000, 2), (3, 70000)])
def test_very_long_pictures(size: tuple[int, int]) -> None:
    small = resize(np.full((*size, 3), 7, np.uint8), (64, 64))
    assert (small == 7).all()
    assert (resize(small, size) == 7).all()
    assert (cover(small, size) == 7).all()


def test_nearest_takes_values_that_were_there() -> None:
    picture = noise(30, 40, 1)[..., 0]
    found = resize(picture, (71, 93), smooth=False)
    assert set(np.unique(found)) <= set(np.unique(picture))
    assert np.array_equal(resize(np.kron(picture, np.ones((3, 3), np.uint8)), (30, 40), smooth=False), picture)


def test_cover_keeps_the_middle_and_the_aspect() -> None:
    y, x = np.mgrid[:100, :300]
    disc = (np.hypot(y - 49.5, x - 149.5) < 40).astype(np.float32)
    found = cover(disc, (200, 200))
    assert found.shape == (200, 200)
    rows, columns = found.max(axis=1) > 0.5, found.max(axis=0) > 0.5
    assert abs(int(rows.sum()) - 160) <= 2
    assert abs(int(columns.sum()) - 160) <= 2
    weight = found / found.sum()
    assert abs((weight.sum(axis=0) * np.arange(200)).sum() - 99.5) < 0.05
    assert abs((weight.sum(axis=1) * np.arange(200)).sum() - 99.5) < 0.05


@pytest.mark.parametrize("size", [(32, 32), (32, 48), (5, 9)])
def test_colours_hidden_under_alpha_0_do_not_come_into_a_covers_edge(size: tuple[int, int]) -> None:
    alpha = np.repeat((np.arange(8) < 4).astype(np.float32)[None], 8, axis=0)
    rgb = np.where(alpha[..., None] > 0, np.uint8(255), np.uint8(0)).repeat(3, axis=2)
    colours, opacity = cover_straight(rgb, alpha, size)
    assert np.array_equal(opacity, cover(alpha, size))
    assert (colours[opacity > 0] == 255).all()
    left, _ = cover_straight(rgb, alpha, (8, 4), (0.0, 0.5))
    assert (left == 255).all()


@pytest.mark.parametrize("size_hw", [(128, 192), (130, 96), (127, 200), (48, 300), (512, 512)])
def test_by_halves_comes_the_mean_over_the_area_but_for_rounding(size_hw: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (*size_hw, 3), np.uint8)
    assert abs(resize_by_halves(rgb, (32, 32)).mean() - resize(rgb, (32, 32)).mean()) < 0.6
    smooth = np.asarray(cv2.GaussianBlur(rgb, (0, 0), 4), np.uint8)
    assert np.abs(resize_by_halves(smooth, (32, 32)).astype(int) - resize(smooth, (32, 32))).max() <= 2
