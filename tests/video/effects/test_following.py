"""Effects that follow: how near they are to where the subject truly is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from matteo.errors import UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image
from matteo.video.effects.follow import Followed
from matteo.video.effects.follow_crop import Aimed, follow_crop
from matteo.video.effects.follow_spot import follow_spot
from matteo.video.effects.label import label
from matteo.video.effects.parallax import parallax
from matteo.video.effects.zoom_in import magnified, zoom_in
from matteo.video.frame import Frame

from ...picture.made import smooth
from .film import SIZE, across, cutout, disc, film, run, swinging, times, uneven


def light_middle(result: Cutout) -> tuple[float, float]:
    """The middle of what is lit, x and y in pixels; the ground is white."""
    lit = result.under[0].rgb[..., 0].astype(float)
    lit -= lit.min()
    y, x = (np.arange(n) + 0.5 for n in SIZE)
    return float((lit.sum(0) * x).sum() / lit.sum()), float((lit.sum(1) * y).sum() / lit.sum())


def on_white(frames: Any) -> Any:
    ground = Image(np.full((*SIZE, 3), 255, np.uint8))
    return ((Cutout(made.rgb, made.alpha, under=(ground,)), frame) for made, frame in frames)


@pytest.mark.parametrize("lag", [0.1, 0.25])
def test_the_spot_is_the_stated_time_behind_the_true_middle(lag: float) -> None:
    """40 pixels a second, a circle of 24 pixels: after the start it is `lag` behind to a third of a pixel."""
    found = run(follow_spot(1.0, radius=0.15, softness=0.5, lag=lag), on_white(film(times(30, 1.8))))
    for time, (result, _) in found.items():
        if time >= 8 * Fraction(lag).limit_denominator(100):
            assert light_middle(result)[0] == pytest.approx(across(float(time) - lag)[0], abs=0.33)
            assert light_middle(result)[1] == pytest.approx(45, abs=0.2)


@pytest.mark.parametrize("effect", [follow_spot(), label("Ada"), parallax(smooth(100, 180)), zoom_in(over=1)])
@pytest.mark.parametrize("other", [times(60, 2), uneven(2)])
def test_the_frame_rate_changes_nothing_at_common_times(effect: Any, other: list[Fraction]) -> None:
    """Of an even way to the rounding, within 0.02 pixels."""
    one, two = run(effect, film(times(30, 2))), run(effect, film(other))
    common = [time for time in one if time in two]
    assert len(common) > 15
    for time in common:
        states = one[time][1], two[time][1]
        assert all(isinstance(state, Followed) for state in states)
        assert np.abs(np.subtract(states[0].place, states[1].place)).max() * SIZE[1] < 0.1


def test_the_frame_rate_changes_little_of_a_bent_way() -> None:
    one, two = (run(follow_spot(), film(times(rate, 2), swinging)) for rate in (30, 60))
    for time, (_, state) in one.items():
        assert np.abs(np.subtract(state.place, two[time][1].place)).max() * SIZE[1] < 0.2


def test_a_trembling_matte_gives_a_calm_spot() -> None:
    """The disc's place trembles by a pixel (deviation); the spot moves by less than a tenth from frame to frame."""
    tremble = iter(np.random.default_rng(0).normal(0, 1, (400, 2)))

    def way(time: float) -> tuple[float, float]:
        by = next(tremble)
        return 80 + float(by[0]), 45 + float(by[1])

    places = [state.place for _, state in run(follow_spot(), film(times(30, 6), way)).values()]
    middles = [SIZE[1] * (place[0] + place[2]) / 2 for place in places[30:]]
    assert np.std(np.diff(middles)) < 0.1


def test_the_spot_darkens_all_but_the_light() -> None:
    made, frame = next(on_white(film([Fraction(0)])))
    under = follow_spot(0.6, radius=0.15, softness=0.2)(made, frame)[0].under[0].rgb
    assert (under[-1, -1] == 102).all()
    assert (under[45, 40] == 255).all()
    blue = follow_spot(1.0, radius=0.15, colour="#0000ff")(made, frame)[0].under[0].rgb
    assert tuple(blue[-1, -1]) == (0, 0, 255)


