"""Shadows: where they lie, how dark they are, and what is measured of a real one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matteo.effects.crop import crop
from matteo.effects.shadow import CUT, shadow
from matteo.effects.shadow_keep import CUT as BEYOND
from matteo.effects.shadow_keep import NONE, UNTOLD
from matteo.effects.shadow_reflection import NO_ROOM
from matteo.effects.subject import Box, standing_box, subject_box
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha, Image
from matteo.picture.light import light_of

from .scenes import scene

KINDS = ("drop", "contact", "cast", "reflection")


def standing(height: int = 120, width: int = 160) -> Cutout:
    """A subject on a canvas with room."""
    result = crop(margin=0.8)(scene((height, width), box=(0.35, 0.1, 0.6, 0.9), noise=3).cutout)
    assert isinstance(result, Cutout)
    return result


def shaded(cutout: Cutout, kind: str, **options: Any) -> Cutout:
    result = shadow(kind, **options)(cutout)
    assert isinstance(result, Cutout)
    return result


def opacity_of(cutout: Cutout) -> Alpha:
    (layer,) = cutout.under
    assert layer.opacity is not None
    return layer.opacity


def box_of(cutout: Cutout) -> Box:
    box = subject_box(cutout.alpha)
    assert box is not None
    return box


@pytest.mark.parametrize("kind", KINDS)
def test_the_subject_itself_stays(kind: str) -> None:
    before = standing()
    after = shaded(before, kind)
    assert after.rgb is before.rgb
    assert after.alpha is before.alpha
    assert after.source is before.source
    image = after.over("white")
    assert np.array_equal(image.rgb[before.alpha == 1], before.rgb[before.alpha == 1])
    assert (image.rgb[0] == 255).all()


@pytest.mark.parametrize(("kind", "opacity"), [("drop", 0.35), ("contact", 0.7), ("cast", 0.45), ("reflection", 0.3)])
def test_none_is_darker_than_asked(kind: str, opacity: float) -> None:
    found = opacity_of(shaded(standing(), kind))
    assert 0.5 * opacity < found.max() <= opacity + 1e-6
    twice = opacity_of(shaded(standing(), kind, opacity=opacity / 2))
    assert np.allclose(twice * 2, found, atol=1e-6)


@pytest.mark.parametrize(("angle", "down", "right"), [(0, -1, 0), (90, 0, 1), (180, 1, 0), (270, 0, -1)])
def test_a_drop_falls_where_its_angle_says(angle: float, down: int, right: int) -> None:
    cutout = standing()
    found = opacity_of(shaded(cutout, "drop", angle=angle, length=0.2, softness=0.01))
    y, x = np.mgrid[: found.shape[0], : found.shape[1]]
    away = [np.average(axis, weights=found) - np.average(axis, weights=cutout.alpha) for axis in (y, x)]
    expected = 0.2 * box_of(cutout).height
    assert away == pytest.approx([down * expected, right * expected], abs=0.5)


def test_a_drop_without_length_and_softness_is_the_shape() -> None:
    cutout = standing()
    assert np.allclose(opacity_of(shaded(cutout, "drop", length=0, softness=0, opacity=1)), cutout.alpha)


def test_a_contact_is_at_the_lowest_parts_only() -> None:
    cutout = standing(360, 480)
    box = box_of(cutout)
    found = opacity_of(shaded(cutout, "contact"))
    middle = (box.left + box.right) // 2
    assert found[box.bottom + 1, middle] > 0.1
    assert found[: box.top + box.height // 2].max() < 0.01
    assert found[box.bottom + box.height // 3 :].max() < 0.01
    below = found[box.bottom :, middle]
    assert (np.diff(below) <= 1e-6).all()
    assert abs(int(np.argmax(found[box.bottom + 1])) - middle) <= 3


def test_legs_of_unlike_length() -> None:
    """Two legs, one off the floor by a fifth of the height: it throws next to nothing."""
    alpha = np.zeros((300, 300), np.float32)
    alpha[50:150, 80:220] = 1
    alpha[150:250, 80:110] = 1
    alpha[150:210, 190:220] = 1
    found = opacity_of(shaded(Cutout(np.zeros((300, 300, 3), np.uint8), alpha), "contact"))
    assert found[251:, 80:110].max() > 0.3
    assert found[211:225, 190:220].max() < 0.1


@pytest.mark.parametrize(("angle", "side"), [(0, "above"), (180, "below")])
def test_a_cast_starts_at_the_feet(angle: float, side: str) -> None:
    cutout = standing()
    box = standing_box(cutout.alpha)
    found = opacity_of(shaded(cutout, "cast", angle=angle, length=0.5, softness=0.01))
    rows = np.flatnonzero(found.max(axis=1) > 0.1)
    reach = 0.5 * box.height
    expected = (box.bottom - reach, box.bottom) if side == "above" else (box.bottom, box.bottom + reach)
    assert rows[[0, -1]].tolist() == pytest.approx(list(expected), abs=4)
    columns = np.flatnonzero(found.max(axis=0) > 0.1)
    assert columns[[0, -1]].tolist() == pytest.approx([box.left, box.right], abs=4)


def test_a_cast_gets_softer_and_fainter_away() -> None:
    alpha = np.zeros((400, 400), np.float32)
    alpha[200:300, 190:210] = 1
    found = opacity_of(shaded(Cutout(np.zeros((400, 400, 3), np.uint8), alpha), "cast", angle=180, length=0.9))
    near, far = found[305], found[375]
    assert near.max() > far.max() > 0.05
    assert np.count_nonzero(far > far.max() / 10) > np.count_nonzero(near > near.max() / 10) + 3


def test_a_reflection_mirrors_at_the_ground_line() -> None:
    cutout = standing()
    base = standing_box(cutout.alpha).bottom
    (layer,) = shaded(cutout, "reflection", opacity=1, length=3).under
    assert np.array_equal(layer.rgb[base : base + 40], cutout.rgb[base - 40 : base][::-1])
    assert layer.opacity is not None
    ratio = layer.opacity[base : base + 40] / np.maximum(cutout.alpha[base - 40 : base][::-1], 1e-6)
    middle = ratio[:, (box_of(cutout).left + box_of(cutout).right) // 2][3:]
    assert (np.diff(middle) < 0).all()
    soft = shaded(cutout, "reflection", softness=0.02)
    assert opacity_of(soft).max() > 0.1


def test_what_has_no_room_is_said() -> None:
    tight = crop()(scene(noise=3).cutout)
    assert isinstance(tight, Cutout)
    assert CUT in shaded(tight, "cast").notes
    bare = shaded(tight, "reflection")
    assert NO_ROOM in bare.notes
    assert not bare.under


@pytest.mark.parametrize("kind", ["contact", "cast", "reflection"])
def test_what_is_faint_beneath_the_feet_does_not_hold_them_off_the_floor(kind: str) -> None:
    """A rest of the photograph's shadow, of alpha 0.2 and ten pixels deep, is no foot."""
    plain = standing()
    base, faint = box_of(plain).bottom, plain.alpha.copy()
    faint[base - 2 : base + 10, 60:100] = np.maximum(faint[base - 2 : base + 10, 60:100], np.float32(0.2))
    found, expected = (shaded(replace(plain, alpha=a), kind) for a in (faint, plain.alpha))
    assert np.abs(opacity_of(found) - opacity_of(expected)).max() < 0.1


