"""Every entry of the table passes the same tests."""

from __future__ import annotations

import inspect
import tracemalloc
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from matteo.effects.parse import parse_value
from matteo.effects.srgb import profile
from matteo.effects.table import TABLE, entry, make
from matteo.errors import UsageError
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image, Metadata

from ..picture.made import display_p3, noise, smooth
from .drawn import portrait
from .scenes import scene

ARGUMENTS: dict[str, dict[str, Any]] = {
    "picture": {"given": smooth()},
    "harmonize": {"background": smooth()},
    "light_wrap": {"background": smooth()},
    "match": {"background": smooth()},
    "align": {"size": (90, 70)},
    "avatar": {"size": 64},
    "headshot": {"size": (40, 50)},
}
NAMES = sorted(TABLE)
NEEDS_A_PERSON = {"headshot"}  # and says so where there is none


def effect_of(name: str) -> Any:
    return make(name, **ARGUMENTS.get(name, {}))


def cutout_for(name: str, **changes: Any) -> Cutout:
    """A subject before its background: an ellipse of 60 x 80, or head and shoulders of 256 x 256."""
    return portrait(0.5, **changes) if name in NEEDS_A_PERSON else scene((60, 80), noise=4, **changes).cutout


def pixels(result: Cutout | Image) -> tuple[Any, Any]:
    image = result.flattened() if isinstance(result, Cutout) else result
    return image.rgb, image.opacity


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_what_is_there(name: str) -> None:
    found = entry(name)
    module, _, function = found.home.partition(":")
    parameters = inspect.signature(getattr(import_module(f"matteo.effects.{module}"), function or module)).parameters
    assert list(found.parameters) == [key for key in parameters if key != "limits"]
    assert found.limited == ("limits" in parameters)
    for key, parameter in parameters.items():
        if key == "limits":
            continue
        assert found.parameters[key].default == parameter.default, key
        found.parameters[key].check(key, parameter.default)
    assert found.help
    assert found.help[0].islower()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("icc", [None, display_p3()])
def test_the_same_every_time_in_the_same_depth_and_profile(name: str, dtype: Any, icc: bytes | None) -> None:
    cutout = cutout_for(name, dtype=dtype, icc=icc)
    assert cutout.source is not None
    kept = cutout.rgb.copy(), cutout.alpha.copy(), cutout.source.rgb.copy()
    first, second = (effect_of(name)(cutout) for _ in range(2))
    assert isinstance(first, Image if entry(name).gives == "image" else Cutout) or name == "transparent"
    assert first.rgb.dtype == dtype
    assert first.metadata.icc == (profile() if name == "srgb" else icc)
    for one, other in zip(pixels(first), pixels(second), strict=True):
        assert np.array_equal(one, other)
    for array, before in zip((cutout.rgb, cutout.alpha, cutout.source.rgb), kept, strict=True):
        assert np.array_equal(array, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size_hw", [(1, 1), (1, 7), (5, 1), (2, 3), (40, 60)])
@pytest.mark.parametrize("level", [0.0, 0.05, 0.5, 1.0])
def test_tiny_empty_faint_and_full(name: str, size_hw: tuple[int, int], level: float) -> None:
    rgb = noise(*size_hw)
    cutout = Cutout(rgb, np.full(size_hw, level, np.float32), source=Image(rgb))
    if name in NEEDS_A_PERSON:
        with pytest.raises(UsageError, match="no face"):
            effect_of(name)(cutout)
        return
    result = effect_of(name)(cutout)
    found, opacity = pixels(result)
    assert found.shape[2] == 3
    assert min(found.shape) > 0
    if opacity is not None:
        assert opacity.shape == found.shape[:2]
        assert float(opacity.min()) >= 0
        assert float(opacity.max()) <= 1


@pytest.mark.parametrize("name", [name for name in NAMES if entry(name).gives == "image" and name != "avatar"])
def test_a_background_leaves_opaque_pixels_alone(name: str) -> None:
    cutout = scene((60, 80), noise=4).cutout
    image = effect_of(name)(cutout)
    assert image.size_hw == cutout.size_hw
    assert np.array_equal(image.rgb[cutout.alpha == 1], cutout.rgb[cutout.alpha == 1])


@pytest.mark.parametrize("name", [name for name in NAMES if entry(name).gives == "cutout"])
def test_source_layers_and_notes_go_on(name: str) -> None:
    plain = cutout_for(name)
    below = Image(np.zeros_like(plain.rgb), plain.alpha * np.float32(0.5), plain.metadata)
    result = effect_of(name)(replace(plain, under=(below,), notes=("before",), model="test"))
    assert isinstance(result, Cutout)
    assert result.notes[0] == "before"
    assert result.model == "test"
    assert result.source is not None
    for layer in (*result.under, result.source):
        assert layer.size_hw == result.size_hw
        assert layer.rgb.dtype == result.rgb.dtype
    assert result.under


@pytest.mark.parametrize("name", [name for name in NAMES if entry(name).needs_source])
def test_without_the_original_the_remedy_is_named(name: str) -> None:
    with pytest.raises(UsageError, match="keep_source"):
        effect_of(name)(replace(cutout_for(name), source=None))


@pytest.mark.parametrize("name", [name for name in NAMES if not entry(name).needs_source])
def test_those_that_need_no_original_do_without(name: str) -> None:
    effect_of(name)(replace(cutout_for(name), source=None))


@pytest.mark.parametrize("name", NAMES)
def test_numbers_out_of_range(name: str) -> None:
    for key, parameter in entry(name).parameters.items():
        if parameter.low is None or parameter.high is None:
            continue
        for value in (parameter.low - 1, parameter.high + 1, float("nan"), "x"):
            wrong = value if parameter.count == 1 else (value,) * parameter.count
            with pytest.raises(UsageError, match=key):
                make(name, **{**ARGUMENTS.get(name, {}), key: wrong})


def test_unknown_names() -> None:
    with pytest.raises(UsageError, match="did you mean blur"):
        make("blurr")
    with pytest.raises(UsageError, match="knows no 'size'; there are strength, depth, light"):
        make("blur", size=3)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NEEDS_A_PERSON])
