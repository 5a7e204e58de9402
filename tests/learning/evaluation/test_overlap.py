from __future__ import annotations

import numpy as np
import pytest

from matteo.learning.evaluation.overlap import Mask, boundary_iou, iou, rim

YS, XS = np.mgrid[0:240, 0:320]


def disc(y: int, x: int, radius: int) -> Mask:
    return np.asarray((YS - y) ** 2 + (XS - x) ** 2 < radius * radius, bool)


def test_iou_of_squares() -> None:
    one, other = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    one[0:10, 0:10] = True
    other[5:15, 0:10] = True
    assert iou(one, other) == 50 / 150
    assert iou(one, one) == 1
    assert iou(one, ~one) == 0


def test_nothing_found_where_nothing_is_is_right() -> None:
    nothing, something = np.zeros((5, 5), bool), np.eye(5, dtype=bool)
    assert iou(nothing, nothing) == boundary_iou(nothing, nothing) == 1
    assert iou(something, nothing) == iou(nothing, something) == 0


def test_a_rim_is_two_per_cent_of_the_diagonal_wide() -> None:
    square = np.zeros((300, 400), bool)  # diagonal 500, so 10 pixels
    square[100:200, 100:200] = True
    assert rim(square).sum() == 100**2 - 80**2
    assert not rim(square)[110:190, 110:190].any()
    whole = np.ones((300, 400), bool)
    assert rim(whole).sum() == 300 * 400 - 280 * 380  # beyond the picture is outside


# Values of the authors' own code, github.com/bowenc0221/boundary-iou-api, on the same arrays.
@pytest.mark.parametrize(
    ("pred", "true", "expected"),
    [
        (disc(120, 160, 70), disc(124, 166, 70), 0.38532716457369465),
        (disc(20, 300, 90), disc(30, 290, 80), 0.7681001633097442),
        (disc(120, 160, 80) & ~disc(120, 160, 40), disc(120, 160, 80), 0.634453781512605),
        (disc(60, 60, 30), disc(180, 260, 30), 0.0),
    ],
    ids=["shifted discs", "cut by the border", "a ring and its disc", "apart"],
)
def test_boundary_iou_is_its_authors(pred: Mask, true: Mask, expected: float) -> None:
    assert boundary_iou(pred, true) == pytest.approx(expected, abs=1e-12)
