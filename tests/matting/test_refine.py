"""The way from a coarse alpha to the full size: with small filters as the network, whose answers are known, and with
the refiner that ships."""

from __future__ import annotations

import tracemalloc
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.learning.data import Pair
from matteo.learning.synthesis.layer import Layer
from matteo.learning.synthesis.scene import subject_of
from matteo.learning.synthesis.strands import Growth, grow
from matteo.matting.parts import MARGIN, MULTIPLE
from matteo.matting.refine import LARGEST_STEP, WORKING, levels, refine, shrunk, worked_at
from matteo.matting.surroundings import BLOCK
from matteo.matting.trimap import HINTED
from matteo.models.companions import REFINER, companion
from matteo.picture.geometry import resize
from tests.matting.squares import filtering
from tests.pictures import photograph

Floats = NDArray[np.float32]


def disc(height: int, width: int, radius: float) -> Floats:
    y, x = np.mgrid[:height, :width] + 0.5
    return np.asarray(np.clip(radius - np.hypot(y - height / 2, x - width / 2) + 0.5, 0, 1), np.float32)


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@filtering
def half(patches: Floats, _: Floats) -> Floats:
    return np.full((len(patches), 1, *patches.shape[2:]), 0.5, np.float32)


@filtering
def mean_around(patches: Floats, around: Floats) -> Floats:
    """Depends on all that the network sees, as far as its margin reaches, and on what it is told is around."""
    side = 2 * MARGIN - 1
    means = [cv2.blur(p.transpose(1, 2, 0), (side, side)).mean(2) for p in patches]
    told = np.repeat(np.repeat(around.mean(1), BLOCK, 1), BLOCK, 2)
    return np.asarray((np.stack(means) + told)[:, None], np.float32)


@cache
def hairy() -> tuple[NDArray[np.uint8], Floats]:
    """A cat's head that was given strands, before a cup of coffee: a photograph and its true alpha."""
    chelsea = photograph("chelsea")
    mask = (disc(chelsea.shape[0], chelsea.shape[1], 110) * 255).astype(np.uint8)
    rng = np.random.default_rng(3)
    subject = subject_of(Pair("chelsea", chelsea, mask), 900, rng)
    growth = Growth(count=500, length=110, width=2.0, spread=0.4, flow=(0.0, 0.0), curl=0.3, clump=0.3)
    layer: Layer = grow(subject, growth, rng).over(subject)
    behind = resize(photograph("coffee"), (layer.alpha.shape[0], layer.alpha.shape[1])).astype(np.float32) / 255
    a = layer.alpha[..., None]
    return np.rint((a * layer.rgb + (1 - a) * behind) * 255).astype(np.uint8), layer.alpha


def test_outside_the_band_nothing_changes_by_a_bit_and_inside_it_is_the_networks() -> None:
    coarse = disc(300, 420, 90)
    alpha = refine(noise(300, 420), coarse, half)
    changed = alpha != coarse
    assert (alpha[changed] == 0.5).all()
    assert (changed == (alpha == 0.5))[coarse != 0.5].all()
    far = np.abs(disc(300, 420, 80) - disc(300, 420, 100)) == 0  # ten pixels from the edge
    assert not changed[far].any()
    assert changed[(coarse > 0.05) & (coarse < 0.95) & (coarse != 0.5)].all()


@pytest.mark.parametrize("side", [40, 96, 200, 1000])
def test_the_tiling_does_not_show(side: int) -> None:
    rgb, coarse = noise(700, 500), disc(140, 100, 40)
    whole = refine(rgb, coarse, mean_around, side=2000)
    assert np.abs(refine(rgb, coarse, mean_around, side=side) - whole).max() < 1e-5


