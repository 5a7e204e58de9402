"""Every effect over time passes the same tests."""

from __future__ import annotations

import inspect
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from matteo.errors import UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image
from matteo.video.effects.moving import Moving
from matteo.video.effects.table import TABLE, entry, make
from matteo.video.frame import Frame
from matteo.video.plain import from_bytes, to_bytes

from ...picture.made import display_p3, noise, smooth
from .film import SIZE, across, cutout, disc, film, picture_of, run, times

ARGUMENTS: dict[str, dict[str, Any]] = {
    "label": {"text": "Ada"},
    "parallax": {"picture": smooth(100, 180)},
    "clones": {"at": (Fraction(1, 5), Fraction(1, 2))},
    "grade": {"over": 0.5},
    "zoom-in": {"over": 0.5},
}
NOTHING: dict[str, dict[str, Any]] = {  # what makes each of them do nothing
    "follow-spot": {"strength": 0},
    "label": {"opacity": 0},
    "trails": {"strength": 0},
    "clones": {"opacity": 0},
    "grade": {"strength": 0},
    "follow-crop": {"aspect": "16:9"},
    "zoom-in": {"zoom": 1},
    "original": {},
}
OTHERS: dict[str, dict[str, Any]] = {
    "label": {"text": "Eva"}, "parallax": {"picture": smooth(9, 9)}, "clones": {"at": "1s"},
}  # fmt: skip
NAMES = sorted(TABLE)
BACKGROUNDS = [name for name in NAMES if entry(name).gives == "image"]


def effect_of(name: str, **values: Any) -> Moving:
    return make(name, **{**ARGUMENTS.get(name, {}), **values})


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_what_is_there(name: str) -> None:
    found = entry(name)
    function = getattr(import_module(f"matteo.video.effects.{found.home}"), found.home)
    parameters = {key: one for key, one in inspect.signature(function).parameters.items() if key != "limits"}
    assert list(found.parameters) == list(parameters)
    assert ("limits" in inspect.signature(function).parameters) == found.limited
    for key, parameter in parameters.items():
        assert found.parameters[key].default == parameter.default, key
        found.parameters[key].check(key, parameter.default)
    assert found.help[0].islower()
    assert effect_of(name).opaque == (found.gives == "image")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("dtype", "icc"), [(np.uint8, None), (np.uint16, display_p3()), (np.uint8, display_p3())])
def test_the_same_every_time_in_the_same_depth_and_profile(name: str, dtype: Any, icc: bytes | None) -> None:
    frames = list(film(times(10, 0.6), dtype=dtype, icc=icc))
    kept = [(made.rgb.copy(), made.alpha.copy(), frame.image.rgb.copy()) for made, frame in frames]
    first, second = run(effect_of(name), frames), run(effect_of(name), frames)
    for (one, _), (other, _) in zip(first.values(), second.values(), strict=True):
        assert isinstance(one, Cutout)
        assert one.rgb.dtype == dtype
        assert one.metadata.icc == icc
        assert np.array_equal(picture_of(one).rgb, picture_of(other).rgb)
        assert np.array_equal(one.alpha, other.alpha)
        for layer in (*one.under, one.source):
            assert layer is not None
            assert layer.size_hw == one.size_hw
            assert layer.rgb.dtype == dtype
    for (made, frame), (rgb, alpha, source) in zip(frames, kept, strict=True):
        assert np.array_equal(made.rgb, rgb)
        assert np.array_equal(made.alpha, alpha)
        assert np.array_equal(frame.image.rgb, source)


@pytest.mark.parametrize("name", NAMES)
def test_a_state_written_down_and_read_again_goes_on_as_an_unbroken_run(name: str) -> None:
    frames, effect = list(film(times(10, 1.2))), effect_of(name)
    whole = run(effect, frames)
    state = from_bytes(to_bytes(whole[frames[5][1].time][1]))
    for made, frame in frames[6:]:
        result, state = effect(made, frame, state)
        assert np.array_equal(picture_of(result).rgb, picture_of(whole[frame.time][0]).rgb)


@pytest.mark.parametrize("name", NAMES)
def test_it_can_begin_anywhere(name: str) -> None:
    """A part of a film, a scene: the state None begins, and nothing of before is in it."""
    frames, effect = list(film(times(10, 0.8))), effect_of(name)
    effect(*frames[0], None)
    fresh = effect_of(name)(*frames[5], None)[0]
    assert np.array_equal(picture_of(effect(*frames[5], None)[0]).rgb, picture_of(fresh).rgb)


