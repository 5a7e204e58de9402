"""Layers of a frame: the quick ways give what the plain composite gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matteo.effects.original import unmixed
from matteo.picture.composite import composite
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image
from matteo.video.effects.layers import before, beneath, blended, flat, right_under, towards

from ...picture.made import noise
from .film import SIZE, cutout, disc


def weights(seed: int = 0) -> Any:
    """With true 0 and 1 and rows of nothing."""
    found = np.clip(np.random.default_rng(seed).random((700, 900), np.float32) * 1.4 - 0.2, 0, 1)
    found[:300] = 0
    return found


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_blended_is_the_composite_to_the_bit(dtype: Any) -> None:
    below, above, weight = noise(700, 900, dtype=dtype), noise(700, 900, dtype=dtype, seed=1), weights()
    plain, _ = composite([Image(below), Image(above, weight)])
    assert np.array_equal(blended(below, above, weight), plain)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_towards_ends_exactly(dtype: Any) -> None:
    rgb, colour = noise(*SIZE, dtype=dtype), np.array([10, 200, 30], dtype)
    assert np.array_equal(towards(rgb, colour, np.zeros(SIZE, np.float32)), rgb)
    assert (towards(rgb, colour, np.ones(SIZE, np.float32)) == colour).all()
    half = towards(rgb, colour, np.full(SIZE, 0.5, np.float32)).astype(float)
    assert np.abs(half - (rgb.astype(float) + colour) / 2).max() <= 0.5


def test_flat_is_flattened_but_for_the_rounding_between_layers() -> None:
    made = cutout(disc((50, 40)))
    glow = Image(noise(*SIZE, seed=3), disc((70, 40)) * np.float32(0.4))
    ground = Image(noise(*SIZE, seed=4))
    for under in ((), (glow,), (ground,), (ground, glow), (glow, ground, glow)):
        one = Cutout(made.rgb, made.alpha, under=under)
        found, wanted = flat(one), one.flattened()
        assert np.abs(found.rgb.astype(int) - wanted.rgb).max() <= max(0, len(under) - 1)
        assert wanted.opacity is not None
        opacity = np.ones(SIZE, np.float32) if found.opacity is None else found.opacity
        assert np.array_equal(opacity, wanted.opacity)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_subject_over_the_unmixed_picture_is_the_picture(dtype: Any) -> None:
    made = cutout(disc((50.3, 40.2)), dtype=dtype)
    assert made.source is not None
    ground = unmixed(made.source, made)
    again = Cutout(made.rgb, made.alpha, under=(ground,)).flattened().rgb.astype(int)
    assert np.abs(again - made.source.rgb).max() <= 1
    clear = made.alpha == 0
    assert np.array_equal(ground.rgb[clear], made.source.rgb[clear])
    soft = (made.alpha > 0) & (made.alpha < 0.5)
    truth = noise(*SIZE, dtype=dtype)[soft].astype(int)
    assert np.abs(ground.rgb[soft].astype(int) - truth).max() <= 2  # rounding, doubled by 1 - alpha


def test_what_is_beneath_is_the_background_where_there_is_one() -> None:
    made, ground = cutout(disc((50, 40))), Image(noise(*SIZE, seed=5))
    assert np.array_equal(beneath(Cutout(made.rgb, made.alpha, under=(ground,)), "x").rgb, ground.rgb)
    assert made.source is not None
    assert np.array_equal(beneath(made, "x").rgb, unmixed(made.source, made).rgb)


def test_layers_between_become_one_with_an_opaque_ground() -> None:
    made, ground = cutout(disc((50, 40))), Image(noise(*SIZE, seed=5))
    glow = Image(noise(*SIZE, seed=6), disc((70, 40)) * np.float32(0.4))
    with_ground = right_under(Cutout(made.rgb, made.alpha, under=(ground,)), glow)
    assert len(with_ground.under) == 1
    plain = Cutout(made.rgb, made.alpha, under=(ground, glow)).flattened()
    assert np.abs(with_ground.flattened().rgb.astype(int) - plain.rgb).max() <= 1
    assert right_under(made, glow).under == (glow,)


def test_before_covers_the_subject_and_touches_nothing_else() -> None:
    made = cutout(disc((50, 40)))
    layer = Image(np.full((*SIZE, 3), 9, np.uint8), disc((60, 40), radius=8))
    over = before(made, layer)
    assert (over.rgb[layer.opacity == 1] == 9).all()
    assert (over.alpha[layer.opacity == 1] == 1).all()
    away = layer.opacity == 0
    assert np.array_equal(over.rgb[away], made.rgb[away])
    assert np.array_equal(over.alpha[away], made.alpha[away])
    nothing = Image(layer.rgb, np.zeros(SIZE, np.float32))
    assert before(made, nothing) is made
