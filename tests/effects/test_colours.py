"""Colour pop, silhouette, duotone and patterns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matteo.effects.duotone import duotone
from matteo.effects.luminance import greyed, luminance
from matteo.effects.pattern import coverage, pattern
from matteo.effects.pop import pop
from matteo.effects.silhouette import silhouette
from matteo.errors import UsageError
from matteo.picture.colour import parse_colour, srgb_to_profile
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image, Metadata

from ..picture.made import display_p3, noise
from .drawn import cutout


def test_luminance_is_that_of_srgb() -> None:
    """IEC 61966-2-1, its weights those of the profile, which are brought to D50."""
    rgb = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [188, 188, 188]]], np.uint8)
    assert np.allclose(luminance(rgb, Metadata()), [[0.2225, 0.7169, 0.0606, 1, 0.5029]], atol=0.0005)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("icc", [None, display_p3()])
def test_greys_have_the_colours_luminance_and_greys_stay(dtype: Any, icc: bytes | None) -> None:
    metadata, rgb = Metadata(icc=icc), noise(dtype=dtype)
    grey = greyed(rgb, metadata)
    assert (np.ptp(grey, axis=2) <= (0 if dtype == np.uint8 else 2)).all()
    assert np.abs(luminance(grey, metadata) - luminance(rgb, metadata)).max() < (0.006 if dtype == np.uint8 else 1e-4)
    assert np.abs(greyed(grey, metadata).astype(int) - grey).max() <= 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colour_pop(dtype: Any) -> None:
    given = cutout(dtype=dtype)
    image = given.apply(pop())
    assert isinstance(image, Image)
    assert given.source is not None
    assert np.array_equal(image.rgb[given.alpha == 1], given.rgb[given.alpha == 1])
    assert np.array_equal(image.rgb[given.alpha == 0], greyed(given.source.rgb, Metadata())[given.alpha == 0])
    plain = given.apply(pop(strength=0))
    assert np.array_equal(plain.rgb[given.alpha == 0], given.source.rgb[given.alpha == 0])


def test_colour_pop_needs_the_original() -> None:
    with pytest.raises(UsageError, match="needs the original"):
        replace(cutout(), source=None).apply(pop())


@pytest.mark.parametrize("icc", [None, display_p3()])
def test_a_silhouette_is_one_colour_with_the_same_alpha(icc: bytes | None) -> None:
    given = cutout(icc=icc)
    found = given.apply(silhouette("#c01020"))
    assert isinstance(found, Cutout)
    assert (found.rgb == srgb_to_profile((0xC0, 0x10, 0x20), icc)).all()
    assert np.array_equal(found.alpha, given.alpha)


def test_a_duotones_ends_and_what_is_between() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    given = Cutout(ramp, np.ones((1, 256), np.float32))
    found = given.apply(duotone("#102030", "#f0e0a0")).rgb.astype(float)
    dark, light = np.array(parse_colour("#102030")), np.array(parse_colour("#f0e0a0"))
    assert np.array_equal(found[0, 0], dark)
    assert np.array_equal(found[0, 255], light)
    share = np.arange(256)[:, None] / 255
    assert np.abs(found[0] - (dark + (light - dark) * share)).max() <= 1.5
    assert np.array_equal(given.apply(duotone(strength=0)).rgb, ramp)


@pytest.mark.parametrize(("kind", "share"), [("dots", np.pi * 0.28**2), ("stripes", 0.5), ("checks", 0.5)])
@pytest.mark.parametrize("angle", [0.0, 30.0])
def test_a_patterns_ink_covers_the_share_that_geometry_says(kind: str, share: float, angle: float) -> None:
    ink = coverage(kind, (400, 400), 19.3, angle)
    assert abs(ink.mean() - share) < 0.01
    assert 0.05 < ((ink > 0.01) & (ink < 0.99)).mean() < 0.4  # smooth at its edges, flat elsewhere


def test_a_pattern_behind_and_in_place_of_the_subject() -> None:
    given = cutout()
    behind = given.apply(pattern("stripes", "red", "blue", "10px"))
    assert isinstance(behind, Cutout)
    flat = behind.flattened()
    assert flat.opacity is None or flat.opacity.min() == 1
    assert np.array_equal(flat.rgb[given.alpha == 1], given.rgb[given.alpha == 1])
    inside = given.apply(pattern("stripes", "red", "blue", "10px", where="subject"))
    assert isinstance(inside, Cutout)
    assert inside.under == ()
    assert (inside.rgb[..., 1] == 0).all()
    assert np.array_equal(inside.alpha, given.alpha)


def test_an_unknown_pattern_is_refused() -> None:
    with pytest.raises(UsageError, match="dots or stripes or checks"):
        pattern("zigzag")
