"""The shipped network of hints, in the whole pipeline, on photographs it was not trained on."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import matteo
from matteo import Hints, Remover, UsageError
from tests.pictures import INSIDE, OUTSIDE, photograph

Stroke = tuple[tuple[int, int], ...]


@pytest.fixture(scope="module")
def remover() -> Remover:
    return Remover(load=False)


def two() -> tuple[NDArray[np.uint8], Stroke, Stroke]:
    """An astronaut and a cat side by side, and a stroke of points (x, y) on each."""
    person, cat = photograph("astronaut"), photograph("chelsea")
    side = np.zeros((512, 512, 3), np.uint8)
    side[:] = cat[:1, :1]
    side[100:400, 30:481] = cat
    return np.hstack([person, side]), ((225, 90), (225, 300), (380, 430)), ((690, 200), (780, 280))


@pytest.mark.parametrize("name", INSIDE)
def test_a_point_on_the_subject_finds_it(remover: Remover, name: str) -> None:
    cutout = remover.remove(photograph(name), hints=Hints(keep=[INSIDE[name][1]]))
    assert min(float(cutout.alpha[y, x]) for x, y in INSIDE[name]) > 0.9
    assert max(float(cutout.alpha[y, x]) for x, y in OUTSIDE[name]) < 0.1
    assert cutout.model == "selector"
    assert cutout.confidence is not None
    assert 0.5 < cutout.confidence <= 1


def test_of_two_subjects_the_one_that_is_pointed_at(remover: Remover) -> None:
    rgb, person, cat = two()
    for wanted, other in ((person, cat), (cat, person)):
        alpha = remover.alpha(rgb, hints=Hints(keep=[wanted], drop=[other]))
        halves = alpha[:, :512].mean(), alpha[:, 512:].mean()
        there, elsewhere = halves if wanted is person else halves[::-1]
        assert there > 0.2
        assert elsewhere < 0.05
        assert min(float(alpha[y, x]) for x, y in wanted) > 0.9
        assert max(float(alpha[y, x]) for x, y in other) < 0.1


def test_a_word_to_drop_takes_one_of_two_subjects_out_of_a_mask_and_leaves_the_other(remover: Remover) -> None:
    rgb, _, (cat, *_) = two()
    before = remover.alpha(rgb)
    after = remover.alpha(rgb, mask=before, hints=Hints(drop=[cat]))
    assert before[:, 512:].mean() > 0.3
    assert after[:, 512:].mean() < 0.03
    assert after[:, :512].mean() > 0.9 * before[:, :512].mean()


def test_where_it_is_opaque_the_sources_pixels_leave_bit_for_bit(remover: Remover) -> None:
    source = photograph("chelsea")
    cutout = remover.remove(source, hints=Hints(box=("5%", "0%", "80%", "100%")))
    opaque = cutout.alpha == 1
    assert opaque.mean() > 0.2
    assert (cutout.rgb[opaque] == source[opaque]).all()
    assert not cutout.alpha[:, round(0.8 * source.shape[1]) + 1 :].any()


def test_in_16_bits_the_same(remover: Remover) -> None:
    source = photograph("chelsea")
    hints = Hints(keep=[INSIDE["chelsea"][0]])
    eight, sixteen = (remover.alpha(rgb, hints=hints) for rgb in (source, source.astype(np.uint16) * 257))
    assert np.abs(eight - sixteen).mean() < 0.003


def test_painted_areas_come_out_as_they_were_painted(remover: Remover) -> None:
    source = photograph("chelsea")
    keep, drop = (np.zeros(source.shape[:2], bool) for _ in range(2))
    keep[10:30, 400:440] = True
    drop[150:160, 150:160] = True
    alpha = matteo.alpha(source, hints=Hints(keep_mask=keep, drop_mask=drop))
    assert (alpha[keep] == 1).all()
    assert (alpha[drop] == 0).all()


def test_nothing_said_is_the_network_of_every_day(remover: Remover) -> None:
    source = photograph("coffee")
    plain, empty = remover.remove(source), remover.remove(source, hints=Hints())
    assert empty.model == plain.model == "matteo"
    assert np.array_equal(plain.alpha, empty.alpha)


def test_a_moved_or_softened_edge_leaves_neither_box_nor_painted_areas(remover: Remover) -> None:
    source = photograph("chelsea")
    drop = np.zeros(source.shape[:2], bool)
    drop[140:170, 140:170] = True
    hints = Hints(box=(0, 0, 300, 300), drop_mask=drop)
    for how in ({"grow": 4}, {"feather": 6}):
        alpha = remover.alpha(source, hints=hints, **how)  # type: ignore[arg-type]
        assert not alpha[:, 300:].any()
        assert not alpha[drop].any()


def test_what_is_no_hints_is_refused(remover: Remover) -> None:
    with pytest.raises(UsageError, match=r"matteo\.Hints"):
        remover.remove(photograph("coffee"), hints={"keep": [(5, 5)]})  # type: ignore[arg-type]


def test_hints_and_a_trimap_are_refused(remover: Remover) -> None:
    trimap = np.zeros((300, 451), np.uint8)
    trimap[100:200, 100:200] = 255
    with pytest.raises(UsageError, match="give it, or hints"):
        remover.remove(photograph("chelsea"), trimap=trimap, hints=Hints(keep=[(5, 5)]))