def with_own_shadow(depth: float, pattern: float = 0, dtype: Any = np.uint8) -> tuple[Cutout, Alpha]:
    """A product on a floor with a slope of light and a soft shadow of known depth in linear light."""
    made = scene((300, 400), box=(0.4, 0.15, 0.6, 0.7), colour=(200, 30, 30), dtype=dtype)
    y, x = np.mgrid[:300, :400]
    shade = (depth * np.exp(-(((x - 235) / 55) ** 2) - ((y - 208) / 14) ** 2)).astype(np.float32)
    floor = np.repeat((0.55 - 0.1 * y / 300 + 0.06 * x / 400)[..., None], 3, axis=2)
    rng = np.random.default_rng(0)
    floor = floor * np.exp(pattern * np.sin(x / 9)[..., None]) * (1 - shade)[..., None]
    seen = light_of(None).encoded((floor + rng.normal(0, 0.004, floor.shape)).astype(np.float32), dtype)
    alpha = made.cutout.alpha[..., None]
    source = np.rint(seen + (made.cutout.rgb.astype(np.float32) - seen) * alpha).astype(dtype)
    return replace(made.cutout, source=Image(source)), shade


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("depth", [0.3, 0.6])
def test_its_own_shadow_is_measured(depth: float, dtype: Any) -> None:
    cutout, shade = with_own_shadow(depth, dtype=dtype)
    after = shaded(cutout, "keep")
    assert not after.notes
    found, outside = opacity_of(after), cutout.alpha == 0
    expected = 1 - light_of(None).encoded(np.repeat((1 - shade)[..., None], 3, axis=2), np.uint16)[..., 0] / 65535
    assert np.abs(found - expected)[outside].max() < 0.06
    assert np.abs(found - expected)[outside].mean() < 0.001
    assert opacity_of(shaded(cutout, "keep", opacity=0.5)) == pytest.approx(found / 2, abs=1e-6)


