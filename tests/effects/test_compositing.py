"""Light wrap, harmonisation, grain and sharpness: what they change, how far, and what they leave alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from skimage import color

from matteo.effects.backdrop import picture
from matteo.effects.background import colour
from matteo.effects.harmonize import FARTHEST, harmonize
from matteo.effects.lab import from_lab, to_lab
from matteo.effects.light_wrap import light_wrap
from matteo.effects.match import edge_sigma, grain_sigma, match
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image
from matteo.picture.light import light_of
from matteo.picture.noise import estimate_sigma

from ..picture.made import display_p3
from ..pictures import photograph
from .scenes import scene


def made(effect: Any, cutout: Cutout | None = None) -> Cutout:
    result = effect(scene(noise=5).cutout if cutout is None else cutout)
    assert isinstance(result, Cutout)
    return result


def means(cutout: Cutout) -> Any:
    tone = light_of(cutout.metadata.icc)
    solid = cutout.alpha == 1
    return to_lab(tone.linear(cutout.rgb[solid]), tone.matrix).mean(axis=0)


def test_lab_is_that_of_scikit_image() -> None:
    """Under D50, with the sRGB primaries adapted to it."""
    rgb = np.random.default_rng(0).integers(0, 256, (200, 1, 3)).astype(np.uint8)
    tone = light_of(None)
    found = to_lab(tone.linear(rgb)[:, 0], tone.matrix)
    xyz = color.rgb2xyz(rgb)[:, 0]
    bradford = np.array([[1.0478, 0.0229, -0.0501], [0.0295, 0.9905, -0.0171], [-0.0092, 0.0150, 0.7521]])
    expected = color.xyz2lab((xyz @ bradford.T)[:, None], illuminant="D50")[:, 0]
    assert np.abs(found - expected).max() < 0.3
    assert np.abs(from_lab(found, tone.matrix) - tone.linear(rgb)[:, 0]).max() < 1e-4


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("icc", [None, display_p3()])
@pytest.mark.parametrize("name", ["#203060", "#ffd890", "#408040"])
def test_the_means_approach_and_no_farther_than_said(dtype: Any, icc: bytes | None, name: str) -> None:
    before = scene(dtype=dtype, icc=icc, colour=(140, 130, 120)).cutout
    after = made(harmonize(colour(name), strength=1), before)
    flat: Any = np.broadcast_to(colour(name).behind(before).rgb, before.rgb.shape)
    target = means(replace(before, rgb=flat))
    gap, moved = target - means(before), means(after) - means(before)
    assert (np.abs(moved) <= FARTHEST + 0.5).all()
    assert (moved * np.sign(gap) >= -0.3).all()
    assert np.linalg.norm(target - means(after)) < np.linalg.norm(gap)
    half = means(made(harmonize(colour(name), strength=0.5), before)) - means(before)
    assert half == pytest.approx(moved / 2, abs=0.6)
    assert after.rgb.dtype == dtype
    assert after.alpha is before.alpha


def test_a_subjects_own_colour_is_not_taken_for_its_light() -> None:
    """An orange car with a white stripe, before plain grey of the same brightness: the stripe stays white."""
    before = scene(colour=(230, 90, 30)).cutout
    rgb = before.rgb.copy()
    rgb[80:100][before.alpha[80:100] > 0] = 200
    after = made(harmonize("rgb(140, 140, 140)", strength=1), replace(before, rgb=rgb))
    stripe = (before.alpha == 1) & (rgb == 200).all(axis=2)
    tone = light_of(None)
    assert np.abs(to_lab(tone.linear(after.rgb[stripe]), tone.matrix)[:, 1:]).max() < 1.5


def test_black_stays_black_and_hidden_stays_hidden() -> None:
    before = scene(colour=(0, 0, 0)).cutout
    assert np.array_equal(made(harmonize("#ffcc66"), before).rgb, before.rgb)
    after = made(harmonize("#ffcc66"))
    assert not after.rgb[after.alpha == 0].any()


def test_strength_0_changes_nothing() -> None:
    before = scene(noise=5).cutout
    for effect in (harmonize, light_wrap, match):
        behind = picture(np.ascontiguousarray(photograph("coffee")))
        assert np.array_equal(made(effect(behind, strength=0), before).rgb, before.rgb)


def test_light_is_added_at_the_rim_only() -> None:
    before = scene((200, 300), colour=(60, 60, 60)).cutout
    after = made(light_wrap("#80c0ff", strength=0.6, width=8), before)
    deep = cv2.erode((before.alpha == 1).astype(np.uint8), np.ones((21, 21), np.uint8)) > 0
    assert np.array_equal(after.rgb[deep], before.rgb[deep])
    assert (after.rgb >= before.rgb).all()
    rim = (before.alpha > 0.5) & (before.alpha < 1)
    added = (after.rgb.astype(int) - before.rgb)[rim].mean(axis=0)
    assert added[2] > added[1] > added[0] > 10
    assert np.array_equal(after.rgb[before.alpha == 0], before.rgb[before.alpha == 0])
    assert np.array_equal(made(light_wrap("black"), before).rgb, before.rgb)


def test_beyond_the_border_is_no_light() -> None:
    before = scene((200, 300), box=(0.2, 0.3, 0.8, 1.6), colour=(60, 60, 60)).cutout
    after = made(light_wrap("white", strength=1, width=10), before)
    middle = slice(120, 180)
    assert np.array_equal(after.rgb[-1, middle], before.rgb[-1, middle])


@pytest.mark.parametrize("sigma", [0.8, 1.5, 2.5])
def test_the_blur_of_edges_is_found(sigma: float) -> None:
    steps = np.zeros((200, 200, 3), np.float32)
    steps[:, 50:100], steps[:, 150:] = 200, 120
    soft = np.rint(cv2.GaussianBlur(steps, (0, 0), sigma)).astype(np.uint8)
    assert edge_sigma(soft) == pytest.approx(sigma, rel=0.3)
    assert edge_sigma(np.full((50, 50, 3), 90, np.uint8)) == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grain_and_sharpness_become_the_backgrounds(dtype: Any) -> None:
    picked = np.ascontiguousarray(photograph("astronaut")[:300, :400])
    alpha = scene((300, 400), box=(0.05, 0.05, 0.95, 0.95)).cutout.alpha
    scale = 257 if dtype == np.uint16 else 1
    before = Cutout((picked * (alpha > 0)[..., None]).astype(dtype) * dtype(scale), alpha)
    soft = cv2.GaussianBlur(photograph("coffee")[:300, :400].astype(np.float32), (0, 0), 2)
    grainy = soft + np.random.default_rng(0).normal(0, 8, soft.shape)
    behind = picture(Image(np.clip(np.rint(grainy), 0, 255).astype(np.uint8)))
    after = made(match(behind), before)
    solid = np.where(alpha[..., None] == 1, after.rgb, after.rgb.dtype.type(0))
    wanted = estimate_sigma(behind.behind(before).rgb)
    assert wanted > 5
    assert estimate_sigma(solid) == pytest.approx(wanted, rel=0.2)
    assert np.array_equal(after.rgb, made(match(behind), before).rgb)
    only_soft = made(match(picture(Image(np.rint(soft).astype(np.uint8)))), before)
    inner = cv2.erode((alpha == 1).astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
    assert edge_sigma(before.rgb, inner) < 1.2
    assert edge_sigma(only_soft.rgb, inner) > 1.5


def test_a_sharper_background_changes_nothing() -> None:
    soft: Any = cv2.GaussianBlur(photograph("coffee")[:180, :240], (0, 0), 2)
    before = replace(scene().cutout, rgb=soft)
    squares = np.kron(np.indices((6, 8)).sum(axis=0) % 2 * 150 + 50, np.ones((30, 30)))
    sharp = picture(np.repeat(squares[..., None], 3, axis=2).astype(np.uint8))
    assert made(match(sharp), before) is before
    assert made(match("white"), before) is before


def grainy(size_hw: tuple[int, int], seed: int) -> Any:
    """Grey with grain of deviation 6."""
    rng = np.random.default_rng(seed)
    return np.rint(128 + 6 * rng.standard_normal((*size_hw, 3), np.float32)).astype(np.uint8)


def test_a_small_subject_in_a_large_picture_keeps_its_grain() -> None:
    """In none of the tiles that a picture of this size is looked at in, were they laid over all of it."""
    alpha = np.zeros((2400, 2400), np.float32)
    alpha[300:700, 300:700] = 1
    before = Cutout(grainy((2400, 2400), 0), alpha)
    assert grain_sigma(before.rgb, alpha == 1) == pytest.approx(6, rel=0.15)
    after = made(match(Image(grainy((2400, 2400), 1))), before)
    assert after.rgb[alpha == 1].std() == pytest.approx(6, rel=0.15)


def test_grain_of_too_few_pixels_cannot_be_told_and_gets_no_more() -> None:
    alpha = np.zeros((200, 200), np.float32)
    alpha[100:110, 100:110] = 1
    before = Cutout(grainy((200, 200), 0), alpha)
    assert grain_sigma(before.rgb, alpha == 1) is None
    assert made(match(Image(grainy((200, 200), 1))), before) is before