def test_floats_of_the_whole_picture_are_rare(name: str) -> None:
    """32 bytes a pixel at most beside the cut-out's own: the colours alone as floats would be 12, several times over
    they would not fit into a machine that holds the picture."""
    large, effect = scene((1000, 1400)).cutout, effect_of(name)
    effect(scene((60, 80)).cutout)
    tracemalloc.start()
    effect(large)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most / large.alpha.size < 32


def test_strips_cover_all_rows_once() -> None:
    for height, width in ((1, 1), (1000, 1), (1, 10**6), (513, 700)):
        rows = [row for part in strips(height, width) for row in range(part.start, part.stop)]
        assert rows == list(range(height))


def test_metadata_of_the_source_goes_on() -> None:
    for name in NAMES:
        cutout = replace(cutout_for(name), metadata=Metadata(exif=b"II*\0", dpi=(300, 300)))
        assert effect_of(name)(cutout).metadata.dpi == (300, 300), name


@pytest.mark.parametrize("name", NAMES)
def test_a_slip_in_an_arguments_name_is_a_clear_error(name: str) -> None:
    """In Python too, where a bare TypeError would not name what is near."""
    found = entry(name)
    module, _, function = found.home.partition(":")
    made = getattr(import_module(f"matteo.effects.{module}"), function or module)
    for key in found.parameters:
        with pytest.raises(UsageError, match=f"knows no '{key}x'; did you mean {key}"):
            made(**{key + "x": 1})
    with pytest.raises(UsageError, match="by name it takes"):
        made(*range(20))


def test_what_is_no_effect_is_a_clear_error() -> None:
    with pytest.raises(UsageError, match="'sticker' is no effect"):
        scene((60, 80)).cutout.apply("sticker")  # type: ignore[arg-type]


def test_shares_are_those_whose_help_or_name_says_so() -> None:
    """Whatever ends at 1 and is no count is a share: in a text 50 is refused and 50% taken."""
    for name, found in TABLE.items():
        for key, parameter in found.parameters.items():
            ends_at_one = parameter.high == 1 and not parameter.whole
            assert parameter.share or not ends_at_one, (name, key)
            if parameter.share and parameter.count == 1:
                with pytest.raises(UsageError, match=f"{key} is 50: write 50% or 0.5"):
                    parse_value(key, "50", parameter)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colours_in_srgb_are_those_of_the_profile(dtype: Any) -> None:
    """Display P3's red is beyond sRGB; its grey is the same grey; what has no profile is only marked."""
    top = np.iinfo(dtype).max
    rgb = np.array([[[top, 0, 0], [top // 2] * 3]], dtype)
    wide = Cutout(rgb, np.ones((1, 2), np.float32), metadata=Metadata(icc=display_p3()), source=Image(rgb))
    found = make("srgb")(wide)
    assert np.abs(found.rgb[0, 0].astype(int) - [top, 0, 0]).max() <= top * 0.01
    assert np.abs(found.rgb[0, 1].astype(int) - top // 2).max() <= top * 0.01
    soft = replace(wide, rgb=np.full((1, 2, 3), (top * 4 // 5, top // 5, top // 5), dtype))
    assert make("srgb")(soft).rgb[0, 0, 0] > top * 0.82  # the same red needs more of sRGB's
    plain = make("srgb")(replace(wide, metadata=Metadata()))
    assert np.array_equal(plain.rgb, rgb)
    assert plain.metadata.icc == profile()