def test_the_tiling_of_the_refiner_that_ships_stays_under_one_level_of_255() -> None:
    rgb, true = hairy()
    coarse = resize(true, (true.shape[0] // 4, true.shape[1] // 4))
    run = companion(REFINER, threads=1).run
    whole = refine(rgb, coarse, run, side=2048)
    assert np.abs(refine(rgb, coarse, run, side=128) - whole).max() <= 1 / 255


def test_the_refiner_that_ships_brings_strands_back() -> None:
    rgb, true = hairy()
    coarse = cv2.GaussianBlur(resize(true, (true.shape[0] // 4, true.shape[1] // 4)), (0, 0), 1.0)
    alpha = refine(rgb, np.asarray(coarse, np.float32), companion(REFINER, threads=1).run)
    plain = resize(np.asarray(coarse, np.float32), (true.shape[0], true.shape[1]))
    assert np.abs(alpha - true).sum() < 0.9 * np.abs(plain - true).sum()
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_a_trimap_alone_is_enough_for_the_refiner_that_ships() -> None:
    rgb, true = hairy()
    unknown = cv2.dilate(((true > 0) & (true < 1)).astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
    trimap = np.where(unknown, 128, np.where(true > 0.5, 255, 0)).astype(np.uint8)
    alpha = refine(rgb, None, companion(REFINER, threads=1).run, trimap)
    assert (alpha[trimap == 0] == 0).all()
    assert (alpha[trimap == 255] == 1).all()
    assert np.abs(alpha - true)[unknown].mean() < 0.55 * np.abs(0.5 - true)[unknown].mean()


def test_16_bit_gives_what_8_bit_gives() -> None:
    rgb, coarse = noise(300, 420), disc(75, 105, 20)
    eight = refine(rgb, coarse, mean_around)
    assert (
        np.abs(refine(rgb.astype(np.uint16) * 257, coarse, mean_around) - eight).max() < 1e-3
    )  # smaller pictures of 8 bits are rounded


def test_only_what_the_band_touches_is_run() -> None:
    seen: list[tuple[int, ...]] = []

    @filtering
    def counting(patches: Floats, _: Floats) -> Floats:
        seen.append(patches.shape)
        return patches[:, 3:4]

    two = np.maximum(np.roll(disc(1200, 1200, 50), 400, 1), np.roll(disc(1200, 1200, 50), -400, 1))
    refine(noise(1200, 1200), two, counting, side=384)
    assert sum(h * w for _, _, h, w in seen) < 8 * (100 + 2 * MARGIN + 16) ** 2  # of 1200 x 1200
    assert all(h % MULTIPLE == w % MULTIPLE == 0 for _, _, h, w in seen)
    seen.clear()
    refine(noise(400, 400), np.ones((100, 100), np.float32), counting)
    assert seen == []


def test_a_large_picture_is_worked_at_a_whole_fraction() -> None:
    assert worked_at((1500, WORKING)) == (1500, WORKING)
    assert worked_at((3000, 4000)) == (1500, 2000)
    assert worked_at((8700, 11600)) == (1450, 1933)
    assert worked_at((1, 5000)) == (1, 1666)


def test_sizes_grow_evenly_by_at_most_the_largest_step() -> None:
    for full in ((3000, 4000), (8700, 11600), (320, 240), (100, 90), (1281, 1000)):
        sizes = [(320, 320), *levels((320, 320), full, at_start=False)]
        assert sizes[-1] == full
        for (before, _), (after, _) in pairwise(sizes[1:]):
            assert 1 < after / before <= LARGEST_STEP * 1.01
    assert levels((200, 300), (1800, 2700), at_start=True) == [(200, 300), (600, 900), (1800, 2700)]


def test_a_networks_doubt_far_from_any_outline_is_left_as_it_is() -> None:
    coarse = disc(320, 320, 60)
    coarse[:40] = 0.3  # a veil over the background
    rgb = noise(640, 640)
    guess = refine(rgb, coarse, half, guessed=True)
    assert np.abs(guess[:64] - 0.3).max() < 1e-3
    assert (guess == 0.5).any()
    assert (refine(rgb, coarse, half)[:64] == 0.5).all()


def test_hair_is_looked_for_where_the_network_hinted_at_it_and_not_beyond() -> None:
    """A disc; of a ring 15 samples wide around it the network was faintly sure before its alpha was cleaned."""
    coarse, rgb = disc(200, 200, 50), noise(400, 400)
    hints = np.maximum(coarse, np.float32(0.05) * disc(200, 200, 65))

    @filtering
    def one(patches: Floats, _: Floats) -> Floats:
        return np.ones((len(patches), 1, *patches.shape[2:]), np.float32)

    plain, hinted = (refine(rgb, coarse, one, guessed=True, hints=told) for told in (None, hints))
    from_centre = np.hypot(*(np.mgrid[:400, :400] + 0.5 - 200))
    ring = (from_centre > 112) & (from_centre < 124)
    assert (plain[ring] == 0).all()
    assert (hinted[ring] == 1).all()
    assert (hinted[from_centre > 144] == 0).all()
    far = np.maximum(coarse, np.float32(0.05))  # a veil over all of it is followed up to a distance only
    veiled = refine(rgb, coarse, one, guessed=True, hints=far)
    assert (veiled[from_centre > 2 * (50 + HINTED + 3)] == 0).all()


def test_in_the_band_the_network_sees_the_hints_themselves() -> None:
    coarse, rgb = disc(100, 100, 30), noise(100, 100)
    hints = np.clip(coarse * np.float32(0.9) + np.float32(0.05) * disc(100, 100, 40), 0, 1)
    given: list[Floats] = []

    @filtering
    def run(patches: Floats, _: Floats) -> Floats:
        given.append(patches[0])
        return patches[:, 3:4]

    refine(rgb, coarse, run, guessed=True, hints=hints)
    assert len(given) == 1
    x = given[0]
    assert x.shape[1:] == (104, 104)  # the whole picture, to a multiple of 8
    unknown = x[4, :100, :100] > 0
    assert np.abs(x[3, :100, :100] - np.where(unknown, hints, coarse)).max() < 1e-6
    assert unknown[50, 50 + 38]


def test_coarse_alpha_may_be_larger_than_the_picture() -> None:
    alpha = refine(noise(60, 80), disc(320, 320, 90), half)
    assert alpha.shape == (60, 80)
    assert alpha[30, 40] == 1
    assert alpha[0, 0] == 0


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 500), (500, 1), (3, 2000)])
def test_odd_shapes(size_hw: tuple[int, int]) -> None:
    coarse = np.random.default_rng(2).random((min(size_hw[0], 20), min(size_hw[1], 20)), np.float32)
    alpha = refine(noise(*size_hw), coarse, mean_around)
    assert alpha.shape == size_hw
    assert np.isfinite(alpha).all()


def test_neither_coarse_alpha_nor_trimap_is_refused() -> None:
    with pytest.raises(ValueError, match="trimap"):
        refine(noise(10, 10), None, half)


def test_memory_at_full_size_is_the_result_and_little_more() -> None:
    rgb, coarse = noise(4000, 5000), disc(320, 400, 100)
    tracemalloc.start()
    refine(rgb, coarse, half)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.5 * 4 * rgb.shape[0] * rgb.shape[1]


def test_where_the_network_gives_no_number_the_coarse_alpha_stays() -> None:
    @filtering
    def broken(patches: Floats, _: Floats) -> Floats:
        found = np.full_like(patches[:, :1], 0.5)
        found[:, :, ::2], found[:, :, 1::4] = np.nan, np.inf
        return found

    coarse = disc(300, 420, 90)
    alpha = refine(noise(300, 420), coarse, broken)
    good = refine(noise(300, 420), coarse, half)
    assert np.isfinite(alpha).all()
    assert ((alpha == coarse) | (alpha == good)).all()
    assert (alpha[::2] == coarse[::2]).all()
    assert (alpha != coarse).any()


def test_a_large_trimap_is_known_at_the_working_size_where_all_that_a_pixel_covers_is() -> None:
    trimap = np.zeros((60, 80), np.uint8)
    trimap[:, 20:], trimap[:, 41:] = 128, 255
    small = shrunk(trimap, (15, 20))
    assert small[0].tolist() == [0] * 5 + [128] * 6 + [255] * 9
    trimap[3, 3], trimap[59, 79] = 1, 254
    assert (shrunk(trimap, (15, 20)) != small).sum() == 2
    assert shrunk(trimap, (100, 80)) is trimap


def test_with_a_trimap_memory_is_bounded_too_and_it_is_kept_to_the_pixel() -> None:
    rgb, alpha = noise(4000, 5000), disc(4000, 5000, 1500)
    trimap = np.where(cv2.erode(alpha, np.ones((21, 21))) == 1, 255, 128).astype(np.uint8)
    trimap[cv2.dilate(alpha, np.ones((21, 21))) == 0] = 0
    tracemalloc.start()
    found = refine(rgb, None, half, trimap)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2.5 * 4 * trimap.size
    assert (found[trimap == 0] == 0).all()
    assert (found[trimap == 255] == 1).all()
    assert (np.abs(found - 0.5)[trimap == 128] < 0.01).mean() > 0.8  # near its ends the enlarging has its say
