"""Hints on a grid: where they are drawn, on the whole and on a part; and what they make of an alpha."""

from __future__ import annotations

import numpy as np
import pytest

from matteo import Hints, UsageError
from matteo.selecting.drawing import RADIUS, disc, outside, paint, stroke
from matteo.selecting.placed import place

SIZE = (400, 800)
ALL = (slice(0, 400), slice(0, 800))


def middle(where: np.ndarray) -> tuple[float, float]:
    ys, xs = np.nonzero(where)
    return float(ys.mean()), float(xs.mean())


def test_a_point_is_a_disc_where_it_lies_on_the_whole_and_on_a_part() -> None:
    placed = place(Hints(keep=[(600, 300)]), SIZE)
    keep, drop = placed.maps(ALL, (320, 320))
    assert middle(keep) == pytest.approx((240, 240), abs=0.6)
    assert not drop.any()
    assert np.ptp(np.nonzero(keep)[0]) == 2 * RADIUS
    keep, _ = placed.maps((slice(200, 400), slice(500, 700)), (100, 100))
    assert middle(keep) == pytest.approx((50, 50), abs=0.6)
    keep, _ = placed.maps((slice(0, 100), slice(0, 100)), (100, 100))
    assert not keep.any()


def test_what_is_to_be_dropped_wins_where_both_are_meant() -> None:
    keep, drop = place(Hints(keep=[[(0, 200), (799, 200)]], drop=[(400, 200)]), SIZE).maps(ALL, (160, 160))
    assert not (keep & drop).any()
    assert drop[80, 80]
    assert keep[80, 20]


def test_a_stroke_goes_through_its_points() -> None:
    keep, _ = place(Hints(keep=[[(100, 100), (700, 100), (700, 300)]]), SIZE).maps(ALL, (320, 320))
    assert keep[80, 40:280].all()
    assert keep[80:240, 280].all()
    assert not keep[200, 100]


def test_a_stroke_within_an_area_stays_there() -> None:
    on, off, area = (np.zeros((50, 50), np.uint8) for _ in range(3))
    area[20:30, 10:30] = 1
    stroke(on, off, [(15, 25), (45, 25)], 2, area)
    assert on.any()
    assert not on[area == 0].any()


def test_what_is_drawn_later_holds() -> None:
    on, off = np.zeros((40, 40), np.uint8), np.zeros((40, 40), np.uint8)
    disc(on, off, (20, 20))
    outside(off, on, (0, 0, 10, 10))
    assert not on.any()
    assert off[20, 20]
    assert not off[:10, :10].any()
    paint(on, off, np.eye(40, dtype=np.uint8))
    assert on.sum() == 40
    assert not (on & off).any()


def test_outside_of_a_box_nothing_is_left() -> None:
    placed = place(Hints(box=(200, 100, 600, 300)), SIZE)
    _, drop = placed.maps(ALL, (40, 80))
    assert not drop[11:29, 21:59].any()
    assert drop[:9].all()
    alpha = np.ones(SIZE, np.float32)
    placed.impose(alpha)
    assert alpha[100:300, 200:600].all()
    assert alpha.sum() == 200 * 400


def test_the_samples_of_a_box_are_those_whose_middle_is_in_it() -> None:
    for left, first in ((200, 20), (204, 20), (206, 21), (210, 21)):
        _, drop = place(Hints(box=(left, 0, 800, 400)), SIZE).maps(ALL, (40, 80))
        assert not drop[:, first:].any(), left
        assert drop[:, :first].all(), left


def test_a_box_thinner_than_a_pixel_holds_that_pixel() -> None:
    alpha = np.ones(SIZE, np.float32)
    place(Hints(box=(100.1, 50.2, 100.4, 50.4)), SIZE).impose(alpha)
    assert alpha.sum() == alpha[50, 100] == 1


def test_a_part_of_a_coarse_mask_is_cut_where_it_is() -> None:
    mask = np.zeros((8, 16), np.float32)
    mask[:, :5] = 1  # up to 250 of 800 pixels
    keep, _ = place(Hints(keep_mask=mask), SIZE).maps((slice(0, 400), slice(150, 450)), (10, 300))
    assert np.flatnonzero(keep[5]).max() == pytest.approx(100 + 0.2 * 50, abs=2)  # 0.3 of a sample is painted there


def test_painted_areas_are_imposed_and_drawn() -> None:
    kept, dropped = np.zeros((40, 80), bool), np.zeros((40, 80), bool)
    kept[:, :40] = True
    dropped[:20] = True
    placed = place(Hints(keep_mask=kept, drop_mask=dropped), SIZE)
    keep, drop = placed.maps(ALL, (40, 80))
    assert drop[:20].all()
    assert keep[20:, :40].all()
    assert not keep[:, 40:].any()
    keep, drop = placed.maps((slice(300, 400), slice(0, 100)), (10, 10))
    assert keep.all()
    assert not drop.any()
    alpha = np.full(SIZE, 0.5, np.float32)
    placed.impose(alpha)
    assert alpha[:190].max() < 1e-6
    assert alpha[210:, :390].min() > 1 - 1e-6
    assert (alpha[210:, 410:] == 0.5).all()


def test_a_thin_painted_line_is_seen_on_a_coarse_grid() -> None:
    painted = np.zeros(SIZE, np.float32)
    painted[:, 400] = 1
    keep, _ = place(Hints(keep_mask=painted), SIZE).maps(ALL, (320, 320))
    assert keep[:, 159:162].any(1).all()


def test_a_mask_of_another_shape_is_refused() -> None:
    with pytest.raises(UsageError, match="mask is"):
        place(Hints(keep_mask=np.zeros((50, 50), bool)), SIZE)


def test_a_point_to_keep_outside_of_the_box_is_refused() -> None:
    with pytest.raises(UsageError, match="outside of the box"):
        place(Hints(keep=[(10, 10)], box=(100, 100, 200, 200)), SIZE)
    place(Hints(drop=[(10, 10)], box=(100, 100, 200, 200)), SIZE)
