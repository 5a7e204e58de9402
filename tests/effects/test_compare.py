"""Comparison pictures hold the pixels that they compare."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import PIL.Image
import pytest

from matteo.effects.compare import DARK, GAP, LARGEST, LIGHT, moving, sheet, shown, side_by_side, split, thumbnail
from matteo.errors import UnsupportedFormat, UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image, Metadata

from ..picture.made import display_p3, noise
from .drawn import cutout


def test_split_is_before_on_the_left_and_after_on_the_right() -> None:
    before, after = noise(40, 61), noise(40, 61, seed=1)
    found = split(Image(before), Image(after)).rgb
    assert np.array_equal(found[:, :29], before[:, :29])
    assert np.array_equal(found[:, 33:], after[:, 33:])
    assert (found[:, 30] == 255).all()
    assert np.array_equal(split(Image(before), Image(after), at=0).rgb[:, 3:], after[:, 3:])


def test_labels_are_written_and_cover_little() -> None:
    before = noise(100, 400)
    plain = split(Image(before), Image(before)).rgb
    found = split(Image(before), Image(before), labels=("before", "after")).rgb
    changed = (plain != found).any(2)
    assert 0.01 < changed.mean() < 0.1
    assert not changed[30:].any()


def test_what_is_see_through_lies_on_a_checkerboard_and_colours_are_srgb() -> None:
    given = cutout()
    image = shown(given)
    nothing = image.rgb[given.alpha == 0]
    assert set(np.unique(nothing)) == {DARK, LIGHT}
    assert np.array_equal(image.rgb[given.alpha == 1], given.rgb[given.alpha == 1])
    p3 = Image(np.full((4, 4, 3), (200, 80, 60), np.uint8), metadata=Metadata(icc=display_p3()))
    assert shown(p3).metadata.icc is None
    assert shown(p3).rgb[0, 0, 0] > 200  # the same red is farther out in sRGB


def test_two_sizes_are_refused_and_side_by_side_takes_them() -> None:
    with pytest.raises(UsageError, match="60 x 40 and 30 x 20"):
        split(Image(noise()), Image(noise(20, 30)))
    found = side_by_side(Image(noise()), Image(noise(20, 30)))
    assert found.size_hw == (20 + 2 * GAP, 30 + 30 + 3 * GAP)


def test_a_sheet_has_a_cell_for_every_picture() -> None:
    pictures = [Image(np.full((50, 100, 3), 20 * n, np.uint8)) for n in range(5)]
    found = sheet(pictures, columns=2, tile=50).rgb
    assert found.shape[1] == 2 * 50 + 3 * GAP
    for n in range(5):
        row, column = divmod(n, 2)
        assert (found[GAP + row * (25 + GAP) + 12, GAP + column * (50 + GAP) + 25] == 20 * n).all()
    with pytest.raises(UsageError, match="at least one"):
        sheet([])
    with pytest.raises(UsageError, match="columns"):
        sheet(pictures, columns=0)


def test_labels_of_a_sheet_lie_under_their_pictures() -> None:
    pictures = [Image(np.full((20, 40, 3), 200, np.uint8))] * 2
    plain, found = (
        sheet(pictures, columns=2, tile=40).rgb,
        sheet(pictures, labels=["a.jpg", "b.jpg"], columns=2, tile=40).rgb,
    )
    assert len(found) > len(plain)
    assert found[GAP + 20 : GAP + 40].min() < 150


@pytest.mark.parametrize("format", ["webp", "avif"])
def test_a_moving_picture_begins_with_before_and_reaches_after(format: str) -> None:
    before, after = (np.full((48, 64, 3), value, np.uint8) for value in (40, 220))
    file = PIL.Image.open(io.BytesIO(moving(Image(before), Image(after), format, seconds=0.5)))
    assert file.format == format.upper()
    levels = []
    for n in range(file.n_frames):  # type: ignore[attr-defined]
        file.seek(n)
        levels.append(float(np.asarray(file.convert("RGB")).mean()))
    assert levels[0] == pytest.approx(40, abs=2)
    assert max(levels) == pytest.approx(220, abs=2)
    assert len(levels) > 10
    assert file.info.get("loop", 0) == 0


def test_what_does_not_move_is_refused() -> None:
    with pytest.raises(UnsupportedFormat, match="webp or avif"):
        moving(Image(noise()), Image(noise()), "png")


def test_what_moves_is_never_larger_than_a_screen() -> None:
    """WebP holds no more than 16,383 pixels a side, and a memory no sixteen frames of 100 megapixels."""
    before, after = np.zeros((60, 17_000, 3), np.uint8), np.full((60, 17_000, 3), 200, np.uint8)
    file = PIL.Image.open(io.BytesIO(moving(Image(before), Image(after))))
    assert file.size == (LARGEST, 7)
    small = PIL.Image.open(io.BytesIO(moving(Image(before[:, :300]), Image(after[:, :300]))))
    assert small.size == (300, 60)


def test_the_checkerboard_takes_little_room() -> None:
    given = Image(np.zeros((1000, 1500, 3), np.uint8), np.zeros((1000, 1500), np.float32))
    tracemalloc.start()
    shown(given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * 1000 * 1500


def test_a_sheet_of_thumbnails_is_that_of_the_pictures() -> None:
    pictures: list[Image | Cutout] = [cutout(), Image(noise(90, 120)), Image(noise(20, 30))]
    small = [thumbnail(picture, 64) for picture in pictures]
    assert max(max(picture.size_hw) for picture in small) == 64
    assert np.array_equal(sheet(small, tile=64).rgb, sheet(pictures, tile=64).rgb)
