"""Hints that are made to learn from: they say the truth, and corrections go where the error is."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from matteo.learning.hints.made import (
    KINDS,
    Told,
    asked,
    click,
    corrected,
    depth,
    first_hints,
    foreign,
    line,
    loose_box,
    none,
)  # fmt: skip
from matteo.learning.hints.scenes import LARGER, Scene, apart, scene, share, with_second
from matteo.learning.network import HINTED, Network
from tests.learning.test_muon import SMALL

SIDE = 96


def picture(number: int, shade: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A disc of one colour on another."""
    rng = np.random.default_rng(number)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(mask, (int(rng.integers(30, 66)), int(rng.integers(30, 66))), 20, 255, -1)
    rgb = np.where(mask[..., None] > 0, np.uint8(shade), np.uint8(20)).repeat(3, axis=2)
    return np.asarray(rgb, np.uint8), mask


def scenes(count: int) -> list[Scene]:
    found = []
    for number in range(count):
        (rgb, mask), (other, other_mask) = picture(number, 200), picture(number + 1000, 120)
        found.append(scene(rgb, mask, other, other_mask, np.random.default_rng(number)))
    return found


def test_a_scene_wants_all_of_it_or_one_of_its_parts() -> None:
    found = scenes(200)
    parts = [each for each in found if not each.is_plain]
    assert 20 < len(parts) < 100
    for each in parts:
        assert share(each.wanted) >= LARGER
        assert share(each.all_of_it) - share(each.wanted) >= LARGER
        assert (each.wanted <= each.all_of_it).all()
        shades = np.unique(each.rgb[..., 0][each.wanted == 255])
        assert len(shades) == 1  # all of it is one subject's


def test_what_is_pasted_covers_what_was_there() -> None:
    (rgb, _), (other, other_mask) = picture(0, 200), picture(1, 120)
    together, pasted = with_second(rgb, other, other_mask, np.random.default_rng(3))
    assert (together[pasted == 255] == 120).all()
    assert (together[pasted == 0] == rgb[pasted == 0]).all()
    empty = np.zeros_like(other_mask)
    unchanged, nothing = with_second(rgb, other, empty, np.random.default_rng(3))
    assert np.array_equal(unchanged, rgb)
    assert not nothing.any()


def test_parts_that_do_not_touch_are_told_apart_and_specks_are_none() -> None:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[5:30, 5:30], mask[50:80, 50:80], mask[90, 3] = 255, 255, 255
    parts = apart(mask)
    assert [int(np.count_nonzero(part)) for part in parts] == [625, 900]


