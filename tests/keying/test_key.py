"""Alpha by a screen's colour: near the truth, solid inside, and what it does with a network's word."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.keying.key import GRID, inside, key, likeness, noise, subjects_own
from matteo.keying.screen import find_screen
from matteo.picture.geometry import resize
from tests.keying.screens import BLUE, GREEN, YELLOW, shot

SKIN = (0.8, 0.6, 0.5)


@pytest.mark.parametrize(
    ("colour", "subject"), [(GREEN, SKIN), (BLUE, SKIN), (YELLOW, SKIN), (GREEN, (0.05, 0.05, 0.05))]
)
def test_alpha_is_near_the_truth_in_hair_and_exact_elsewhere(
    colour: tuple[float, float, float], subject: tuple[float, float, float]
) -> None:
    taken = shot(colour, subject)
    alpha = key(taken.rgb, find_screen(taken.rgb))
    assert (alpha[taken.alpha == 0] == 0).mean() > 0.998
    assert (alpha[taken.alpha == 1] == 1).mean() > 0.995
    soft = (taken.alpha > 0) & (taken.alpha < 1)
    assert soft.sum() > 500
    assert np.abs(alpha - taken.alpha)[soft].mean() < 0.08


def test_what_the_screens_noise_seems_to_be_is_measured() -> None:
    told = []
    for sigma in (0.2 / 255, 3 / 255, 8 / 255):
        taken = shot(noise=sigma, uneven=0)
        screen = find_screen(taken.rgb)
        told.append(noise(likeness(taken.rgb, screen), screen))
        assert (key(taken.rgb, screen)[taken.alpha == 0] == 0).mean() > 0.997
    assert told[0] == pytest.approx(0.03)
    assert told[0] < told[1] < told[2] < 0.31


def test_likeness_is_1_on_the_screen_0_on_grey_and_less_for_other_hues() -> None:
    taken = shot(noise=0, subject=(0.5, 0.5, 0.5))
    like = likeness(taken.rgb, find_screen(taken.rgb))
    assert like[taken.alpha == 0].mean() == pytest.approx(1, abs=0.02)
    assert like[taken.alpha == 1].mean() == pytest.approx(0, abs=0.02)
    red = shot(noise=0, subject=(0.7, 0.2, 0.3))
    assert likeness(red.rgb, find_screen(red.rgb))[red.alpha == 1].max() < -0.2


def test_a_subject_with_something_of_the_screens_hue_stays_solid() -> None:
    taken = shot(YELLOW, subject=(0.75, 0.62, 0.4))
    like = likeness(taken.rgb, find_screen(taken.rgb))
    assert like[taken.alpha == 1].mean() > 0.1
    assert resize(subjects_own(like), like.shape)[taken.alpha == 1].mean() > 0.1
    assert (key(taken.rgb, find_screen(taken.rgb))[taken.alpha == 1] > 0.98).mean() > 0.99


def test_the_same_in_16_bits_and_in_strips_of_a_tall_picture() -> None:
    taken = shot(size_hw=(700, 300))
    screen = find_screen(taken.rgb)
    eight, sixteen = key(taken.rgb, screen), key(taken.rgb.astype(np.uint16) * 257, screen)
    assert np.abs(eight - sixteen).max() < 0.01
    rows = np.abs(np.diff(likeness(taken.rgb, screen), axis=0)).mean(1)
    assert rows[[255, 511]].max() < 3 * np.median(rows)  # no seam


def test_where_a_network_is_sure_the_inside_is_kept_but_a_hole_stays() -> None:
    taken = shot()
    rgb = taken.rgb.copy()
    rgb[170:180, 150:170] = (105, 140, 105)  # something greenish on the subject
    rgb[140:155, 150:170] = np.rint(255 * taken.plate[140:155, 150:170])  # a hole in it
    screen = find_screen(rgb)
    network = (taken.alpha > 0.5).astype(np.float32)
    without, with_it = key(rgb, screen), key(rgb, screen, network)
    assert without[175, 160] < 0.9
    assert with_it[175, 160] == 1
    assert with_it[147, 160] == 0
    assert np.array_equal(with_it[:60], without[:60])


def test_a_network_that_takes_the_screen_for_the_subject_does_no_harm() -> None:
    taken = shot()
    alpha = key(taken.rgb, find_screen(taken.rgb), np.ones_like(taken.alpha))
    assert (alpha[taken.alpha == 0] == 0).mean() > 0.998


def test_a_large_mask_is_looked_at_on_the_coarse_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def watched(coarse: NDArray[np.float32]) -> NDArray[np.bool_]:
        seen.append(coarse.shape)
        return inside(coarse)

    monkeypatch.setattr("matteo.keying.key.inside", watched)
    taken = shot(size_hw=(1200, 800))
    alpha = key(taken.rgb, find_screen(taken.rgb), (taken.alpha > 0.5).astype(np.float32))
    assert seen == [(GRID, 2 * GRID // 3)]  # its time grows with the fourth power of the side
    assert (alpha[taken.alpha == 1] == 1).mean() > 0.995


def test_a_picture_wider_than_opencv_takes_is_keyed() -> None:
    wide = np.tile(shot(size_hw=(60, 40)).rgb[:4], (1, 1000, 1))
    assert key(wide, find_screen(wide, "green")).shape == wide.shape[:2]


def test_inside_lies_well_within_and_reaches_the_picture_s_border() -> None:
    coarse = np.zeros((100, 100), np.float32)
    coarse[50:, 20:80] = 1
    found = inside(coarse)
    assert found[99, 50]
    assert found[55, 50]
    assert not found[52, 50]
    assert not found[75, 22]
