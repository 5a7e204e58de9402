"""What one mask shows by itself: each fault is found on a mask that has it, and on none of the good ones."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PilImage

from matteo.learning.audit.checks import CHECKS, OF_CUTOUTS
from matteo.learning.audit.kinds import KINDS

Mask = NDArray[np.uint8]


def disc(radius: float, soft: float = 1.0) -> Mask:
    """A disc of 300 x 400 whose alpha falls over `soft` pixels."""
    ys, xs = np.mgrid[0:300, 0:400]
    return np.asarray(np.clip((radius - np.hypot(ys - 150, xs - 200)) / soft + 0.5, 0, 1) * 255, np.uint8)


def by_jpeg(mask: Mask) -> Mask:
    buffer = io.BytesIO()
    PilImage.fromarray(mask).save(buffer, "jpeg", quality=75)
    return np.asarray(PilImage.open(buffer))


def strands() -> Mask:
    """A subject with hair: soft lines of all heights of alpha around it."""
    large = np.zeros((1200, 1600), np.uint8)
    rng = np.random.default_rng(0)
    for angle in rng.uniform(0, 2 * np.pi, 400):
        end = (int(800 + 520 * np.cos(angle)), int(600 + 520 * np.sin(angle)))
        cv2.line(large, (800, 600), end, 255, int(rng.integers(1, 4)))
    cv2.circle(large, (800, 600), 300, 255, -1)
    return np.asarray(cv2.resize(large, (400, 300), interpolation=cv2.INTER_AREA), np.uint8)


GOOD = {
    "hard": disc(90, 0.01),
    "antialiased": disc(90),
    "feathered": disc(90, 40),
    "hair": strands(),
    "at the border": np.roll(disc(120), 120, axis=0),
    "rounded to 16 levels": disc(90, 5) // 17 * 17,
}
FAULTS = {
    "empty": np.zeros((300, 400), np.uint8),
    "full": np.full((300, 400), 255, np.uint8),
    "dim": disc(90) // 2,
    "noisy": by_jpeg(disc(90, 0.01)),
    "plateau": np.where(disc(90) > 0, 255, np.where(disc(120) > 0, 128, 0)).astype(np.uint8),
    "inverted": 255 - disc(90),
    "small": disc(40)[50:250, 100:300],
}
GROUND = np.random.default_rng(3).integers(0, 256, (300, 400, 3)).astype(np.uint8)


def found(rgb: Mask, mask: Mask) -> set[str]:
    return {kind for kind, check in (CHECKS | OF_CUTOUTS).items() if check(rgb[: len(mask), : mask.shape[1]], mask)}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_mask_passes(name: str) -> None:
    assert found(GROUND, GOOD[name]) == set()


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_found(kind: str) -> None:
    assert found(GROUND, FAULTS[kind]) == {kind}


def test_an_erased_background_is_found_and_a_photographed_wall_is_not() -> None:
    mask = disc(90)
    erased = np.where(mask[..., None] > 0, GROUND, 0).astype(np.uint8)
    assert found(erased, mask) == {"no ground"}
    wall = np.where(mask[..., None] > 0, GROUND, 250 + GROUND % 3).astype(np.uint8)
    assert found(wall, mask) == set()


def test_every_check_has_its_line_in_the_table() -> None:
    assert set(CHECKS) | set(OF_CUTOUTS) <= set(KINDS)
    assert set(FAULTS) == set(CHECKS)
    for kind in KINDS.values():
        assert kind.title
        assert kind.advice
