"""Distances are checked on half planes, where the truth is a formula."""

import numpy as np
import pytest

from matteo.errors import UsageError
from matteo.matting.offset import check_distance, feather, grow, pixels, shrink
from matteo.picture.image import Alpha

DISTANCES = [0.25, 0.5, 1, 1.75, 3, 7.5, 20.25]


def half_plane(middle: float, softness: float = 3.0, degrees: float = 0.0, side: int = 120) -> Alpha:
    """1 on the left of a straight edge whose alpha falls linearly over `softness` pixels around `middle`."""
    y, x = np.mgrid[:side, :side] + 0.5
    turn = np.radians(degrees)
    along = (x - side / 2) * np.cos(turn) + (y - side / 2) * np.sin(turn) + side / 2
    return np.asarray(np.clip(0.5 - (along - middle) / softness, 0, 1), np.float32)


def crossing(alpha: Alpha) -> float:
    """Where the middle row falls through 0.5, in pixels from the left edge."""
    row = alpha[60].astype(np.float64)
    k = int(np.flatnonzero(row >= 0.5)[-1])
    return float(k + 0.5 + (row[k] - 0.5) / (row[k] - row[k + 1]))


@pytest.mark.parametrize("distance", DISTANCES)
def test_an_edge_moves_by_the_distance_and_keeps_its_softness(distance: float) -> None:
    alpha = half_plane(60.3)
    assert np.abs(grow(alpha, distance) - half_plane(60.3 + distance)).max() < 0.07
    assert abs(crossing(grow(alpha, distance)) - (60.3 + distance)) < 0.03
    assert abs(crossing(shrink(alpha, distance)) - (60.3 - distance)) < 0.03


@pytest.mark.parametrize("degrees", [10, 33, 45])
@pytest.mark.parametrize("distance", [0.5, 3, 20])
def test_a_slanting_edge_moves_as_far(degrees: float, distance: float) -> None:
    inner = slice(30, 90)
    moved, expected = grow(half_plane(50, 4, degrees), distance), half_plane(50 + distance, 4, degrees)
    off = float((moved[inner, inner] - expected[inner, inner]).sum()) / 60 * np.cos(np.radians(degrees))
    assert abs(off) < max(0.25, 0.05 * distance)


def test_none_is_the_same() -> None:
    alpha = half_plane(60)
    for same in (grow(alpha, 0), shrink(alpha, 0), feather(alpha, 0)):
        assert (same == alpha).all()


@pytest.mark.parametrize("distance", [1, 3, 8, 20])
def test_grown_and_shrunk_is_the_same_for_a_half_plane(distance: float) -> None:
    alpha = half_plane(61.4)
    assert np.abs(shrink(grow(alpha, distance), distance) - alpha).max() < 1e-6
    assert np.abs(grow(shrink(alpha, distance), distance) - alpha).max() < 1e-6


def test_the_border_of_the_picture_is_no_edge() -> None:
    alpha = half_plane(60)
    assert (shrink(alpha, 9)[:, 0] == 1).all()
    assert (shrink(np.ones((30, 30), np.float32), 5) == 1).all()
    assert (feather(np.ones((30, 30), np.float32), 5) == 1).all()


@pytest.mark.parametrize("width", [0.5, 2, 5.5, 24])
def test_a_feather_is_as_wide_as_told_and_keeps_the_middle(width: float) -> None:
    hard = half_plane(60, 1e-3)
    soft = feather(hard, width)
    assert abs(crossing(soft) - 60) < 0.02
    assert (soft[:, : int(60 - width / 2 - 1)] == 1).all()
    assert (soft[:, int(60 + width / 2 + 2) :] == 0).all()
    assert np.abs(soft + soft[:, ::-1] - 1).max() < 1e-5  # as much is given as is taken
    assert width < 1 or soft[60, int(60 - width / 4)] < 1  # half a pixel is within the pixels of a hard edge


def test_large_pictures_are_done_in_tiles_without_a_seam() -> None:
    rng = np.random.default_rng(0)
    import cv2

    alpha = np.clip(cv2.GaussianBlur(rng.random((700, 1100), np.float32), (0, 0), 5) * 20 - 9.5, 0, 1)
    kernel = np.asarray(cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3)), np.uint8)
    kernel[::2, ::2] = 0
    assert (grow(alpha, 1) == cv2.dilate(alpha, kernel)).all()
    part = feather(alpha, 9)[400:600, 400:600]
    assert np.abs(part - feather(alpha[380:620, 380:620], 9)[20:220, 20:220]).max() < 1e-6


def test_distances_in_words() -> None:
    size_hw = (300, 400)
    assert pixels(2, size_hw) == 2
    assert pixels("1.5", size_hw) == 1.5
    assert pixels("1.5px", size_hw) == 1.5
    assert pixels("0.5%", size_hw) == 2
    for wrong in ("-1", "much", "2em", "", "50%", -3, float("nan")):
        with pytest.raises(UsageError, match=r"per cent|tenth"):
            pixels(wrong, size_hw)


def test_without_a_picture_only_what_no_size_allows_is_refused() -> None:
    for fine in (0, 150, 5000.5, "700px", "10%"):
        check_distance(fine)
    for wrong in ("wide", -1, "11%", "nan", "2 em"):
        with pytest.raises(UsageError):
            check_distance(wrong)