@pytest.mark.parametrize("aspect", ["9:16", "1:1", "21:9"])
@pytest.mark.parametrize("height", [1.0, 0.5])
def test_the_crop_never_leaves_the_picture(aspect: str, height: float) -> None:
    """The disc goes out of the picture on all sides: the pixels are always those of one part of the source, of one even
    size."""

    def wild(time: float) -> tuple[float, float]:
        return 80 + 100 * np.sin(4 * time), 45 + 60 * np.cos(5 * time)

    sizes = set()
    for result, _ in run(follow_crop(aspect, height=height, lag=0.1), film(times(30, 2), wild)).values():
        assert result.source.opacity is None
        sizes.add(result.size_hw)
    assert len(sizes) == 1
    down, along = sizes.pop()
    assert down % 2 == along % 2 == 0
    across_, _, high = aspect.partition(":")
    assert along / down == pytest.approx(int(across_) / int(high), abs=2 / down)


def test_the_crop_changes_no_pixel_and_holds_the_subject() -> None:
    frames = list(film(times(30, 1.8)))
    for (made, frame), (result, state) in zip(
        frames, run(follow_crop(slack=0.05, lag=0.1), frames).values(), strict=True
    ):
        assert isinstance(state, Aimed)
        left = round(state.camera.place[0] * SIZE[1] - result.size_hw[1] / 2)
        left = min(max(left, 0), SIZE[1] - result.size_hw[1])
        part = frame.image.rgb[:, left : left + result.size_hw[1]]
        assert np.array_equal(result.source.rgb, part)
        assert np.array_equal(result.alpha, made.alpha[:, left : left + result.size_hw[1]])
        inside = result.alpha.sum() / made.alpha.sum()
        assert inside > 0.95


def test_the_camera_rests_while_the_subject_moves_a_little() -> None:
    def little(time: float) -> tuple[float, float]:
        return 80 + 4 * np.sin(3 * time), 45

    states = [state.camera.place for _, state in run(follow_crop(slack=0.15), film(times(30, 4), little)).values()]
    assert len(set(states)) == 1
    moving = [state.camera.place for _, state in run(follow_crop(slack=0), film(times(30, 4), little)).values()]
    assert len(set(moving)) > 100


def test_the_crop_in_another_size() -> None:
    result, _ = follow_crop(size=(108, 192))(*next(film([Fraction(0)])))
    assert result.size_hw == (192, 108)
    assert result.source is not None
    assert result.source.opacity is None
    assert result.notes == ()


def corner_of(result: Cutout) -> tuple[int, int]:
    rows, columns = np.nonzero((result.rgb == (255, 255, 255)).all(-1))
    return int(columns.mean()), int(rows.max())


@pytest.mark.parametrize(
    ("anchor", "x", "y"),
    [("head", 80, 30), ("middle", 80, 50), ("below", 80, 77), ("left", 48, 50), ("right", 112, 50)],
)
def test_a_label_is_at_its_anchor(anchor: str, x: int, y: int) -> None:
    patch = Image(np.full((10, 20, 3), 255, np.uint8))
    made = cutout(disc((80, 45)))
    result, _ = label(picture=patch, anchor=anchor, size=10 / 90)(made, Frame(Image(made.rgb), Fraction(0), 0))
    found = corner_of(result)
    assert found[0] == pytest.approx(x, abs=2)
    assert found[1] == pytest.approx(y, abs=2)


@pytest.mark.parametrize("offset", [(1, 1), (-1, -1), (1, -1)])
def test_a_label_never_leaves_the_picture(offset: tuple[float, float]) -> None:
    made = cutout(disc((80, 45)))
    frame = Frame(Image(made.rgb), Fraction(0), 0)
    patch = Image(np.full((10, 20, 3), 255, np.uint8))
    result, _ = label(picture=patch, size=10 / 90, offset=offset)(made, frame)
    assert (result.rgb == 255).all(-1).sum() == 200
    wide, _ = label("a very long label indeed, much wider than the picture", size=0.2)(made, frame)
    assert wide.size_hw == SIZE


