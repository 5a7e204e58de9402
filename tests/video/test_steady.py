"""Steadiness of alpha on the small grid, at full size, and of the subject, where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.matting.guided import guided_upsample
from matteo.picture.geometry import resize
from matteo.video.edges import LAG, LONG, SLACK, edges_steadied
from matteo.video.flow import Motion
from matteo.video.steady import begun, blended, carried
from matteo.video.subject import is_lost, without_strangers
from matteo.video.upsample import upsampled
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


def noisy(rng: np.random.Generator) -> Floats:
    return np.asarray(np.clip(disc() * 0.6 + 0.2 + rng.normal(0, 0.05, (SIZE, SIZE)), 0, 1), np.float32)


def test_noise_of_a_still_picture_falls_as_the_mean_of_many_frames_does() -> None:
    rng = np.random.default_rng(0)
    past = begun(noisy(rng))
    seen, steady = [], []
    for _ in range(40):
        now = noisy(rng)
        past = blended(carried(past, still()), now, 2)
        seen.append(now)
        steady.append(past.alpha)
    assert np.std(steady[20:], 0).mean() < np.std(seen[20:], 0).mean() / 4
    changes = [np.abs(np.diff(frames[20:], axis=0)).mean() for frames in (steady, seen)]
    assert changes[0] < changes[1] / 8


def test_what_moves_is_carried_with_it() -> None:
    past = begun(disc(24))
    for step in range(1, 5):
        past = carried(past, still(x=3.0))
        assert np.abs(past.alpha - disc(24 + 3 * step))[:, 15:].max() < 1e-5


def test_without_trust_the_network_is_followed_at_once() -> None:
    past = begun(disc())
    for _ in range(10):
        past = blended(carried(past, still()), disc(), 2)
    now = blended(carried(past, still(trust=0)), disc(40), 2)
    assert (now.alpha == disc(40)).all()


def test_a_slip_is_held_and_a_change_that_lasts_is_followed_at_once() -> None:
    past = begun(disc())
    for _ in range(5):
        past = blended(carried(past, still()), disc(), 2)
    nothing = np.zeros_like(disc())
    for _ in range(2):
        past = blended(carried(past, still()), nothing, 2)
        assert past.alpha[32, 32] == 1
    past = blended(carried(past, still()), nothing, 2)
    assert past.alpha[32, 32] == 0
    assert past.alpha.max() < 0.5  # nowhere a ghost that would be seen as the subject


def test_one_good_look_ends_a_slip() -> None:
    past = begun(disc())
    for seen in (disc(), disc() * 0, disc() * 0, disc(), disc() * 0, disc() * 0):
        past = blended(carried(past, still()), seen, 2)
        assert past.alpha[32, 32] == 1


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


def test_an_edge_in_place_lags_by_less_than_the_stated_part_of_a_pixel() -> None:
    step = 0.2  # pixels of the frame, 4 to one of the grid
    weight = np.full((SIZE, SIZE), LONG, np.float32)
    before = resize(disc(20), (256, 256))
    columns = np.arange(256, dtype=np.float32)
    for frame in range(1, 60):
        now = resize(disc(20 + frame * step / 4), (256, 256))
        before = edges_steadied(now, before, still(x=step / 4), weight, disc(20 + frame * step / 4))
    centres = [float((alpha * columns).sum() / alpha.sum()) for alpha in (before, now)]
    assert 0 <= centres[1] - centres[0] < LAG + 5 * SLACK  # the edge is five pixels wide


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
    slow = guided_upsample(coarse, small.astype(np.float32) / np.float32(255), rgb)
    fast = upsampled(coarse, small, rgb)
    assert np.abs(slow - fast).mean() < 1e-3
    assert np.quantile(np.abs(slow - fast), 0.999) < 0.06
    sure = resize(np.hypot(xs - 160, ys - 150).astype(np.float32), rgb.shape[:2], smooth=False)
    assert (fast[sure < 90] == 1).all()
    assert (fast[sure > 110] == 0).all()
    deep = rgb.astype(np.uint16) * np.uint16(257)
    assert np.abs(upsampled(coarse, small, deep) - fast).max() < 1e-4


def test_an_alpha_without_edges_stays_as_it_is() -> None:
    rgb, small = photograph("chelsea"), resize(photograph("chelsea"), (320, 320))
    for value in (0, 1):
        assert (upsampled(np.full((320, 320), value, np.float32), small, rgb) == value).all()
