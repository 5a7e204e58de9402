"""Where the subject is, to parts of a pixel."""

from __future__ import annotations

import numpy as np
import pytest

from matteo.video.effects.subject import where

from .film import RADIUS, SIZE, disc


@pytest.mark.parametrize("centre", [(80.0, 45.0), (61.3, 40.8), (99.75, 50.5)])
def test_a_disc_is_where_it_is(centre: tuple[float, float]) -> None:
    seen = where(disc(centre))
    assert seen is not None
    x, y = seen.middle
    assert (x * SIZE[1], y * SIZE[0]) == pytest.approx(centre, abs=0.12)
    assert seen.head * SIZE[1] == pytest.approx(centre[0], abs=0.05)
    assert seen.body * SIZE[1] == pytest.approx(centre[0], abs=0.05)
    assert (seen.right - seen.left) * SIZE[1] == pytest.approx(2 * RADIUS, rel=0.06)


def test_a_speck_far_away_moves_nothing() -> None:
    alpha = disc((60, 45))
    before = where(alpha)
    alpha[2, 150] = 1
    after = where(alpha)
    assert before is not None
    assert after is not None
    assert np.abs(np.subtract(before, after)).max() * SIZE[1] < 0.3  # pixels; a plain box would be 70 wider


def test_nothing_is_nowhere() -> None:
    assert where(np.zeros(SIZE, np.float32)) is None
    assert where(np.full(SIZE, 1e-5, np.float32)) is None


def test_the_head_is_the_uppermost_part() -> None:
    alpha = np.zeros((100, 100), np.float32)
    alpha[40:100, 10:90] = 1
    alpha[10:40, 60:80] = 1
    seen = where(alpha)
    assert seen is not None
    assert seen.head == pytest.approx(0.7, abs=0.01)
    assert seen.body == pytest.approx(0.55, abs=0.001)


def test_the_face_of_who_stands_and_the_middle_of_what_lies() -> None:
    """A head of 10 x 14 on a body; a flat thing that is wide from its top on."""
    standing, lying = np.zeros((100, 100), np.float32), np.zeros((100, 100), np.float32)
    standing[10:24, 45:55] = 1
    standing[24:95, 35:65] = 1
    lying[60:80, 10:90] = 1
    for alpha, y in ((standing, 0.17), (lying, 0.7)):
        seen = where(alpha)
        assert seen is not None
        assert (seen.head, seen.face) == pytest.approx((0.5, y), abs=0.012)
