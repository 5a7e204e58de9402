"""The blurred background: nothing of the subject in it, discs in linear light, and nothing at all at strength 0."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from matteo.effects import fill as filling
from matteo.effects.background import parse_background
from matteo.effects.blur import NO_GROUND, blur
from matteo.effects.crop import crop
from matteo.effects.fill import fill
from matteo.effects.lens import disc, lens_blur
from matteo.effects.original import dim, grey, spot
from matteo.effects.plate import BEYOND, GRAINY, HIDDEN, clean_plate
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.geometry import resize
from matteo.picture.image import Image
from matteo.picture.light import light_of

from ..picture.made import display_p3, noise
from ..pictures import photograph
from .scenes import Scene, scene, slope, soft_ellipse

FREE = (0.3, 0.2, 0.65, 0.8)
LOWER = (0.3, 0.4, 0.7, 1.3)  # a subject that the lower border cuts
CORNER = (-0.3, 0.5, 0.4, 1.4)


def blurred(rgb: Any, radius: float) -> Any:
    tone = light_of(None)
    return np.concatenate([tone.encoded(values, rgb.dtype) for _, values in lens_blur(rgb, radius, tone)])


@pytest.mark.parametrize("strength", [1, 2, 4, 6, 12, 40, 200])
@pytest.mark.parametrize("box", [FREE, LOWER, CORNER], ids=["free", "cut by the border", "in a corner"])
@pytest.mark.parametrize("colour", [(255, 0, 40), (0, 255, 0)])
def test_no_colour_of_the_subject_gets_into_the_blur(
    strength: float, box: tuple[float, float, float, float], colour: tuple[int, int, int]
) -> None:
    made = scene((480, 640), box=box, colour=colour, noise=3)
    behind = blur(strength).behind(made.cutout)
    clean = blurred(made.plate, strength / 1000 * 640)
    outside = made.cutout.alpha == 0
    assert np.abs(behind.rgb.astype(int) - clean)[outside].max() <= 2


@pytest.mark.parametrize("off", [-2, 2])
@pytest.mark.parametrize("strength", [4, 12, 40])
def test_nor_where_the_matte_is_a_little_off(off: int, strength: float) -> None:
    """Two pixels of 640 too narrow or too wide: what it calls background and is not stays out, too."""
    made = scene((480, 640), noise=3)
    true, around = made.cutout.alpha, np.ones((2 * abs(off) + 1,) * 2, np.uint8)
    alpha: Any = cv2.erode(true, around) if off < 0 else cv2.dilate(true, around)
    rgb = np.where(alpha[..., None] > 0, np.array((255, 0, 40), np.uint8), np.uint8(0))
    behind = blur(strength).behind(replace(made.cutout, rgb=rgb, alpha=alpha))
    outside = cv2.dilate(np.maximum(true, alpha), np.ones((3, 3), np.uint8)) == 0
    assert np.abs(behind.rgb.astype(int) - blurred(made.plate, strength / 1000 * 640))[outside].max() <= 3


def test_what_the_soft_edge_lets_through_is_in_the_plate() -> None:
    """Its own grain, not a smooth fill: the plate is off by what is hidden as a whole alone."""
    made = scene((240, 320), noise=4)
    plate = clean_plate(made.cutout, "test", margin=3)
    alpha = made.cutout.alpha
    assert np.array_equal(plate.rgb[alpha == 0], made.plate[alpha == 0])
    edge = (alpha > 0) & (alpha < 0.4)
    assert np.abs(plate.rgb.astype(int) - made.plate)[edge].max() <= 1


@pytest.mark.parametrize("effect", [blur, dim, grey, spot])
def test_strength_0_is_the_original(effect: Any) -> None:
    cutout = scene(noise=5).cutout
    assert cutout.source is not None
    image = effect(0)(cutout)
    assert np.array_equal(image.rgb, cutout.source.rgb)
    assert image.opacity is None


@pytest.mark.parametrize("text", ["blur:20", "blur:20,depth", "dim:0.7", "grey", "spot", "white", "gradient:#f00,#00f"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("icc", [None, display_p3()])
def test_opaque_pixels_depth_and_profile_stay(text: str, dtype: Any, icc: bytes | None) -> None:
    cutout = scene(noise=5, dtype=dtype, icc=icc).cutout
    image = parse_background(text)(cutout)
    assert image.rgb.dtype == dtype
    assert image.metadata.icc == icc
    assert np.array_equal(image.rgb[cutout.alpha == 1], cutout.rgb[cutout.alpha == 1])
    assert np.array_equal(image.rgb, parse_background(text)(cutout).rgb)


def test_light_adds_up_linearly() -> None:
    """Half of the disc's area white, half black: half the light, which is encoded as 188 and not as 128."""
    rgb = np.zeros((80, 200, 3), np.uint8)
    rgb[:, 100:] = 255
    row = blurred(rgb, 20)[40, :, 0]
    assert row[[0, 79]].tolist() == [0, 0]
    assert row[[120, 199]].tolist() == [255, 255]
    assert abs(int(row[99]) + int(row[100]) - 2 * 188) <= 8


