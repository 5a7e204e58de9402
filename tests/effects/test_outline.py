"""Outline, sticker and glow: beneath the subject, as wide as they say, and the subject untouched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matteo.effects.glow import glow
from matteo.effects.outline import outline
from matteo.effects.sticker import sticker
from matteo.errors import UsageError
from matteo.picture.colour import srgb_to_profile
from matteo.picture.cutout import Cutout

from ..picture.made import display_p3
from .drawn import cutout, disc, radii


def applied(effect: Any, given: Cutout) -> Cutout:
    found = given.apply(effect)
    assert isinstance(found, Cutout)
    return found


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("icc", [None, display_p3()])
def test_an_outline_is_its_colour_up_to_its_width_and_nothing_beyond(dtype: Any, icc: bytes | None) -> None:
    given = cutout(dtype=dtype, icc=icc)
    found = applied(outline("6px", "#ff8800"), given)
    flat = found.over("black").rgb
    colour = srgb_to_profile((255, 136, 0), icc, given.depth)
    assert (flat[(radii() > 31.5) & (radii() < 35)] == colour).all()
    assert (flat[radii() > 37.5] == 0).all()
    assert np.array_equal(flat[given.alpha == 1], given.rgb[given.alpha == 1])
    assert np.array_equal(found.alpha, given.alpha)
    assert found.under[0].opacity is not None
    assert abs(found.under[0].opacity.sum() / disc(36).sum() - 1) < 0.01  # its area, to parts of a pixel


def test_a_width_is_in_thousandths_of_the_long_side() -> None:
    by_number, by_pixels = applied(outline(50), cutout()), applied(outline("8px"), cutout())
    assert np.array_equal(by_number.over("black").rgb, by_pixels.over("black").rgb)


def test_outlines_of_an_empty_cut_out_are_empty() -> None:
    empty = cutout(np.zeros((40, 60), np.float32))
    for effect in (outline(), sticker(), glow()):
        assert applied(effect, empty).flattened().opacity.max() == 0  # type: ignore[union-attr]


def test_a_sticker_gets_the_room_that_it_needs() -> None:
    given = cutout(disc(30, (70, 70), (35, 35)))
    found = applied(sticker("8px"), given)
    assert found.size_hw[0] > 86
    opacity = found.flattened().opacity
    assert opacity is not None
    border = np.concatenate([opacity[0], opacity[-1], opacity[:, 0], opacity[:, -1]])
    assert border.max() < 0.01
    shadow, paper = (layer.opacity for layer in found.under)
    assert shadow is not None
    assert paper is not None
    rows = np.arange(len(shadow))[:, None]
    assert (shadow * rows).sum() / shadow.sum() - (paper * rows).sum() / paper.sum() == pytest.approx(2.8, abs=0.05)


def test_what_is_faint_beyond_the_outline_is_cut_off() -> None:
    alpha = disc(20)
    alpha[:10] = 0.3
    found = applied(sticker("5px"), cutout(alpha))
    faint = np.isclose(found.alpha, 0.3)
    assert not faint.any()
    plain = applied(outline("5px"), cutout(alpha)).flattened().opacity  # an outline takes and adds nothing there
    assert plain is not None
    assert np.isclose(plain[:5], 0.3).all()


def test_a_glow_fades_and_ends() -> None:
    found = applied(glow("20px", "white", strength=1), cutout())
    assert found.under[0].opacity is not None
    rings = [found.under[0].opacity[np.abs(radii() - at) < 0.7].mean() for at in (31, 36, 41, 46, 52)]
    assert rings == sorted(rings, reverse=True)
    assert rings[0] > 0.85
    assert rings[-1] < 0.05


@pytest.mark.parametrize("make", [outline, sticker, glow])
def test_what_makes_no_sense_is_said_before_any_picture(make: Any) -> None:
    with pytest.raises(UsageError, match="no length"):
        make("thick")
    with pytest.raises(UsageError, match="no colour"):
        make(4, "whit")
