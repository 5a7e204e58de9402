"""Avatars: the size asked for, the frame of geometry, the subject in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matteo.effects.avatar import ROUNDING, avatar, frame
from matteo.errors import UsageError
from matteo.picture.image import Image

from .drawn import cutout, disc


def test_a_circle_has_a_circles_area_and_a_smooth_edge() -> None:
    circle = frame("circle", 200)
    assert abs(circle.sum() / (np.pi * 100**2) - 1) < 0.001
    assert np.abs(circle - disc(100, (200, 200), (100, 100))).max() < 0.1


def test_a_rounded_square_has_its_corners_taken_off() -> None:
    radius = ROUNDING * 200
    assert abs(frame("rounded", 200).sum() - (200**2 - (4 - np.pi) * radius**2)) < 5
    assert (frame("rounded", 200)[100] == 1).all()


@pytest.mark.parametrize("shape", ["circle", "rounded", "square"])
def test_an_avatar_is_a_whole_picture_of_its_size(shape: str) -> None:
    image = cutout(dtype=np.uint16).apply(avatar(shape, "#336699", size=90))
    assert isinstance(image, Image)
    assert (image.size_hw, image.depth) == ((90, 90), 16)
    assert (image.opacity is None) == (shape == "square")
    assert (image.rgb[2, 45] // 257 == (0x33, 0x66, 0x99)).all()  # in the middle, above the subject


def test_the_square_is_as_wide_as_the_subject_and_begins_above_it() -> None:
    alpha = np.zeros((400, 300), np.float32)
    alpha[50:390, 100:200] = 1
    image = cutout(alpha).apply(avatar("square", "black", size=100, top=0.2))
    shown = image.rgb.max(2) > 0
    assert not shown[:20].any()
    assert shown[21:].mean() > 0.95


def test_a_subject_that_the_border_cuts_shows_no_cut_edge() -> None:
    alpha = np.zeros((100, 400), np.float32)
    alpha[:, 20:380] = 1
    image = cutout(alpha).apply(avatar("square", "black", size=64))
    assert (image.rgb.max(2) > 0).mean() > 0.99


def test_of_an_animal_that_the_border_cuts_its_head_is_seen() -> None:
    """A body from column 60 to 360 that ends at the lower border, its head at its left."""
    alpha = np.zeros((200, 400), np.float32)
    alpha[80:, 60:360] = 1
    alpha[20:80, 60:110] = 1
    given = cutout(alpha)
    rgb = np.where(alpha[..., None] > 0, np.uint8(90), np.uint8(0)).repeat(3, axis=2)
    rgb[20:80, 60:110] = 255
    image = replace(given, rgb=rgb).apply(avatar("square", "black", size=90))
    bright = image.rgb.min(2) > 200
    assert bright.mean() == pytest.approx(60 * 50 / 180**2, rel=0.1)
    columns = np.flatnonzero(bright.any(axis=0))
    assert columns.mean() == pytest.approx(44.5, abs=2)  # in the middle, as a circle cuts the corners


def test_of_somebody_who_takes_a_step_the_upper_part_is_in_the_middle() -> None:
    """A foot far to the right makes the box wide, and is not in the square."""
    alpha = np.zeros((400, 300), np.float32)
    alpha[50:390, 40:120] = 1
    alpha[370:390, 40:200] = 1
    image = cutout(alpha).apply(avatar("square", "black", size=160))
    columns = np.flatnonzero(image.rgb.max(2).any(axis=0))
    assert columns.mean() == pytest.approx(79.5, abs=1.5)


def test_something_small_beside_the_subject_moves_it_not_aside() -> None:
    alpha = np.zeros((400, 300), np.float32)
    alpha[50:390, 40:140] = 1
    plain = cutout(alpha).apply(avatar("square", "black", size=100))
    alpha[300:340, 250:290] = 1
    assert np.array_equal(cutout(alpha).apply(avatar("square", "black", size=100)).rgb, plain.rgb)


def test_sizes_and_shapes_that_make_no_sense() -> None:
    for size in (0, 1_000_000):
        with pytest.raises(UsageError, match="a whole number from 16 to 8192"):
            avatar(size=size)
    with pytest.raises(UsageError, match="circle or rounded or square"):
        avatar("oval")