@pytest.mark.parametrize("kind", KINDS)
def test_hints_of_every_kind_say_the_truth(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matteo.learning.hints.made.KINDS", {kind: 1.0})
    said = 0
    for number, each in enumerate(scenes(60)):
        hints = first_hints(each, np.random.default_rng(number), silent=True)
        assert not (hints.keep & hints.drop).any()
        wanted = each.wanted > 127
        core = cv2.erode(wanted.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
        around = cv2.dilate(wanted.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
        assert not (hints.keep.astype(bool) & ~around).any()  # a disc may reach beyond the outline, no further
        assert not (hints.drop.astype(bool) & core).any()
        said += bool(hints.keep.any() or hints.drop.any())
    assert said == (0 if kind == "nothing" else 60)


def test_a_part_is_never_wanted_without_a_word_unless_corrections_follow() -> None:
    parts = [each for each in scenes(120) if not each.is_plain]
    for number, each in enumerate(parts):
        hints = first_hints(each, np.random.default_rng(number), silent=False)
        assert hints.keep.any() or hints.drop.any()
    silent = [first_hints(each, np.random.default_rng(n), silent=True) for n, each in enumerate(parts)]
    assert any(not (hints.keep.any() or hints.drop.any()) for hints in silent)


def test_a_correction_lies_in_the_deeper_error_and_leaves_the_hints_as_they_were() -> None:
    rgb, mask = picture(0, 200)
    of = Scene(rgb, mask, mask)
    before = none((SIDE, SIDE))
    found = np.zeros((SIDE, SIDE), np.float32)
    after = corrected(of, before, found, np.random.default_rng(0))
    assert (after.keep & (mask > 0)).any()
    assert not after.drop.any()
    assert not before.keep.any()
    found = np.ones((SIDE, SIDE), np.float32)
    after = corrected(of, before, found, np.random.default_rng(0))
    assert after.drop.any()
    assert not after.keep.any()
    right = (mask / 255).astype(np.float32)
    assert not corrected(of, before, right, np.random.default_rng(0)).stacked()[:2].any()


def test_what_was_found_is_mostly_shown_and_sometimes_forgotten() -> None:
    rgb, mask = picture(0, 200)
    found = np.full((SIDE, SIDE), 0.25, np.float32)
    shown = [
        corrected(Scene(rgb, mask, mask), none((SIDE, SIDE)), found, np.random.default_rng(n)).before.any()
        for n in range(200)
    ]
    assert 0.75 < np.mean(shown) < 0.95


def test_clicks_and_lines_keep_to_their_area() -> None:
    area = np.zeros((SIDE, SIDE), np.uint8)
    area[30:60, 20:80] = 1
    for number in range(50):
        rng = np.random.default_rng(number)
        on, off = np.zeros_like(area), np.zeros_like(area)
        click(on, off, area, rng, deep=0.5)
        ys, xs = np.nonzero(on)
        assert area[round(ys.mean()), round(xs.mean())]
        assert depth(area)[round(ys.mean()), round(xs.mean())] >= 7
        on[:] = 0
        line(on, off, area, rng)
        assert on.any()
        assert not on[area == 0].any()
    on[:] = 0
    click(on, off, on.copy(), rng)
    line(on, off, on.copy(), rng)
    assert not on.any()


def test_depth_counts_the_border_as_an_outline() -> None:
    assert depth(np.ones((9, 9), np.uint8))[4, 4] == pytest.approx(5, abs=0.3)
    assert depth(np.ones((9, 9), np.uint8))[0, 0] == pytest.approx(1, abs=0.1)


def test_a_loose_box_holds_nearly_all_of_its_subject() -> None:
    _, mask = picture(0, 200)
    for number in range(40):
        x0, y0, x1, y1 = loose_box(mask, np.random.default_rng(number))
        inside = mask[max(0, round(y0)) : round(y1), max(0, round(x0)) : round(x1)]
        assert np.count_nonzero(inside) > 0.95 * np.count_nonzero(mask)
        assert (x1 - x0) * (y1 - y0) < 2 * 41**2


def test_a_foreign_mask_is_near_the_truth_and_wrong() -> None:
    _, mask = picture(0, 200)
    errors = [np.abs(foreign(mask, np.random.default_rng(n)) - mask / 255).mean() for n in range(30)]
    assert max(errors) < 0.3
    assert np.mean(np.array(errors) > 0) > 0.8


def batch(count: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    pictures = [picture(number, 200) for number in range(count)]
    rgb = torch.from_numpy(np.stack([rgb for rgb, _ in pictures])).permute(0, 3, 1, 2)
    return rgb, torch.from_numpy(np.stack([mask for _, mask in pictures]))[:, None]


def test_a_batch_is_the_same_for_the_same_seed_and_leaves_the_network_learning() -> None:
    torch.manual_seed(0)
    network = Network(replace(SMALL, inputs=HINTED)).train()
    state = {name: value.clone() for name, value in network.state_dict().items()}
    for seed in range(4):
        (one, wanted), (again, same) = (asked(network, *batch(), np.random.default_rng(seed)) for _ in range(2))
        assert torch.equal(one, again)
        assert torch.equal(wanted, same)
        assert one.shape == (6, HINTED, SIDE, SIDE)
        assert wanted.dtype == torch.uint8
    assert network.training
    assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())


def test_hints_stack_in_the_order_of_the_networks_inputs() -> None:
    keep, drop = np.eye(4, dtype=np.uint8), np.zeros((4, 4), np.uint8)
    stacked = Told(keep, drop, np.full((4, 4), 0.5, np.float32)).stacked()
    assert stacked.dtype == np.float32
    assert np.array_equal(stacked, np.stack([np.eye(4), np.zeros((4, 4)), np.full((4, 4), 0.5)]))