@pytest.mark.parametrize("name", sorted(NOTHING))
def test_at_nothing_it_is_the_picture(name: str) -> None:
    for made, frame in film(times(5, 1.0)):
        ground = make("original")(made, frame)[0]
        whole = picture_of(effect_of(name, **NOTHING[name])(made if name == "original" else ground, frame)[0])
        assert whole.size_hw == frame.image.size_hw
        assert np.abs(whole.rgb.astype(int) - frame.image.rgb).max() <= 1
        assert np.array_equal(whole.rgb[made.alpha == 1], made.rgb[made.alpha == 1])


def test_every_effect_can_do_nothing_but_the_one_that_is_a_background() -> None:
    assert set(NAMES) - set(NOTHING) == {"parallax"}


@pytest.mark.parametrize("name", [*BACKGROUNDS, "trails", "clones"])
def test_what_is_behind_leaves_the_opaque_subject_alone(name: str) -> None:
    for result, made in zip(run(effect_of(name), film(times(10, 0.6))).values(), film(times(10, 0.6)), strict=True):
        opaque = made[0].alpha == 1
        assert np.array_equal(picture_of(result[0]).rgb[opaque], made[0].rgb[opaque])
        assert np.array_equal(result[0].alpha, made[0].alpha)


@pytest.mark.parametrize("name", BACKGROUNDS)
def test_nothing_is_see_through_after_a_background(name: str) -> None:
    made, frame = next(film([Fraction(0)]))
    assert picture_of(effect_of(name)(made, frame)[0]).opacity is None


@pytest.mark.parametrize("name", NAMES)
def test_what_lies_under_and_what_is_known_go_on(name: str) -> None:
    made, frame = next(film([Fraction(3, 10)]))
    glow = Image(np.full_like(made.rgb, 7), made.alpha * np.float32(0.5), made.metadata)
    result = effect_of(name)(replace(made, under=(glow,), notes=("before",), model="test"), frame)[0]
    assert result.notes == ("before",)
    assert result.model == "test"
    assert result.under


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size_hw", [(2, 2), (2, 7), (5, 2), (40, 60)])
@pytest.mark.parametrize("level", [0.0, 0.05, 1.0])
def test_tiny_empty_faint_and_full(name: str, size_hw: tuple[int, int], level: float) -> None:
    rgb, state, effect = noise(*size_hw), None, effect_of(name)
    made = Cutout(rgb, np.full(size_hw, level, np.float32), source=Image(rgb))
    for time in times(5, 1.0):
        result, state = effect(made, Frame(Image(rgb), time, 0), state)
    found = picture_of(result)
    assert found.rgb.shape[2] == 3
    assert min(found.rgb.shape) > 0
    if found.opacity is not None:
        assert 0 <= float(found.opacity.min()) <= float(found.opacity.max()) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_subject_that_comes_and_goes(name: str) -> None:
    """No subject at first, then one, then none: nothing breaks, and what follows waits where it was last."""
    effect, state = effect_of(name), None
    for number, time in enumerate(times(10, 0.9)):
        alpha = disc(across(0.5)) if 3 <= number < 7 else np.zeros(SIZE, np.float32)
        made = cutout(alpha)
        assert made.source is not None
        result, state = effect(made, Frame(made.source, time, number), state)
        assert result.size_hw[0] == SIZE[0]


@pytest.mark.parametrize("name", NAMES)
def test_numbers_out_of_range(name: str) -> None:
    for key, parameter in entry(name).parameters.items():
        if parameter.low is None or parameter.high is None:
            continue
        for value in (parameter.low - 1, parameter.high + 1, float("nan"), "x"):
            wrong = value if parameter.count == 1 else (value,) * parameter.count
            with pytest.raises(UsageError, match=key):
                effect_of(name, **{key: wrong})


@pytest.mark.parametrize("name", [name for name in NAMES if entry(name).needs_source])
def test_without_the_original_the_remedy_is_named(name: str) -> None:
    made, frame = next(film([Fraction(0)]))
    with pytest.raises(UsageError, match="keep_source"):
        effect_of(name)(replace(made, source=None), frame)


@pytest.mark.parametrize("name", NAMES)
def test_what_it_does_is_told_the_same_whenever_it_is_the_same(name: str) -> None:
    assert effect_of(name).told is not None
    assert effect_of(name).told == effect_of(name).told
    if entry(name).parameters:
        other = make(name, **OTHERS[name]) if name in OTHERS else effect_of(name, **NOTHING[name])
        assert other.told != effect_of(name).told


def test_unknown_names() -> None:
    with pytest.raises(UsageError, match="did you mean follow-spot"):
        make("folow-spot")
    with pytest.raises(UsageError, match="knows no 'strenght'"):
        make("trails", strenght=0.5)
