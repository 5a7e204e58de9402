"""Each reason on a made picture where the fact is true, and on one where it is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.matting.confidence import (
    ALIKE,
    ALL,
    CUT,
    FINE,
    LOW_LIGHT,
    NO_SUBJECT,
    PARTLY,
    _lab,
    between_share,
    contrast,
    expected_iou,
    is_plain,
    reasons,
    thin_share,
    touch,
)
from matteo.picture.image import Alpha

SIDE = 160
GREEN, RED = (0.2, 0.5, 0.3), (0.8, 0.3, 0.2)


def disc(x: int = 80, y: int = 80, radius: int = 40) -> Alpha:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(mask, (x, y), radius, 1, -1)
    return mask.astype(np.float32)


def coloured(alpha: Alpha, subject: tuple[float, ...] = RED, ground: tuple[float, ...] = GREEN) -> NDArray[np.float32]:
    a = alpha[..., None]
    return np.asarray(a * np.array(subject, np.float32) + (1 - a) * np.array(ground, np.float32), np.float32)


def said(alpha: Alpha, **colours: tuple[float, ...]) -> tuple[str, ...]:
    return reasons(alpha, coloured(alpha, **colours))


def test_a_clear_subject_gives_no_reason() -> None:
    assert said(disc()) == ()


def test_no_clear_subject() -> None:
    nothing = np.zeros((SIDE, SIDE), np.float32)
    assert said(nothing) == (NO_SUBJECT,)
    assert said(disc(radius=2)) == (NO_SUBJECT, FINE)
    veil = np.full((SIDE, SIDE), 0.45, np.float32)
    veil[60:100, 60:100] = 0.6
    assert NO_SUBJECT in said(veil)
    assert NO_SUBJECT not in said(disc(radius=12))


def test_cut_by_the_border() -> None:
    assert said(disc(y=150)) == (CUT,)
    assert said(disc(y=118)) == ()  # comes near it and does not reach it
    assert touch(np.ones((4, 4), np.bool_)) == 1
    half = np.zeros((10, 20), np.bool_)
    half[5:, :8] = True
    assert touch(half) == 0.5


def test_low_light() -> None:
    dark = {"subject": (0.2, 0.05, 0.05), "ground": (0.0, 0.1, 0.2)}
    assert LOW_LIGHT in said(disc(), **dark)
    assert LOW_LIGHT not in said(disc(), subject=(0.02, 0.02, 0.02), ground=(0.9, 0.9, 0.9))  # a dark thing in light
    assert LOW_LIGHT not in said(disc(), subject=(0.9, 0.9, 0.9), ground=(0.02, 0.02, 0.02))  # a spotlight


def test_subject_and_background_alike() -> None:
    assert said(disc(), subject=(0.5, 0.5, 0.5), ground=(0.52, 0.5, 0.49)) == (ALIKE,)
    assert contrast(disc() > 0.5, coloured(disc(), (1, 1, 1), (0, 0, 0))) == pytest.approx(100, abs=1)  # L* of white
    assert contrast(disc() > 0.5, coloured(disc(), GREEN, GREEN)) == pytest.approx(0, abs=0.1)
    assert contrast(np.ones((SIDE, SIDE), np.bool_), coloured(disc())) == float("inf")


def test_fine_structure() -> None:
    wheel = disc()
    for turn in np.linspace(0, np.pi, 9):
        across = np.array([np.cos(turn), np.sin(turn)]) * 70
        (x0, y0), (x1, y1) = ((80 + sign * across).astype(int).tolist() for sign in (-1, 1))
        cv2.line(wheel, (x0, y0), (x1, y1), 1.0, 2)
    assert FINE in said(wheel)
    assert thin_share(disc() > 0.5) < 0.02
    bars = np.zeros((SIDE, SIDE), np.bool_)
    bars[:, ::4] = True
    assert thin_share(bars) > 1  # the gaps are wider than the bars


def test_hardly_any_background() -> None:
    nearly = np.ones((SIDE, SIDE), np.float32)
    nearly[:8, :] = 0  # a twentieth
    assert ALL not in said(nearly)
    nearly[:2, :] = 1
    assert said(nearly) == (ALL, CUT)
    assert ALL in said(np.ones((SIDE, SIDE), np.float32))


def test_partly_see_through() -> None:
    glass = disc()
    glass[60:100, 60:80] = 0.4
    assert said(glass) == (PARTLY,)
    assert between_share(glass) == pytest.approx(40 * 20 / (glass > 0.5).sum())
    soft = np.asarray(cv2.GaussianBlur(disc(), (0, 0), 0.6), np.float32)
    assert between_share(soft) == 0  # an edge is no part
    assert between_share(np.zeros((SIDE, SIDE), np.float32)) == 0


def test_the_reasons_do_not_depend_on_the_size() -> None:
    for factor in (2, 4):
        large = cv2.resize(disc(y=150), None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
        assert said(np.asarray(large, np.float32)) == (CUT,)


def test_expected_iou_of_a_sure_alpha_is_one_and_of_none_zero() -> None:
    assert expected_iou(disc()) == 1
    assert expected_iou(np.zeros((4, 4), np.float32)) == 0


def test_a_surface_of_one_colour_is_plain_and_a_faint_edge_is_not() -> None:
    surface = np.full((20, 30, 3), 0.7, np.float32)
    assert is_plain(surface)
    surface[:, 15:, 1] += 3 / 255
    assert not is_plain(surface)


def test_colours_are_those_of_cielab() -> None:
    rgb = np.random.default_rng(0).random((40, 40, 3), np.float32)
    rgb[:10] *= 0.03
    assert np.abs(_lab(rgb) - cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)).max() < 0.6
    white = _lab(np.ones((1, 1, 3), np.float32))
    assert np.allclose(white, [100, 0, 0], atol=0.01)