@pytest.mark.parametrize("radius", [0, 0.3, 1, 5.5, 12])
def test_a_point_becomes_a_disc(radius: float) -> None:
    share = disc(radius)
    assert abs(float(share.sum()) - 1) < 1e-5
    if radius >= 1:
        assert float(share.max()) == pytest.approx(1 / (np.pi * radius**2), rel=0.06)
        side = np.arange(len(share)) - len(share) // 2
        assert not share[np.hypot(side[:, None], side) > radius + 0.8].any()


def test_on_a_smaller_picture_the_blur_is_the_same() -> None:
    """The exact disc against the fast one: a photograph's mean difference is a tenth of a level."""
    from matteo.effects import lens

    rgb = np.ascontiguousarray(photograph("coffee")[:300])
    fast, working = blurred(rgb, 30), lens.WORKING
    try:
        lens.WORKING = 1000
        exact = blurred(rgb, 30)
    finally:
        lens.WORKING = working
    difference = np.abs(fast.astype(int) - exact)
    assert difference.mean() < 0.2
    assert np.quantile(difference, 0.999) <= 4


def test_with_depth_the_ground_line_is_sharp() -> None:
    made = scene((400, 400), noise=20)
    behind = blur(30, depth=True).behind(made.cutout)
    away = np.abs(behind.rgb.astype(float) - made.plate)[:, :80].mean(axis=(1, 2))
    ground = int(np.flatnonzero((made.cutout.alpha >= 0.1).any(axis=1))[-1]) + 1
    assert away[ground] < 4
    assert away[ground - 200] > 12
    assert away[ground - 50] < away[ground - 100] < away[ground - 200] + 1


def test_without_a_ground_line_it_is_said() -> None:
    cutout = scene(box=LOWER, noise=5).cutout
    image = blur(20, depth=True)(cutout)
    assert NO_GROUND in image.notes
    assert np.array_equal(image.rgb, blur(20)(cutout).rgb)


def test_the_source_is_needed() -> None:
    with pytest.raises(UsageError, match="keep_source=True"):
        blur(12)(replace(scene().cutout, source=None))


@pytest.mark.parametrize("strength", [-1, 201, float("nan"), "much", True])
def test_strengths_that_make_no_sense(strength: Any) -> None:
    with pytest.raises(UsageError, match="from 0 to 200"):
        blur(strength)


def test_beyond_the_photograph_it_goes_on() -> None:
    cutout = crop(margin=1.5)(scene(noise=3).cutout)
    image = blur(12)(cutout)  # type: ignore[arg-type]
    assert BEYOND in image.notes
    assert image.opacity is None


def test_what_the_photograph_shows_is_no_other_beyond_it() -> None:
    made = scene(noise=8)
    wide = crop(margin=1.5)(made.cutout)
    assert isinstance(wide, Cutout)
    plate = clean_plate(wide, "test")
    assert plate.opacity is None
    assert wide.source is not None
    assert wide.source.opacity is not None
    inside = wide.source.opacity == 1
    assert np.array_equal(plate.rgb[inside], clean_plate(made.cutout, "test").rgb.reshape(-1, 3))
    grain = np.abs(np.diff(plate.rgb[:20].astype(int), axis=1)).mean()
    assert grain < 0.2 * np.abs(np.diff(made.plate.astype(int), axis=1)).mean()


def test_a_see_through_source_stays_see_through() -> None:
    cutout = scene().cutout
    assert cutout.source is not None
    opacity = soft_ellipse(180, 240, (0, 0, 1, 1))
    seen = replace(cutout, source=replace(cutout.source, opacity=opacity))
    image = blur(12)(seen)
    assert image.opacity is not None
    assert np.array_equal(image.opacity[cutout.alpha == 0], opacity[cutout.alpha == 0])


