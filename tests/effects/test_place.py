"""Where the subject comes to stand: to the pixel where nothing is scaled, within a pixel where it is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from matteo.effects.crop import crop, parse_aspect
from matteo.effects.place import align, place
from matteo.effects.placement import check_canvas
from matteo.effects.shape import coloured
from matteo.effects.sticker import sticker
from matteo.effects.subject import Box, subject_box
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.geometry import resize, resize_straight
from matteo.picture.image import Image
from matteo.picture.limits import Limits

from ..picture.made import ellipse, noise
from .scenes import scene


def made(effect: Any, cutout: Cutout | None = None) -> Cutout:
    result = effect(scene(noise=5).cutout if cutout is None else cutout)
    assert isinstance(result, Cutout)
    return result


def box_of(cutout: Cutout) -> Box:
    box = subject_box(cutout.alpha)
    assert box is not None
    return box


def test_a_tight_crop_is_the_box_bit_for_bit() -> None:
    before = scene(noise=5).cutout
    box, after = box_of(before), made(crop(), before)
    part = slice(box.top, box.bottom), slice(box.left, box.right)
    assert after.size_hw == (box.height, box.width)
    assert np.array_equal(after.rgb, before.rgb[part])
    assert np.array_equal(after.alpha, before.alpha[part])
    assert before.source is not None
    assert after.source is not None
    assert after.source.opacity is None
    assert np.array_equal(after.source.rgb, before.source.rgb[part])
    assert not after.notes


@pytest.mark.parametrize("fill", [0.3, 0.85, 1])
@pytest.mark.parametrize("size", [(400, 400), (600, 200), (90, 300)])
def test_fill_is_the_share_of_the_tighter_side(fill: float, size: tuple[int, int]) -> None:
    after = made(crop(fill=fill, size=size))
    box = box_of(after)
    assert after.size_hw == size[::-1]
    assert max(box.width / size[0], box.height / size[1]) == pytest.approx(fill, abs=2.2 / min(size))
    assert (box.left + box.right) / 2 == pytest.approx(size[0] / 2, abs=1.1)
    assert (box.top + box.bottom) / 2 == pytest.approx(size[1] / 2, abs=1.1)


@pytest.mark.parametrize(("aspect", "ratio"), [("1:1", 1), ("4:5", 0.8), (2.5, 2.5), ("16:9", 16 / 9)])
def test_an_aspect_only_adds_room(aspect: Any, ratio: float) -> None:
    tight, after = made(crop(margin=0.1)), made(crop(margin=0.1, aspect=aspect))
    height, width = after.size_hw
    assert width / height == pytest.approx(ratio, rel=0.02)
    assert height >= tight.size_hw[0] - 1
    assert width >= tight.size_hw[1] - 1
    assert min(height - tight.size_hw[0], width - tight.size_hw[1]) <= 1
    assert np.array_equal(np.sort(after.rgb[after.alpha > 0.5], axis=None), np.sort(tight.rgb[tight.alpha > 0.5], None))


@pytest.mark.parametrize(("position", "corner"), [((0.0, 0.0), (0, 0)), ((1.0, 1.0), (1, 1)), ((0.0, 1.0), (0, 1))])
def test_a_position_in_the_free_room(position: tuple[float, float], corner: tuple[int, int]) -> None:
    after = made(crop(fill=0.5, position=position))
    box, (height, width) = box_of(after), after.size_hw
    assert (box.left if corner[0] == 0 else width - box.right) == pytest.approx(0, abs=1)
    assert (box.top if corner[1] == 0 else height - box.bottom) == pytest.approx(0, abs=1)


def test_an_enlargement_is_said() -> None:
    assert "enlarged" in made(crop(size=(1000, 1000))).notes[-1]
    assert not made(crop(size=(50, 50))).notes
    assert "enlarged 2.00 times" in made(place(scale=2)).notes[-1]


def test_a_series_stands_on_one_line() -> None:
    boxes = []
    for box in ((0.1, 0.05, 0.4, 0.95), (0.3, 0.4, 0.9, 0.7), (0.45, 0.45, 0.55, 0.6)):
        after = made(align(size=(300, 400), height=0.7, width=0.8, base=0.9), scene(box=box).cutout)
        assert after.size_hw == (400, 300)
        found = box_of(after)
        boxes.append(found)
        assert max(found.height / 280, found.width / 240) == pytest.approx(1, abs=0.02)
        assert (found.left + found.right) / 2 == pytest.approx(150, abs=1.1)
    assert {box.bottom for box in boxes} <= {359, 360, 361}


def test_a_place_on_a_scene() -> None:
    after = made(place(size=(500, 400), at=(0.25, 0.75), height=0.5))
    box = box_of(after)
    assert after.size_hw == (400, 500)
    assert box.bottom == pytest.approx(300, abs=1)
    assert box.height == pytest.approx(200, abs=2)
    assert (box.left + box.right) / 2 == pytest.approx(125, abs=1.1)
    assert len(after.notes) == 1  # the enlargement


def test_a_canvas_that_cuts_the_subject_says_so() -> None:
    half = made(place(size=(240, 180), at=(0.0, 0.9)))
    assert half.notes == ("50% of the subject is beyond the canvas and cut off",)
    with pytest.raises(UsageError, match="nothing of the subject is on the canvas"):
        place(at=(1.5, 0.5))(scene().cutout)


def test_a_border_of_the_photograph_that_ends_within_the_canvas_is_said() -> None:
    bust = replace(scene().cutout, alpha=np.pad(np.ones((90, 80), np.float32), ((90, 0), (80, 80))))
    cut = "the photograph's border cuts the subject (bottom): it ends there in a line"
    assert made(crop(margin=0.1), bust).notes == (cut,)
    assert not made(crop(margin=0.1)).notes  # one that stands free
    below = place(size=(240, 120), at=(0.5, 1.0))
    assert not made(below, bust).notes  # the canvas ends where the photograph did
    assert made(sticker(), made(crop(margin=0.1), bust)).notes == (cut,)


def test_all_layers_move_together() -> None:
    before = scene(noise=5).cutout
    own = Image(before.rgb, before.alpha)
    plain = Image(coloured("red", before), before.alpha)
    after = made(crop(fill=0.6, size=(150, 250)), replace(before, under=(own, plain)))
    assert np.array_equal(after.under[0].rgb, after.rgb)
    assert after.under[0].opacity is not None
    assert np.array_equal(after.under[0].opacity, after.alpha)
    assert after.under[1].rgb.strides[:2] == (0, 0)
    assert after.under[1].opacity is not None
    assert np.array_equal(after.under[1].opacity, after.alpha)
    assert after.source is not None
    assert after.source.size_hw == after.size_hw


def test_beyond_the_photograph_the_source_is_see_through() -> None:
    before = scene().cutout
    after = made(crop(margin=2), before)
    assert after.source is not None
    assert after.source.opacity is not None
    seen = after.source.opacity == 1
    assert seen.sum() == before.alpha.size
    assert not after.source.opacity[~seen].any()
    assert before.source is not None
    assert np.array_equal(after.source.rgb[seen], before.source.rgb.reshape(-1, 3))


def test_hidden_colours_do_not_come_into_the_edge() -> None:
    """Red inside, whatever hidden outside: at another size the edge is red still."""
    alpha = ellipse(90, 120)
    rgb = np.where(alpha[..., None] > 0, np.array([200, 10, 20], np.uint8), noise(90, 120))
    for size in ((31, 50), (200, 300), (90, 119)):
        small, opacity = resize_straight(rgb, alpha, size)
        assert np.abs(small[opacity > 0].astype(int) - [200, 10, 20]).max() <= 1
        assert np.array_equal(opacity, resize(alpha, size))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_empty_cut_out_is_taken_as_a_whole(dtype: Any) -> None:
    empty = Cutout(noise(dtype=dtype), np.zeros((40, 60), np.float32))
    assert made(crop(), empty).size_hw == (40, 60)
    assert made(crop(size=(30, 30)), empty).size_hw == (30, 30)
    assert made(align(), empty).size_hw == (2000, 2000)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"size": (0, 100)}, "from 1 to 30000"),
        ({"size": (1_000_000, 100)}, "from 1 to 30000"),
        ({"size": (100.5, 100)}, "whole"),
        ({"size": 100}, "2 numbers"),
        ({"size": (30000, 30000)}, "megapixels"),
        ({"fill": 0}, "from 0.01 to 1"),
        ({"fill": 1.2}, "from 0.01 to 1"),
        ({"margin": -1}, r"from 0 to 3 \(0% to 300%\)"),
        ({"margin": 5}, "from 0 to 3"),
        ({"fill": 0.8, "margin": 0.1}, "one of them"),
        ({"size": (10, 10), "aspect": "1:1"}, "one of them"),
        ({"aspect": "wide"}, "4:5"),
        ({"aspect": "0:5"}, "4:5"),
        ({"aspect": "1:0"}, "4:5"),
        ({"position": (2, 0)}, "from 0 to 1"),
    ],
)
def test_arguments_that_make_no_sense(given: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        made(crop(**given))


def test_more_of_them() -> None:
    with pytest.raises(UsageError, match="one of them"):
        place(height=0.5, scale=2)
    with pytest.raises(UsageError, match="lower one"):
        align(height=0.95, base=0.9)
    assert parse_aspect("3:2") == 1.5


def test_a_picture_beyond_the_default_limit_can_be_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever raised the reader's limit has such pictures. The default is lower here, so that they are small."""
    monkeypatch.setattr("matteo.effects.placement.Limits", partial(Limits, pixels=10_000))
    before = scene().cutout
    assert before.alpha.size > 10_000
    assert made(crop(margin=0.1), before).alpha.size > 10_000
    assert made(crop(size=(400, 400), limits=Limits(pixels=160_000)), before).alpha.size == 160_000
    assert made(sticker("2px"), before).size_hw == before.size_hw
    check_canvas((100, 100))
    with pytest.raises(UsageError, match=r"0.01 megapixels; give a smaller size"):
        check_canvas((100, 101))
    with pytest.raises(UsageError, match=r"0.0864 megapixels; give a smaller size"):
        made(crop(size=(400, 400)), before)
