"""Layers over one another: identities, in encoded values and in linear light."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matteo.errors import UsageError
from matteo.picture.composite import composite
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image
from matteo.picture.light import Light, light_of

from .made import ellipse, noise


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("light", ["encoded", "linear"])
def test_over_its_own_background_it_is_the_original(dtype: Any, light: str) -> None:
    """I = alpha F + (1 - alpha) B, in the light in which I was made."""
    front, back, alpha = noise(dtype=dtype), noise(dtype=dtype, seed=1), ellipse()
    tone = light_of(None)
    a = alpha[..., None].astype(float)
    if light == "linear":
        mixed = tone.linear(front) * a + tone.linear(back) * (1 - a)
        original = tone.encoded(mixed.astype(np.float32), dtype)
    else:
        original = np.rint(front * a + back * (1 - a)).astype(dtype)
    image = Cutout(front, alpha).over(Image(back), light=light)
    assert np.abs(image.rgb.astype(int) - original).max() <= 1
    assert np.array_equal(image.rgb[alpha == 1], front[alpha == 1])
    assert np.array_equal(image.rgb[alpha == 0], back[alpha == 0])


def test_light_adds_up_as_a_lens_does_it() -> None:
    half = np.full((2, 2), 0.5, np.float32)
    white = Cutout(np.full((2, 2, 3), 255, np.uint8), half)
    assert white.over("black").rgb[0, 0].tolist() == [128] * 3
    assert white.over("black", light="linear").rgb[0, 0].tolist() == [188] * 3
    with pytest.raises(UsageError, match="encoded"):
        white.over("black", light="bright")


def test_layers_beneath_lie_between() -> None:
    cutout = Cutout(noise(), ellipse())
    shade = Image(np.zeros((40, 60, 3), np.uint8), np.full((40, 60), 0.5, np.float32))
    glow = Image(np.full((40, 60, 3), 200, np.uint8), np.full((40, 60), 0.25, np.float32))
    layered = replace(cutout, under=(shade, glow))
    image = layered.over("white")
    assert (image.rgb[cutout.alpha == 0] == round((255 * 0.5) * 0.75 + 200 * 0.25)).all()
    assert np.array_equal(image.rgb[cutout.alpha == 1], cutout.rgb[cutout.alpha == 1])
    flat = layered.flattened()
    assert flat.opacity is not None
    again = Cutout(flat.rgb, flat.opacity).over("white")
    assert np.abs(again.rgb.astype(int) - image.rgb).max() <= 1
    assert np.allclose(flat.opacity[cutout.alpha == 0], 1 - 0.5 * 0.75)
    assert np.asarray(layered.to_pil())[0, 0, 3] == round(255 * (1 - 0.5 * 0.75))


def test_flattening_nothing_copies_nothing() -> None:
    cutout = Cutout(noise(), ellipse())
    flat = cutout.flattened()
    assert flat.rgb is cutout.rgb
    assert flat.opacity is cutout.alpha


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_many_layers_are_the_formula(dtype: Any) -> None:
    """Porter and Duff, straight, in double precision."""
    rng = np.random.default_rng(0)
    layers = [Image(noise(dtype=dtype, seed=i), rng.random((40, 60), np.float32).round(1)) for i in range(4)]
    colour, total = np.zeros((40, 60, 3)), np.zeros((40, 60))
    for layer in layers:
        assert layer.opacity is not None
        a = layer.opacity.astype(float)
        colour = layer.rgb * a[..., None] + colour * (1 - a[..., None])  # premultiplied
        total = a + total * (1 - a)
    rgb, opacity = composite(layers)
    assert opacity is not None
    assert np.allclose(opacity, total, atol=1e-6)
    seen = total > 0
    expected = colour[seen] / total[seen][:, None]
    assert np.abs(rgb[seen] - expected).max() <= 0.52 * (1 if dtype == np.uint8 else 2)


def test_an_opaque_layer_hides_all_beneath() -> None:
    top = Image(noise(seed=2))
    rgb, opacity = composite([Image(noise(), ellipse()), top])
    assert np.array_equal(rgb, top.rgb)
    assert opacity is not None
    assert (opacity == 1).all()


@pytest.mark.parametrize("light", [None, light_of(None)])
def test_an_opacity_a_hair_above_1_is_opaque(light: Light | None) -> None:
    """As sums of opacities come out."""
    rng = np.random.default_rng(0)
    below, above = (rng.integers(0, 256, (6, 7, 3), np.uint8) for _ in range(2))
    weight = np.full((6, 7), np.nextafter(np.float32(1), np.float32(2)), np.float32)
    weight[0], weight[1] = 0, 1
    rgb, opacity = composite([Image(below), Image(above, weight)], light)
    assert opacity is None
    assert np.array_equal(rgb[1:], above[1:])
    assert np.array_equal(rgb[0], below[0])