@pytest.mark.parametrize("box", [(60, 100, 60, 120), (100, 180, 60, 120), (0, 180, 60, 120), (0, 90, 0, 90)])
def test_a_slope_goes_on_through_a_hole(box: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = box
    values = slope(180, 241).astype(np.float32)
    known = np.ones((180, 241), bool)
    known[top:bottom, left:right] = False
    filled = fill(values, known)
    assert np.array_equal(filled[known], values[known])
    seen = values[known].min(axis=0), values[known].max(axis=0)  # no darker and no brighter than what is known
    assert np.abs(filled - np.clip(values, *seen)).max() < 0.1


@pytest.mark.parametrize(
    "box", [(60, 100, 60, 120), (100, 180, 60, 120), (0, 90, 0, 90), (0, 180, 60, 120), (170, 180, 0, 241)]
)
def test_a_hole_is_relaxed_until_no_more_would_be_seen(
    box: tuple[int, int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    top, bottom, left, right = box
    values = np.asarray(resize(noise(18, 24), (180, 241)), np.float32)
    known = np.ones((180, 241), bool)
    known[top:bottom, left:right] = False
    filled = fill(values, known)
    monkeypatch.setattr(filling, "_enough", lambda size_wh, at_border: 1 << 16)
    assert np.abs(fill(values, known) - filled).max() < 0.1  # of 255


def test_the_plane_around_a_hole_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    for size_hw, channels in (((40, 60), 3), ((1, 30), 1), ((25, 9), 4)):
        values = rng.random((*size_hw, channels)).astype(np.float32) * 255
        known = rng.random(size_hw) < 0.7
        known[0, 0], known[-1, -1] = False, False  # so that all of it lies around the hole
        y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in size_hw), indexing="ij")
        terms = np.stack([np.ones(size_hw), y, x], 2)
        found = np.linalg.lstsq(terms[known], values[known].astype(np.float64), rcond=1e-9)[0]
        assert np.abs(filling._plane(values, known) - terms @ found).max() < 0.01


def test_a_hole_without_surroundings() -> None:
    values = noise(7, 9).astype(np.float32)
    assert not fill(values, np.zeros((7, 9), bool)).any()
    assert fill(values, np.ones((7, 9), bool)) is values


def test_the_clean_plate_keeps_what_is_seen() -> None:
    made: Scene = scene(noise=8)
    plate = clean_plate(made.cutout, "test")
    outside = made.cutout.alpha == 0
    assert np.array_equal(plate.rgb[outside], made.plate[outside])
    assert np.abs(plate.rgb.astype(float) - made.plate)[~outside].mean() < 10
    assert isinstance(plate, Image)


@pytest.mark.parametrize("radius", [4.0, 20.0])
def test_what_is_blurred_afterwards_may_be_filled_in_coarsely(radius: float) -> None:
    made = scene((480, 640), noise=3)
    fine, coarse = (clean_plate(made.cutout, "test", blurred=told).rgb for told in (0, radius))
    assert (fine != coarse).any()
    assert np.abs(blurred(coarse, radius).astype(int) - blurred(fine, radius)).max() <= 3


def test_what_is_blurred_afterwards_keeps_no_grain_on_a_larger_canvas_either() -> None:
    made = scene((480, 640), noise=8)
    placed = crop(size=(900, 900), margin=0.3)(made.cutout)
    assert isinstance(placed, Cutout)
    shown = (placed.alpha > 0) & (
        placed.alpha < 0.5
    )  # where a plate that is not blurred keeps what the edge lets through
    fine, blurred_away = (clean_plate(placed, "test", blurred=told).rgb.astype(float) for told in (0, GRAINY))
    detail = [np.abs(rgb - cv2.blur(rgb, (5, 5)))[shown].mean() for rgb in (fine, blurred_away)]
    assert detail[1] < detail[0] / 2


def test_a_real_cut_out_has_its_source() -> None:
    """The picture itself, not a copy, unless it is not wanted."""
    from matteo.picture.read import read
    from matteo.remover import Remover

    remover, image = Remover(), read(photograph("coffee"))
    cutout = remover.cut(image)
    assert cutout.source is image
    assert remover.cut(image, keep_source=False).source is None
    assert remover.remove(photograph("coffee")).source is not None
    found = cutout.apply(crop(fill=0.7, aspect="1:1"), blur(10))
    assert isinstance(found, Image)
    assert found.opacity is None


@pytest.mark.parametrize("shape", [(60, 80), (1800, 2400)])
@pytest.mark.parametrize("effect", [dim(0.001), blur(1)])
def test_where_the_subject_is_everywhere_the_photograph_stays_and_it_is_said(
    shape: tuple[int, int], effect: Any
) -> None:
    rgb = np.full((*shape, 3), 200, np.uint8)
    veil = Cutout(rgb, np.full(shape, 0.5, np.float32), source=Image(rgb))
    image = effect(veil)
    assert np.abs(image.rgb.astype(int) - 200).max() <= 1
    assert HIDDEN in image.notes


def test_no_cell_known_as_a_whole_leaves_the_photograph() -> None:
    """A line of the subject through every one of the cells that a large picture is filled in."""
    rgb = np.full((100, 3000, 3), 200, np.uint8)
    alpha = np.zeros((100, 3000), np.float32)
    alpha[:, ::3] = 1
    plate = clean_plate(Cutout(rgb, alpha, source=Image(rgb)), "test")
    assert (plate.rgb == 200).all()
    assert plate.notes == (HIDDEN,)
    wide = clean_plate(Cutout(rgb, alpha, source=Image(rgb)).apply(crop(margin=0.01)), "test")  # type: ignore[arg-type]
    assert (wide.rgb == 200).all()
    assert wide.notes == (BEYOND, HIDDEN)


def test_a_growing_blur_takes_little_room() -> None:
    made = scene((1000, 1500), box=(0.4, 0.1, 0.6, 0.9)).cutout
    effect = blur(2, depth=True)
    tracemalloc.start()
    effect(made)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 31 * 1000 * 1500  # bytes; with floats of the whole picture there were 35
