"""From hints to alpha: geometry, by networks that are a line of arithmetic; and what cleaning must not undo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from matteo import Hints
from matteo.models.companions import SELECTOR, companion_card
from matteo.selecting.placed import place
from matteo.selecting.select import Selected, kept_by_hand, select

CARD = companion_card(SELECTOR)
SIZE = (240, 480)


def blank() -> NDArray[np.uint8]:
    return np.full((*SIZE, 3), 90, np.uint8)


def echo(tensor: NDArray[Any], hints: NDArray[Any]) -> NDArray[np.float32]:
    """Finds what it is told to keep."""
    return np.asarray(0.05 + 0.9 * hints[:, :1], np.float32)


def remembers(tensor: NDArray[Any], hints: NDArray[Any]) -> NDArray[np.float32]:
    """Finds what was found before."""
    return np.asarray(hints[:, 2:], np.float32)


def test_what_is_kept_stands_where_it_was_said_after_all_looks() -> None:
    kept = np.zeros(SIZE, bool)
    kept[40:100, 300:420] = True
    selected = select(blank(), place(Hints(keep_mask=kept), SIZE), CARD, echo)
    height, width = selected.alpha.shape
    assert selected.rgb.shape == (height, width, 3)
    found = selected.alpha > 0.5
    ys, xs = np.nonzero(found)
    assert ys.min() / height == pytest.approx(40 / 240, abs=0.01)
    assert (ys.max() + 1) / height == pytest.approx(100 / 240, abs=0.01)
    assert xs.min() / width == pytest.approx(300 / 480, abs=0.01)
    assert (xs.max() + 1) / width == pytest.approx(420 / 480, abs=0.01)
    assert width > CARD.side  # the closer look made the grid finer


def test_what_was_found_before_stays_in_its_place_through_the_closer_mirrored_look() -> None:
    before = np.zeros((120, 240), np.float32)
    before[20:50, 30:90] = 1
    selected = select(blank(), place(Hints(drop=[(470, 230)]), SIZE), CARD, remembers, before)
    height, width = selected.alpha.shape
    ys, xs = np.nonzero(selected.alpha > 0.5)
    edges = ys.min() / height, (ys.max() + 1) / height, xs.min() / width, (xs.max() + 1) / width
    assert edges == pytest.approx((20 / 120, 50 / 120, 30 / 240, 90 / 240), abs=0.02)


def test_nothing_found_and_nothing_kept_is_looked_at_no_closer() -> None:
    calls = []

    def nothing(tensor: NDArray[Any], hints: NDArray[Any]) -> NDArray[np.float32]:
        calls.append(tensor.shape)
        return np.zeros_like(hints[:, :1])

    selected = select(blank(), place(Hints(drop=[(5, 5)]), SIZE), CARD, nothing)
    assert len(calls) == 2
    assert not selected.alpha.any()


def test_a_picture_of_16_bits_is_seen_as_one_of_8() -> None:
    seen = []

    def watch(tensor: NDArray[Any], hints: NDArray[Any]) -> NDArray[np.float32]:
        seen.append(tensor)
        return np.zeros_like(hints[:, :1])

    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (*SIZE, 3), np.uint8)
    placed = place(Hints(drop=[(5, 5)]), SIZE)
    for picture in (rgb, rgb.astype(np.uint16) * 257):
        select(picture, placed, CARD, watch)
    assert np.array_equal(seen[0], seen[2])


def test_a_speck_that_was_pointed_at_outlives_cleaning_and_a_hole_stays_open() -> None:
    alpha = np.zeros((60, 60), np.float32)
    alpha[10:40, 10:40] = 1
    alpha[20:22, 20:22] = 0  # a hole
    alpha[25:27, 30:32] = 0  # another, that nobody points at
    alpha[50:52, 50:52] = 0.8  # a speck
    cleaned = np.zeros_like(alpha)
    cleaned[10:40, 10:40] = 1
    keep, drop = np.zeros((60, 60), np.uint8), np.zeros((60, 60), np.uint8)
    keep[50, 50] = drop[21, 21] = 1
    rgb = np.zeros((60, 60, 3), np.float32)
    out = kept_by_hand(cleaned, Selected(alpha, rgb, keep, drop))
    assert (out[50:52, 50:52] == np.float32(0.8)).all()
    assert (out[20:22, 20:22] == 0).all()
    assert (out[25:27, 30:32] == 1).all()
    assert np.array_equal(kept_by_hand(cleaned, Selected(alpha, rgb, keep * 0, drop * 0)), cleaned)
