"""The same picture is known again; another is not. What is fast finds what comparing all with all finds."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PilImage

from matteo.learning.audit.hashing import fingerprint, likeness, phash
from matteo.learning.audit.nearby import within
from matteo.learning.audit.twins import ALIKE, SAME, Prints, gathered, twins_across, twins_within
from tests.learning.sets import piece
from tests.pictures import photograph

Rgb = NDArray[np.uint8]
NAMES = ("astronaut", "chelsea", "coffee", "rocket")


def jpeg(rgb: Rgb) -> Rgb:
    buffer = io.BytesIO()
    PilImage.fromarray(rgb).save(buffer, "jpeg", quality=20)
    return np.asarray(PilImage.open(buffer))


CHANGES: dict[str, Callable[[Rgb], Any]] = {
    "smaller": lambda rgb: cv2.resize(rgb, (97, 61), interpolation=cv2.INTER_AREA),
    "jpeg": jpeg,
    "darker": lambda rgb: (rgb * 0.6).astype(np.uint8),
    "flatter": lambda rgb: (rgb * 0.5 + 90).astype(np.uint8),
    "grey": lambda rgb: np.dstack([cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)] * 3),
    "a little cropped": lambda rgb: rgb[4:-4, 4:-4],
    "mirrored": lambda rgb: np.ascontiguousarray(rgb[:, ::-1]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_changed_copy_is_known_again(name: str, change: str) -> None:
    others = gathered([fingerprint(photograph(other)) for other in NAMES])
    changed = np.asarray(CHANGES[change](photograph(name)), np.uint8)
    (twin,) = twins_across(gathered([fingerprint(changed)]), others)
    assert NAMES[twin.other] == name
    assert twin.same
    assert twin.mirrored == (change == "mirrored")


def test_different_pictures_are_no_twins() -> None:
    pieces = [piece(index) for index in range(60)]
    assert twins_within(gathered([fingerprint(rgb) for rgb in pieces])) == []


def test_blank_pictures_are_not_taken_for_each_other() -> None:
    rng = np.random.default_rng(0)
    blank = [(128 + rng.integers(-1, 2, (64, 64, 3))).astype(np.uint8) for _ in range(20)]
    assert twins_within(gathered([fingerprint(rgb) for rgb in blank])) == []


def test_two_products_in_one_studio_are_alike_and_not_the_same() -> None:
    """A structured ground, and on it once a dark and once a light thing."""
    dark, light = (np.ascontiguousarray(photograph("coffee")) for _ in range(2))
    cv2.circle(dark, (100, 330), 24, (20, 20, 20), -1)
    cv2.circle(light, (100, 330), 24, (220, 220, 220), -1)
    (twin,) = twins_within(gathered([fingerprint(dark), fingerprint(light)]))
    assert twin.likeness > ALIKE
    assert not twin.same


def test_copies_name_the_first_of_them() -> None:
    a, b, other = photograph("chelsea"), jpeg(photograph("chelsea")), photograph("coffee")
    twins = twins_within(gathered([fingerprint(rgb) for rgb in (other, a, b, a, a[:, ::-1])]))
    assert [(twin.index, twin.other) for twin in twins] == [(2, 1), (3, 1), (4, 1)]
    assert [twin.mirrored for twin in twins] == [False, False, True]


def test_a_hash_is_that_of_the_signs_of_its_frequencies() -> None:
    """Of a single low cosine one frequency stands out, whose bit is set; turned dark for light, it is not."""
    across = np.cos(np.pi * (np.arange(32) + 0.5) / 32 * 3)
    grey = np.rint(128 + 60 * np.repeat(across[None], 32, 0)).astype(np.uint8)
    third = 1 << (63 - 3)  # row 0, column 3, from the highest bit
    assert phash(grey) & third
    assert not phash(255 - grey) & third


def test_likeness_is_a_correlation() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 256, (2, 5, 16, 16)).astype(np.uint8)
    expected = [np.corrcoef(x.ravel(), y.ravel())[0, 1] for x, y in zip(a, b, strict=True)]
    assert likeness(a, b)[0] == pytest.approx(expected, abs=1e-12)
    like, apart = likeness(a, a // 2)
    assert like == pytest.approx(np.ones(5), abs=0.01)
    assert apart.max() < 0.05
    assert (likeness(a, a)[1] == 0).all()


def clustered(count: int, seed: int) -> NDArray[np.uint64]:
    """Hashes a few bits away from one of fifty."""
    rng = np.random.default_rng(seed)
    hashes = np.random.default_rng(9).integers(0, 1 << 64, 50, dtype=np.uint64)[rng.integers(50, size=count)]
    for _ in range(5):
        hashes ^= np.uint64(1) << rng.integers(0, 64, count, dtype=np.uint64)
    return hashes


@pytest.mark.parametrize("radius", [0, 5, 10, 13])
def test_the_fast_search_finds_all_and_nothing_else(radius: int) -> None:
    known = clustered(900, 1)
    queries = np.concatenate([clustered(700, 0), known[::9]])
    i, j = within(queries, known, radius)
    expected = np.argwhere(np.bitwise_count(queries[:, None] ^ known[None]) <= radius)
    assert (np.stack([i, j], 1) == expected).all()
    assert len(expected) >= 100
    none = np.empty(0, np.uint64)
    assert within(none, known, 5)[0].size == within(queries, none, 5)[0].size == 0


def test_ten_thousand_pictures_take_seconds_even_if_all_are_one() -> None:
    rng = np.random.default_rng(2)
    thumbs = rng.integers(0, 256, (10_000, 16, 16)).astype(np.uint8)
    hashes = rng.integers(0, 1 << 64, 10_000, dtype=np.uint64)
    start = time.process_time()
    assert twins_within(Prints(hashes, ~hashes, thumbs)) == []
    one = Prints(hashes[:1].repeat(10_000), ~hashes[:1].repeat(10_000), thumbs[:1].repeat(10_000, 0))
    assert len(twins_within(one)) == 9_999
    assert time.process_time() - start < 20
    assert 0.8 < ALIKE < SAME < 1