def test_it_is_put_on_another_floor() -> None:
    cutout, shade = with_own_shadow(0.5)
    image = shaded(cutout, "keep").over("white")
    expected = light_of(None).encoded(np.repeat((1 - shade)[..., None], 3, axis=2), np.uint8)
    assert np.abs(image.rgb.astype(int) - expected)[cutout.alpha == 0].max() <= 12


def test_where_it_cannot_be_told_it_is_said() -> None:
    patterned, _ = with_own_shadow(0.4, pattern=0.3)
    after = shaded(patterned, "keep")
    assert after.notes == (UNTOLD,)
    assert not after.under
    plain, _ = with_own_shadow(0)
    assert shaded(plain, "keep").notes == (NONE,)
    with pytest.raises(UsageError, match="keep_source=True"):
        shaded(replace(plain, source=None), "keep")


def darkened(cutout: Cutout, rows: slice, columns: slice, share: float) -> Cutout:
    """With a dark thing behind the subject."""
    assert cutout.source is not None
    rgb, part = cutout.source.rgb.copy(), (cutout.alpha[rows, columns] == 0)
    rgb[rows, columns][part] = np.rint(rgb[rows, columns][part] * share)
    return replace(cutout, source=Image(rgb))


def test_what_is_dark_behind_it_is_no_shadow() -> None:
    """A hedge across the picture that touches the subject's upper part, and a dark line across the floor."""
    plain, _ = with_own_shadow(0.5)
    expected = opacity_of(shaded(plain, "keep"))
    hedge = opacity_of(shaded(darkened(plain, slice(0, 110), slice(None), 0.4), "keep"))
    outside = plain.alpha == 0
    assert hedge[:115][outside[:115]].max() < 0.02
    assert np.abs(hedge - expected)[outside].max() < 0.08
    kerb = darkened(with_own_shadow(0)[0], slice(195, 205), slice(None), 0.5)
    assert shaded(kerb, "keep").notes == (NONE,)


def test_the_pattern_of_an_uneven_floor_does_not_come_along() -> None:
    cutout, _ = with_own_shadow(0.6, pattern=0.06)
    found = opacity_of(shaded(cutout, "keep"))
    assert found[208, 260] > 0.15
    assert not found[250:].any()
    row = found[208, 250:330]
    assert (np.diff(row) < 0.002).all()  # it fades without the waves of the floor
    assert np.abs(found - opacity_of(shaded(with_own_shadow(0.6)[0], "keep"))).max() < 0.2


def test_a_subject_that_the_lower_border_cuts_stands_on_no_floor_that_is_seen() -> None:
    cut = scene((300, 400), box=(0.3, 0.4, 0.7, 1.3), noise=2).cutout
    assert shaded(cut, "keep").notes == (BEYOND,)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"kind": "long"}, "drop or contact or cast"),
        ({"kind": "contact", "angle": 3}, "has no angle"),
        ({"kind": "keep", "length": 1}, "has no length"),
        ({"opacity": 2}, "from 0 to 1"),
        ({"kind": "cast", "length": -1}, "from 0 to 3"),
        ({"colour": "shady"}, "no colour"),
    ],
)
def test_arguments_that_make_no_sense(given: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        shadow(**given)
