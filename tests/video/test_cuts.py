"""Where a scene ends, and where it only moves, brightens or is noisy."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.picture.geometry import resize
from matteo.video.cuts import colours_changed, is_cut
from matteo.video.flow import motion
from tests.pictures import photograph

Bytes = NDArray[np.uint8]
SCENES = ("astronaut", "chelsea", "coffee", "rocket", "retina")


def small(name: str) -> Bytes:
    return resize(photograph(name), (320, 320))


def cut_between(before: Bytes, after: Bytes) -> bool:
    return is_cut(before, after, motion(before, after))


@pytest.mark.parametrize(("one", "other"), list(pairwise(SCENES)))
def test_another_photograph_is_another_scene(one: str, other: str) -> None:
    assert cut_between(small(one), small(other))


def test_the_same_colours_elsewhere_are_another_scene_too() -> None:
    before = small("astronaut")
    after = np.ascontiguousarray(before[::-1, ::-1])
    assert colours_changed(before, after) == 0
    assert cut_between(before, after)


@pytest.mark.parametrize("name", SCENES[:3])
def test_what_goes_on_is_no_cut(name: str) -> None:
    before, rng = small(name), np.random.default_rng(0)
    shift = np.array([[1, 0, 20.0], [0, 1, -8]])
    pan = np.asarray(cv2.warpAffine(before, shift, (320, 320), borderMode=cv2.BORDER_REFLECT), np.uint8)
    closer = resize(before[8:-8, 8:-8], (320, 320))
    dimmer = (before * 0.8).astype(np.uint8)
    flash = np.clip(before.astype(int) + 60, 0, 255).astype(np.uint8)
    noisy = np.clip(before + rng.normal(0, 10, before.shape), 0, 255).astype(np.uint8)
    for after in (before, pan, closer, dimmer, flash, noisy):
        assert not cut_between(before, after)


def test_the_histograms_distance_is_a_share() -> None:
    black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    half = black.copy()
    half[:4] = 255
    assert colours_changed(black, black) == 0
    assert colours_changed(black, white) == pytest.approx(1)
    assert colours_changed(black, half) == pytest.approx(0.5)