def test_a_label_moves_by_parts_of_a_pixel() -> None:
    """Over 30 frames of 0.4 pixels its middle is on an even way to a quarter of a pixel."""

    def slow(time: float) -> tuple[float, float]:
        return 60 + 12 * time, 45

    patch = Image(np.full((10, 20, 3), 255, np.uint8))
    found = []
    for (result, _), (made, _) in zip(
        run(label(picture=patch, size=10 / 90, anchor="right", lag=0), film(times(30), slow)).values(),
        film(times(30), slow),
        strict=True,
    ):
        weight = (result.alpha - made.alpha).clip(0)[:, 75:]
        found.append(float((weight.sum(0) * (np.arange(weight.shape[1]) + 75.5)).sum() / weight.sum()))
    line = np.polyval(np.polyfit(range(31), found, 1), range(31))
    assert np.abs(line - found).max() < 0.25


@pytest.mark.parametrize(
    ("values", "says"),
    [({}, "words or a picture"), ({"text": "a", "picture": smooth()}, "one of them"), ({"text": "я"}, "has no 'я'"),
     ({"text": "a", "font": "no.ttf"}, "give the path of a .ttf"), ({"text": "a", "paper": "blu"}, "did you mean blue"),
     ({"picture": "red"}, "give the path of a picture")],
)  # fmt: skip
def test_labels_that_cannot_be_made(values: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        label(**values)


def test_the_background_goes_against_the_subject() -> None:
    """By `amount` of the subject's way, in parts of pixels: red of the picture grows by 1 a pixel to the right."""
    y, x = np.mgrid[:135, :240]
    ramp = Image(np.stack([x, y, x * 0], -1).astype(np.uint8))
    found = run(parallax(ramp, amount=0.25, zoom=1.5, lag=0.2), film(times(30, 1.8)))
    shown = {time: result.under[0].rgb[45, :, 0].astype(float).mean() for time, (result, _) in found.items()}
    late = [time for time in shown if time > Fraction(3, 2)]
    for time in late:
        middle = across(float(time) - 0.2)[0]
        assert shown[time] == pytest.approx(119.5 + 0.25 * (middle - 80), abs=0.6)  # 8 bits round all columns alike


def test_parallax_stays_within_its_picture() -> None:
    found = run(parallax(Image(np.full((50, 50, 3), 200, np.uint8)), amount=1, zoom=1.1), film(times(10, 2)))
    assert all((result.under[0].rgb == 200).all() for result, _ in found.values())
    for wrong in (None, "red"):
        with pytest.raises(UsageError, match="parallax needs a picture"):
            parallax(wrong)


def test_nearer_is_larger_around_the_point_and_keeps_colours_clean() -> None:
    """The area grows by the square; of the soft edge nothing of what is hidden comes into the colour."""
    made = cutout(disc((80, 45)))
    near = magnified(made, 2.0, (0.5, 0.5))
    assert near.alpha.sum() == pytest.approx(4 * made.alpha.sum(), rel=0.01)
    seen = near.alpha > 0.02
    assert np.abs(near.rgb[seen].astype(int) - made.rgb[45, 80]).max() <= 1
    corner = magnified(made, 2.0, (0.0, 0.0))
    assert near.source is not None
    assert corner.source is not None
    assert made.source is not None
    assert np.abs(corner.source.rgb[1, 1].astype(float) - made.source.rgb[0, 0] * 0.5625).max() <= 255 * 0.44


def test_the_zoom_begins_and_ends_softly_where_it_says() -> None:
    found = run(zoom_in(1.6, begin=0.2, over=0.6, lag=0), film(times(10, 1), lambda time: (80, 45)))
    area = {time: float(result.alpha.sum()) for time, (result, _) in found.items()}
    plain = float(disc((80, 45)).sum())
    assert area[Fraction(1, 5)] == plain
    assert area[Fraction(1, 2)] == pytest.approx(plain * 1.3**2, rel=0.01)
    assert area[Fraction(1)] == pytest.approx(plain * 1.6**2, rel=0.01)
