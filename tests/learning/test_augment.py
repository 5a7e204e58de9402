"""Augmentations: decided by their seed, picture and mask stay together, and each does what its name says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.learning.augment import Augmentation, augment, table
from matteo.learning.augment_light import Blur, Colour, Grey, Jpeg, Light, LowLight, Noise
from matteo.learning.augment_place import Crop, Flip, Rotate, Truncate, subject_box
from matteo.learning.augment_scene import OtherScene, Paste, SecondSubject, subject_of
from matteo.learning.data import Pair
from tests.learning.discs import disc_pair, ground_pair
from tests.pictures import photograph

SIZE = (64, 96)
PAIRS = [disc_pair(i) for i in range(6)]
SCENES = [ground_pair(i) for i in range(3)]
TABLE = table(SIZE, PAIRS, SCENES)
EACH = pytest.mark.parametrize("change", [change for _, change in TABLE], ids=lambda change: type(change).__name__)
BLACK = Pair("black", np.zeros((100, 100, 3), np.uint8), np.zeros((100, 100), np.uint8))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def told_by_colour() -> Pair:
    """A picture that is its own mask: white where the subject is, black elsewhere."""
    mask = disc_pair(3).mask
    return Pair("told", np.repeat(mask[..., None], 3, axis=2), mask)


@EACH
def test_each_is_decided_by_its_seed_and_leaves_its_source(change: Augmentation) -> None:
    rgb, mask = PAIRS[0].rgb.copy(), PAIRS[0].mask.copy()
    first, again = (change(rgb, mask, rng(5)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (rgb == PAIRS[0].rgb).all()
    assert (mask == PAIRS[0].mask).all()
    assert first[0].dtype == first[1].dtype == np.uint8
    assert first[0].shape == (*first[1].shape, 3)
    assert first[0].flags.c_contiguous


@EACH
def test_each_changes_something(change: Augmentation) -> None:
    rgb = change(PAIRS[0].rgb, PAIRS[0].mask, rng(5))[0]
    assert rgb.shape != PAIRS[0].rgb.shape or (rgb != PAIRS[0].rgb).any()


def test_the_whole_table_gives_the_size_asked_for_and_the_same_for_a_seed() -> None:
    for seed in range(60):
        rgb, mask = augment(PAIRS[0].rgb, PAIRS[0].mask, TABLE, rng(seed))
        again, _ = augment(PAIRS[0].rgb, PAIRS[0].mask, TABLE, rng(seed))
        assert rgb.shape == (*SIZE, 3)
        assert mask.shape == SIZE
        assert (rgb == again).all()


@pytest.mark.parametrize("change", [Crop(SIZE), Flip(), Rotate(), Truncate()], ids=lambda c: type(c).__name__)
def test_the_mask_goes_where_the_picture_goes(change: Augmentation) -> None:
    pair = told_by_colour()
    for seed in range(20):
        rgb, mask = change(pair.rgb, pair.mask, rng(seed))
        assert np.abs(rgb[..., 0].astype(int) - mask).max() <= 1


def test_a_crop_keeps_most_of_the_subject() -> None:
    pair = told_by_colour()
    crop = Crop((80, 96), whole=0.0, keep=0.9)
    for seed in range(40):
        box = crop._box(pair.mask, rng(seed))
        assert (pair.mask[box] > 127).sum() >= 0.9 * (pair.mask > 127).sum()


def test_what_is_truncated_ends_in_the_subject() -> None:
    pair = told_by_colour()
    for seed in range(20):
        _, mask = Truncate()(pair.rgb, pair.mask, rng(seed))
        assert mask.size < pair.mask.size
        assert max(side.max() for side in (mask[0], mask[-1], mask[:, 0], mask[:, -1])) == 255
        assert (mask > 127).sum() > 0.55 * (pair.mask > 127).sum()


@pytest.mark.parametrize("change", [Light(), Colour(), Grey(), LowLight(), Blur(), Noise(), Jpeg()])
def test_light_and_dirt_leave_the_mask(change: Augmentation) -> None:
    assert change(PAIRS[0].rgb, PAIRS[0].mask, rng())[1] is PAIRS[0].mask


def mean_of(change: Augmentation, name: str = "astronaut") -> NDArray[np.float64]:
    rgb = photograph(name)
    return np.asarray(change(rgb, rgb[..., 0], rng(1))[0].reshape(-1, 3).mean(0), np.float64)


def test_light_by_hand() -> None:
    grey = np.full((8, 8, 3), 100, np.uint8)
    for seed in range(5):
        draw, (out, _) = rng(seed), Light(white=0)(grey, grey[..., 0], rng(seed))
        gamma, gain = np.exp(draw.normal(0, 0.25)), np.exp(draw.normal(0, 0.12))
        draw.normal(0, 0, 3)
        expected = (100 / 255) ** gamma * gain + draw.normal(0, 0.03)
        assert np.abs(out - np.clip(expected, 0, 1) * 255).max() <= 0.51


def test_no_strength_is_no_change() -> None:
    rgb = photograph("coffee")
    for change in (
        Light(0, 0, 0, 0),
        Colour(0),
        Noise((0, 0)),
        Rotate(0),
        LowLight((1, 1), (0, 0), electrons=1e9, read=0),
    ):
        out, _ = change(rgb, rgb[..., 0], rng())
        tolerance = 4 if isinstance(change, LowLight) else 1  # its curve is 2.2 one way and 2 the other
        assert np.percentile(np.abs(out.astype(int) - rgb), 95) <= tolerance * 3, change


def test_grey_has_no_colour_and_low_light_is_darker_and_noisier() -> None:
    rgb = photograph("coffee")
    out, _ = Grey()(rgb, rgb[..., 0], rng())
    assert (out.max(axis=2) == out.min(axis=2)).all()
    assert (mean_of(LowLight()) < photograph("astronaut").reshape(-1, 3).mean(0)).all()
    flat = np.full((200, 200, 3), 120, np.uint8)
    dark = LowLight(exposure=(0.1, 0.1), lift=(0, 0), read=0)(flat, flat[..., 0], rng())[0].astype(float)
    linear = (dark / 255) ** 2  # shot noise: the variance of the electrons is their number
    electrons = linear * 600
    assert electrons.var() == pytest.approx(electrons.mean(), rel=0.1)


def test_noise_has_its_deviation_and_jpeg_keeps_the_channels_apart() -> None:
    flat = np.full((200, 200, 3), 120, np.uint8)
    assert Noise((10, 10))(flat, flat[..., 0], rng())[0].std() == pytest.approx(10, rel=0.03)
    flat[..., 0] = 200
    assert np.abs(Jpeg((20, 21))(flat, flat[..., 0], rng())[0].reshape(-1, 3).mean(0) - (200, 120, 120)).max() < 6


def test_a_composed_subject_lies_where_its_mask_says() -> None:
    for seed in range(20):
        rgb, mask = OtherScene([BLACK])(PAIRS[5].rgb, PAIRS[5].mask, rng(seed))
        assert mask.shape == BLACK.mask.shape
        assert (rgb[mask == 0] == 0).all()
        assert rgb[mask > 250].max(axis=1).min() > 0


def test_a_matched_subject_takes_the_scenes_mean_and_its_edge_is_soft() -> None:
    red = Pair("red", np.full((100, 100, 3), (200, 40, 40), np.uint8), BLACK.mask)
    paste = Paste(match=(1.0, 1.0), outside_chance=0)
    rgb, mask = OtherScene([red], paste)(PAIRS[5].rgb, PAIRS[5].mask, rng(2))
    assert np.abs(rgb[mask == 255].mean(0) - (200, 40, 40)).max() < 8
    assert ((mask > 20) & (mask < 235)).sum() > 10


def test_a_second_subject_is_foreground_beside_the_first() -> None:
    change = SecondSubject([PAIRS[1]], Paste(scale=(0.3, 0.3), outside_chance=0))
    for seed in range(10):
        _, mask = change(PAIRS[0].rgb, PAIRS[0].mask, rng(seed))
        assert (mask >= PAIRS[0].mask).all()
    assert any(
        change(PAIRS[0].rgb, PAIRS[0].mask, rng(seed))[1].sum() > PAIRS[0].mask.sum() * 1.02 for seed in range(10)
    )


def test_a_picture_without_a_subject_to_move_stays_itself() -> None:
    assert subject_box(BLACK.mask) is None
    assert subject_of(BLACK.rgb, BLACK.mask) is None
    assert OtherScene(SCENES)(BLACK.rgb, BLACK.mask, rng())[0] is BLACK.rgb
    assert SecondSubject([BLACK])(PAIRS[0].rgb, PAIRS[0].mask, rng())[1] is PAIRS[0].mask
    assert (Truncate()(BLACK.rgb, BLACK.mask, rng())[0] == BLACK.rgb).all()


def test_a_calmer_table_leaves_crop_and_flip_as_often_and_all_else_less_often() -> None:
    for (before, change), (after, same) in zip(TABLE, table(SIZE, PAIRS, SCENES, strength=0.5), strict=True):
        assert change == same
        assert after == (before if type(change).__name__ in ("Crop", "Flip") else before / 2)
