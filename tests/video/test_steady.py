"""Steadiness of alpha on the small grid, at full size, and of the subject, where the truth is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.matting.clean import snap
from matteo.matting.edges import CLEAR, SOLID
from matteo.matting.guided import guided_upsample
from matteo.models.companions import STEADIER, companion
from matteo.picture.geometry import resize
from matteo.video import edges
from matteo.video.edges import FAST, LAG, LONG, edges_steadied
from matteo.video.flow import Motion
from matteo.video.steady import Past, Run, Seen, begun, carried, corrected, decided, sharpened, unsteady
from matteo.video.subject import is_lost, without_strangers
from matteo.video.upsample import enlarged, upsampled
from tests.pictures import photograph

Floats = NDArray[np.float32]
SIZE = 64


def still(trust: float = 1.0, x: float = 0.0) -> Motion:
    back = np.zeros((SIZE, SIZE, 2), np.float32)
    back[..., 0] = -x
    return Motion(back, np.full((SIZE, SIZE), trust, np.float32))


def disc(x: float = 32, radius: float = 16) -> Floats:
    ys, xs = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    return np.asarray(np.clip(radius + 0.5 - np.hypot(xs - x, ys - 32), 0, 1), np.float32)


def shown(alpha: Floats) -> NDArray[np.uint8]:
    """A frame in which the subject has a colour of its own."""
    return np.asarray(np.rint(60 + alpha[..., None] * np.array([150, 90, 30])), np.uint8)


def noisy(rng: np.random.Generator) -> Floats:
    return np.asarray(np.clip(disc() * 0.6 + 0.2 + rng.normal(0, 0.05, (SIZE, SIZE)), 0, 1), np.float32)


@pytest.fixture(scope="module")
def run() -> Run:
    return companion(STEADIER, threads=1).all_of


def followed(past: Past, seen: Floats, motion: Motion, run: Run, rgb: NDArray[np.uint8] | None = None) -> Past:
    """One frame on, with a look at the whole."""
    past = corrected(carried(past, motion), Seen(seen), 2)
    return decided(past, Seen(seen), shown(seen) if rgb is None else rgb, motion.trust, run)


def test_what_flickers_where_nothing_moves_comes_to_rest(run: Run) -> None:
    rng, rgb = np.random.default_rng(0), shown(disc())
    first = noisy(rng)
    past, seen, steady = begun(Seen(first), rgb, run), [first], []
    for _ in range(30):
        seen.append(noisy(rng))
        past = followed(past, seen[-1], still(), run, rgb)
        steady.append(past.alpha)
    changes = [np.abs(np.diff(frames[10:], axis=0)).mean() for frames in (steady, seen)]
    assert changes[0] < changes[1] / 3
    assert ((past.alpha > 0.5) == (disc() > 0.5)).mean() > 0.97


def test_what_moves_is_carried_with_it(run: Run) -> None:
    past = begun(Seen(disc(24)), shown(disc(24)), run)
    before = past.alpha
    for step in range(1, 5):
        past = carried(past, still(x=3.0))
        assert np.abs(past.alpha[:, 20:] - before[:, 20 - 3 * step : SIZE - 3 * step]).max() < 1e-4
    assert past.hidden.shape == (8, SIZE // 2, SIZE // 2)


def test_without_trust_the_network_is_followed_at_once(run: Run) -> None:
    past = begun(Seen(disc()), shown(disc()), run)
    for _ in range(6):
        past = followed(past, disc(), still(), run)
    now = followed(past, disc(44), still(trust=0), run)
    assert ((now.alpha > 0.5) == (disc(44) > 0.5)).mean() > 0.98


def test_a_slip_is_held_and_a_change_that_lasts_is_followed_at_once(run: Run) -> None:
    """Though nothing in the picture says so: the network denies the upper half of the subject."""
    past, rgb, lower = begun(Seen(disc()), shown(disc()), run), shown(disc()), disc()
    lower[:32] = 0
    for _ in range(5):
        past = followed(past, disc(), still(), run)
    for _ in range(2):
        past = followed(past, lower, still(), run, rgb)
        assert past.alpha[20:30, 32].min() > 0.9
    past = followed(past, lower, still(), run, rgb)
    assert past.alpha[20:28, 32].max() < 0.5  # nowhere a ghost that would be seen as the subject
    assert past.alpha[38:44, 32].min() > 0.9


def test_one_good_look_ends_a_slip(run: Run) -> None:
    past, rgb = begun(Seen(disc()), shown(disc()), run), shown(disc())
    for seen in (disc(), disc(), disc() * 0, disc() * 0, disc(), disc() * 0, disc() * 0):
        past = followed(past, seen, still(), run, rgb)
        assert past.alpha[32, 32] > 0.9


def test_doubt_is_shown_less_half_transparent() -> None:
    alpha = np.array([0, 0.2, 0.5, 0.8, 1], np.float32)
    assert np.allclose(sharpened(alpha), [0, 1 / 17, 0.5, 16 / 17, 1])


def test_a_closer_look_contradicts_only_what_it_sees() -> None:
    past = unsteady(Seen(disc()))
    valid = np.zeros_like(disc())
    valid[:, :32] = 1
    for _ in range(3):
        past = corrected(past, Seen(np.zeros_like(disc()), valid), 2)
    assert past.alpha[:, :32].max() <= 0.5
    assert (past.alpha[:, 32:] == disc()[:, 32:]).all()
    again = corrected(replace(past, against=past.against + 1), Seen(disc()), 2)
    assert not again.against[:, 32:].any()  # one that agrees ends the count


def test_a_stranger_waits_and_then_is_let_in() -> None:
    before, waited = disc(20, 10), np.zeros((SIZE, SIZE), np.float32)
    both = np.maximum(before, disc(52, 8))
    for look in range(6):
        shown, waited = without_strangers(both, before, waited, 5)
        assert (shown[:, :35] == both[:, :35]).all()
        assert shown[32, 52] == (0 if look < 5 else 1)
    shown, waited = without_strangers(before, before, waited, 5)
    assert not waited.any()


def test_what_touches_the_subject_or_follows_nothing_is_no_stranger() -> None:
    before = disc(20, 10)
    arm = before.copy()
    arm[30:34, 20:60] = 1
    assert (without_strangers(arm, before, np.zeros_like(arm), 5)[0] == arm).all()
    nothing = np.zeros_like(arm)
    assert (without_strangers(arm, nothing, nothing, 5)[0] == arm).all()


def test_a_subject_is_lost_when_the_network_sees_nearly_nothing_of_it() -> None:
    assert is_lost(disc(56, 6), disc(20, 10))
    assert not is_lost(disc(24, 10), disc(20, 10))
    assert not is_lost(disc(), np.zeros_like(disc()))


def test_edges_at_full_size_lose_their_noise_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    true, coarse = resize(disc(), (256, 256)), disc()
    weight = np.full((SIZE, SIZE), LONG, np.float32)
    band = (true > 0.05) & (true < 0.95)
    before, changes, errors = true, [], []
    for _ in range(30):
        now = np.where(band, np.clip(true + rng.normal(0, 0.05, true.shape), 0, 1), true).astype(np.float32)
        steady = edges_steadied(now, before, still(), weight, coarse)
        changes.append(np.abs(steady - before)[band].mean())
        errors.append(np.abs(steady - true)[band].mean() / np.abs(now - true)[band].mean())
        assert (steady[~band] == true[~band]).all()
        before = steady
    assert np.mean(changes[10:]) < 0.01
    assert np.mean(errors[10:]) < 0.5


def test_an_edge_in_place_lags_by_less_than_the_stated_part_of_a_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "SLACK", 0.0)  # of the mean alone: what does not show yet is held besides
    step = 0.2  # pixels of the frame, 4 to one of the grid
    weight = np.full((SIZE, SIZE), LONG, np.float32)
    before = resize(disc(20), (256, 256))
    columns = np.arange(256, dtype=np.float32)
    for frame in range(1, 60):
        now = resize(disc(20 + frame * step / 4), (256, 256))
        before = edges_steadied(now, before, still(x=step / 4), weight, disc(20 + frame * step / 4))
    centres = [float((alpha * columns).sum() / alpha.sum()) for alpha in (before, now)]
    assert 0 <= centres[1] - centres[0] < LAG + 0.05  # of a slope in steps of pixels


def test_along_its_way_an_edge_counts_the_less_of_the_past_the_faster_it_moves() -> None:
    kept = []
    for speed in (0.25, FAST, 4 * FAST):  # pixels of the grid a frame; four of the frame to one of it
        before, now = resize(disc(20), (256, 256)), resize(disc(20 + speed), (256, 256))
        brighter = np.clip(before + 0.2, 0, 1)  # what is left of the past can be told by this
        weight = np.full((SIZE, SIZE), LONG, np.float32)
        plain, other = (edges_steadied(now, b, still(x=speed), weight, disc(20 + speed)) for b in (before, brighter))
        soft = (now > 0.2) & (now < 0.7)
        kept.append(float((other - plain)[soft].mean()) / 0.2)
    assert kept[0] == pytest.approx(0.49, abs=0.03)
    assert kept[1] == pytest.approx(1 / 3, abs=0.03)
    assert kept[2] == pytest.approx(1 / 18, abs=0.03)


def test_grey_films_have_edges_as_exact_as_coloured_ones() -> None:
    ys, xs = np.mgrid[:256, :256]
    grey = np.where(np.hypot(xs - 128, ys - 128) < 60, 5, 250).astype(np.uint8)
    rgb: NDArray[np.uint8] = np.dstack([grey] * 3)
    small = resize(rgb, (SIZE, SIZE))
    coarse = disc(32, 15)
    slow = guided_upsample(coarse, small.astype(np.float32) / np.float32(255), rgb)
    assert np.abs(upsampled(coarse, small, rgb) - snap(slow, CLEAR, 1 - SOLID)).max() < 1e-3


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 9), (9, 1), (3, 200)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_edges_of_the_smallest_frames(size_hw: tuple[int, int], dtype: type) -> None:
    rgb: NDArray[Any] = np.full((*size_hw, 3), 9, dtype)
    coarse = disc()
    alpha = upsampled(coarse, np.full((SIZE, SIZE, 3), 9, np.uint8), rgb)
    assert alpha.shape == size_hw
    assert 0 <= alpha.min() <= alpha.max() <= 1
    assert np.array_equal(coarse, disc())


def test_an_outline_that_sways_by_less_than_is_seen_stays_and_nothing_is_left_behind() -> None:
    weight, before = np.full((SIZE, SIZE), LONG, np.float32), resize(disc(20), (256, 256))
    sways = [0.1 * np.sin(0.3 * frame) for frame in range(60)]  # pixels of the frame, 4 to one of the grid
    seen, shown = [before], [before]
    for sway, last in zip(sways[1:], sways[:-1], strict=True):
        seen.append(resize(disc(20 + sway / 4), (256, 256)))
        way = still(x=(sway - last) / 4)
        shown.append(edges_steadied(seen[-1], shown[-1], way, weight, disc(20 + sway / 4)))
    changes = [float(np.abs(np.diff(frames, axis=0)).mean()) for frames in (shown, seen)]
    assert changes[0] < changes[1] / 2
    gone = edges_steadied(np.zeros_like(before), before, still(), weight, disc())
    assert gone.max() < 1  # a mean of it, for the few frames that LONG says
    for _ in range(60):
        gone = edges_steadied(np.zeros_like(before), gone, still(), weight, disc())
    assert gone.max() < 0.01


@pytest.mark.parametrize("name", ["chelsea", "rocket"])
def test_the_fast_guided_filter_is_the_guided_filter(name: str) -> None:
    rgb = photograph(name)
    small = resize(rgb, (320, 320))
    ys, xs = np.mgrid[:320, :320]
    coarse = np.clip((100 - np.hypot(xs - 160, ys - 150)) / 4, 0, 1).astype(np.float32)
    slow = snap(guided_upsample(coarse, small.astype(np.float32) / np.float32(255), rgb), CLEAR, 1 - SOLID)
    fast = upsampled(coarse, small, rgb)
    assert np.abs(slow - fast).mean() < 1e-3
    assert np.quantile(np.abs(slow - fast), 0.999) < 0.06
    sure = resize(np.hypot(xs - 160, ys - 150).astype(np.float32), rgb.shape[:2], smooth=False)
    assert (fast[sure < 90] == 1).all()
    assert (fast[sure > 110] == 0).all()
    deep = rgb.astype(np.uint16) * np.uint16(257)
    assert np.abs(upsampled(coarse, small, deep) - fast).max() < 1e-4


@pytest.mark.parametrize("size_hw", [(720, 1280), (1080, 1920), (427, 611), (320, 320), (100, 90)])
def test_a_tile_is_the_same_part_of_the_whole_enlarged(size_hw: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    planes = [rng.random((320, 320)).astype(np.float32) for _ in range(2)]
    height, width = size_hw
    whole = enlarged(planes, size_hw, (slice(0, height), slice(0, width)))
    for plane, large in zip(planes, whole, strict=True):
        by_one = cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)
        assert np.abs(large - by_one).max() < 0.05  # the general way knows 32 places between two samples
    for tile in ((slice(0, 70), slice(20, 90)), (slice(height - 90, height), slice(width - 33, width))):
        for part, large in zip(enlarged(planes, size_hw, tile), whole, strict=True):
            assert np.abs(part - large[tile]).max() < 0.02


def test_an_alpha_without_edges_stays_as_it_is() -> None:
    rgb, small = photograph("chelsea"), resize(photograph("chelsea"), (320, 320))
    for value in (0, 1):
        assert (upsampled(np.full((320, 320), value, np.float32), small, rgb) == value).all()
