"""What makes films steady: shots from stills, what is learned from them, and that the file does as the training did."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from matteo.errors import ModelError
from matteo.learning.checkpoint import read_whole
from matteo.learning.data import Pair
from matteo.learning.schedule import plan_steps
from matteo.learning.steadier import train as training
from matteo.learning.steadier.batches import NONE, PATTERNS, Batch, batch_of, mistakes, pattern_of, with_errors
from matteo.learning.steadier.export import SHIPPED, export
from matteo.learning.steadier.moves import Pose, course_of, positions, sway_of
from matteo.learning.steadier.network import Look, Steadier, log_odds, step, warped
from matteo.learning.steadier.seen import Shots, seen_of
from matteo.learning.steadier.shots import FRAMES, Shot, compressed, shot_of
from matteo.learning.steadier.train import Recipe, load_steadier, losses, make_batch, train, unroll, validate
from matteo.models.card import from_json
from matteo.models.session import Session
from matteo.models.weights import weights_of
from matteo.remover import Remover
from matteo.video.flow import Motion
from matteo.video.steady import BOTH, CLOSER, WHOLE, Past, Seen, begun, carried, decided, half_of
from tests.learning.sets import disc, piece
from tests.pictures import photograph

Floats = NDArray[np.float32]
RECIPE = Recipe(stages=((1.0, 32, 2),), warmup_steps=2, ema=0.9)
SIDE = 64


@cache
def some_shots() -> Shots:
    pairs = [Pair(str(n), piece(n), disc(n)) for n in range(6)]
    scenes = [photograph("coffee")[:200, :300]]
    remover = Remover(threads=1)
    made = [shot_of(pairs, scenes, np.random.default_rng(seed), 4) for seed in range(6)]
    seen = [seen_of(shot.frames, shot.alphas, remover) for shot in made]
    return Shots(**{f.name: np.concatenate([getattr(one, f.name) for one in seen]) for f in fields(Shots)})


@pytest.fixture
def few_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "HELD", 2)


# Shots


def test_a_shot_is_the_same_for_the_same_seed_and_moves() -> None:
    pairs, scenes = [Pair("a", piece(1), disc(1))], [photograph("rocket")[:200, :300]]
    shots = [shot_of(pairs, scenes, np.random.default_rng(seed)) for seed in (3, 3, 4)]
    assert len(shots[0].frames) == FRAMES
    assert all((a == b).all() for a, b in zip(shots[0].frames, shots[1].frames, strict=True))
    assert shots[0].frames[0].shape != shots[2].frames[0].shape or (shots[0].frames[0] != shots[2].frames[0]).any()
    moved = [float(np.abs(shot.alphas[-1] - shot.alphas[0]).mean()) for shot in shots]
    assert max(moved) > 0.005
    for shot in shots:
        for rgb, alpha in zip(shot.frames, shot.alphas, strict=True):
            assert rgb.shape[:2] == alpha.shape
            assert 0 <= alpha.min() <= alpha.max() <= 1


def test_a_subject_before_another_scene_is_where_its_alpha_says() -> None:
    """A white disc before black: what is seen is alpha."""
    mask = disc()
    pairs = [Pair("a", np.dstack([mask] * 3), mask)]
    for seed in range(4):
        shot = shot_of(pairs, [np.zeros((200, 300, 3), np.uint8)], np.random.default_rng(seed))
        for rgb, alpha in zip(shot.frames, shot.alphas, strict=True):
            inside = rgb.mean(2) > 0.5 * np.median(rgb[alpha > 0.99])
            assert ((alpha > 0.5) == inside).mean() > 0.98


def test_a_layer_is_where_its_pose_puts_it_and_a_sway_is_small_and_smooth() -> None:
    rng = np.random.default_rng(0)
    course = course_of(rng, 8)
    assert np.abs(course.poses[4]).max() == 0
    moved = positions((20, 30), (40, 60), (30.0, 20.0), 1.0, Pose(x=4, y=-3), None)
    assert np.allclose((moved[0][20, 30], moved[1][20, 30]), (11, 13))
    still = positions((20, 30), (40, 60), (30.0, 20.0), 2.0, course.at(4.0), None)
    assert np.allclose((still[0][20, 30], still[1][20, 30]), (15, 10))
    assert np.allclose(still[0][20, 32] - still[0][20, 30], 1)  # twice as large: two pixels are one of the layer
    sway = sway_of(rng, (40, 60), 5.0)
    shift = sway.at(1.0)
    assert shift.shape == (40, 60, 2)
    assert 0.1 < np.abs(shift).max() < 40
    assert np.abs(np.diff(shift, axis=1)).max() < 5
    assert (sway.at(1.0) == shift).all()
    assert (sway.at(2.0) != shift).any()


def test_compression_changes_little_and_keeps_odd_sizes() -> None:
    frames = [photograph("coffee")[n : n + 75, :101] for n in range(3)]
    found = compressed(frames, 23)
    for one, other in zip(frames, found, strict=True):
        assert one.shape == other.shape
        assert 0 < np.abs(one.astype(float) - other).mean() < 12


# What is seen of them


def test_shots_hold_what_the_step_would_see() -> None:
    rgb, remover = photograph("astronaut")[:400, :400], Remover(threads=1)
    shot = Shot([rgb, rgb], [np.ones(rgb.shape[:2], np.float32)] * 2)
    seen = seen_of(shot.frames, shot.alphas, remover)
    assert seen.true.shape == (1, 2, 160, 160)
    assert (seen.true == 255).all()
    assert (seen.first[0, 0] == seen.first[0, 1]).all()
    assert np.abs(seen.back[0, 1].astype(float)).max() < 1e-3  # nothing moves
    assert seen.trust[0, 1].min() > 250
    assert not seen.trust[0, 0].any()
    share = seen.share[0, 0] / 255
    odds = [log_odds(torch.from_numpy(getattr(seen, n)[0, 0] / 255.0)).numpy() for n in ("first", "closer", "seen")]
    where = (share > 0.99) & (np.abs(odds[0]) < 4) & (np.abs(odds[1]) < 4)
    assert where.sum() > 50
    assert np.abs((odds[0] + odds[1]) / 2 - odds[2])[where].mean() < 0.3  # both looks' mean of log-odds


def test_looks_come_in_the_patterns_order_and_the_first_is_whole() -> None:
    ends = np.cumsum([share for share, _ in PATTERNS])
    assert ends[-1] == pytest.approx(1)
    assert pattern_of(0.0, 5) == [BOTH, CLOSER, WHOLE, CLOSER, WHOLE]
    assert pattern_of(float(ends[0]), 5) == [BOTH, NONE, CLOSER, NONE, WHOLE]
    assert pattern_of(float(ends[2]), 3) == [WHOLE, WHOLE, WHOLE]
    assert pattern_of(0.9999999, 3) == [BOTH, BOTH, BOTH]


def test_a_batch_depends_on_its_seed_alone() -> None:
    one, same, other = (batch_of(some_shots(), [0, 1], 32, seed) for seed in ((1, 2), (1, 2), (1, 3)))
    for name in ("rgb", "true", "back", "trust"):
        assert torch.equal(getattr(one, name), getattr(same, name))
    assert not torch.equal(one.rgb, other.rgb)
    assert one.rgb.shape == (2, 4, 3, 32, 32)
    assert one.back.shape == (2, 4, 2, 32, 32)
    plain = batch_of(some_shots(), [0], 160, (0,), plain=True)
    right = torch.from_numpy(some_shots().true[:1, :, None] / np.float32(255))
    assert torch.equal(plain.true, right)
    assert [look and look.kind for look in plain.looks] == [BOTH, CLOSER, WHOLE, CLOSER]
    assert plain.looks[2] is not None
    assert (plain.looks[2].valid == 1).all()


def test_a_shot_may_begin_after_a_while_at_rest() -> None:
    torch.manual_seed(0)
    plain, rested = (batch_of(some_shots(), [0, 2], 32, (0,), plain=True, rest=rest) for rest in (0, 5))
    assert plain.rest == []
    assert [look and look.kind for look in rested.rest] == [BOTH, CLOSER, WHOLE, CLOSER, WHOLE]
    assert [look and look.kind for look in rested.looks] == [CLOSER, WHOLE, CLOSER, WHOLE]
    assert rested.rest[2] is not None
    assert torch.equal(rested.rest[2].odds, log_odds(taken(some_shots().first, rested)))
    network = Steadier()
    known = training.rested(network, rested)
    assert known is not None
    assert (known.weight == 5).all()
    assert not known.odds.requires_grad
    assert unroll(network, rested).shape == rested.true.shape
    assert training.rested(network, plain) is None
    lengths = {len(batch_of(some_shots(), [0], 32, (0, seed)).rest) for seed in range(12)}
    assert 0 in lengths
    assert max(lengths) > 5


def taken(values: NDArray[np.uint8], batch: Batch) -> torch.Tensor:
    """The part of the maps that a plain batch of shots 0 and 2 shows, at its first frame."""
    whole = batch_of(some_shots(), [0, 2], 160, (0,), plain=True)
    for top in range(129):
        for left in range(129):
            if torch.equal(whole.true[0, 0, 0, top : top + 32, left : left + 32], batch.true[0, 0, 0]):
                part = values[[0, 2], 0, top : top + 32, left : left + 32]
                if torch.equal(whole.rgb[0, 0, :, top : top + 32, left : left + 32], batch.rgb[0, 0]):
                    return torch.from_numpy(part.astype(np.float32) / 255)[:, None]
    raise AssertionError("the part is none of the shot's")


def test_errors_last_a_look_or_a_few_and_leave_the_first_frames() -> None:
    odds = torch.full((40, 6, 1, 16, 16), 2.0)
    found = with_errors(odds, torch.ones_like(odds), [True] * 6, np.random.default_rng(0))
    assert torch.equal(found[:, :2], odds[:, :2])
    changed = (found != odds).flatten(2).any(2)
    assert 0.05 < changed.any(1).float().mean() < 0.5
    assert changed.sum(1).max() <= 5
    assert (found < odds).any()
    assert (found > odds).any()
    assert torch.equal(with_errors(odds, torch.ones_like(odds), [False] * 6, np.random.default_rng(0)), odds)


def test_what_was_known_is_at_times_the_contrary_of_the_truth() -> None:
    true = torch.zeros(60, 6, 1, 16, 16)
    true[..., 8:] = 1
    found = mistakes(true, np.random.default_rng(0))
    shots = found.flatten(1).any(1)
    assert 0.05 < shots.float().mean() < 0.4
    assert not found[:, 0].any()
    assert (found[..., :8] >= 0).all()  # said to be the subject
    assert (found[..., 8:] <= 0).all()
    assert ((found != 0).flatten(2).any(2).sum(1) <= 1).all()


def test_a_mistaken_past_is_what_the_network_is_given() -> None:
    torch.manual_seed(0)
    network, batch = Steadier(), batch_of(some_shots(), [0], 32, (0,), plain=True)
    right = unroll(network, batch)
    wrong = unroll(network, replace(batch, mistaken=torch.full_like(batch.true, 5.0)))
    assert torch.equal(right[:, 0], wrong[:, 0])
    assert (wrong[:, 1] > right[:, 1]).float().mean() > 0.5


# The network and its training


def test_at_first_it_follows_what_is_seen_and_keeps_its_memory_small() -> None:
    torch.manual_seed(0)
    network = Steadier()
    share, change, memory = network(torch.rand(2, 9, 16, 24), torch.zeros(2, 8, 16, 24))
    assert share.shape == change.shape == (2, 1, 16, 24)
    assert 0 < share.min() <= share.max() < 0.6
    assert change.abs().max() < 0.5
    assert memory.abs().max() <= 1


def test_what_was_is_brought_along_the_way() -> None:
    values = torch.zeros(1, 1, 8, 8)
    values[0, 0, 3, 2] = 1
    back = torch.zeros(1, 2, 8, 8)
    back[:, 0] = -3  # it was three pixels to the left
    assert warped(values, back)[0, 0, 3, 5] == 1


def batch_by_hand(odds: list[float], true: list[float]) -> tuple[torch.Tensor, Batch]:
    shape = (1, len(odds), 1, 4, 4)
    found, right = (torch.tensor(values).view(1, -1, 1, 1, 1).expand(shape) for values in (odds, true))
    looks: list[Look | None] = [Look(torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4), BOTH)] * len(odds)
    rgb, back = torch.zeros(1, len(odds), 3, 4, 4), torch.zeros(1, len(odds), 2, 4, 4)
    return found, Batch(looks, rgb, right, back, torch.full(shape, 0.5), torch.zeros(shape), [])


def test_losses_by_hand() -> None:
    """Alphas 1/2 and 3/4 where the truth is 0 and 1."""
    found, batch = batch_by_hand([0.0, float(np.log(3))], [0.0, 1.0])
    terms = losses(found, batch)
    assert float(terms["bce"]) == pytest.approx((np.log(2) - np.log(0.75)) / 2, rel=1e-5)
    assert float(terms["absolute"]) == pytest.approx((0.5 + 0.25) / 2)
    assert float(terms["change"]) == pytest.approx(0.75**2)
    assert float(terms["along"]) == pytest.approx(0.75 * 0.5)


def test_a_run_that_was_stopped_goes_on_as_one_that_was_not(tmp_path: Path, few_held: None) -> None:
    train(RECIPE, some_shots(), tmp_path / "whole", steps=4)
    state = training.begin(RECIPE, tmp_path / "parts", None)
    state.bf16 = bool(read_whole(tmp_path / "whole" / "checkpoint.pt")["bf16"])
    state.plan = plan_steps(RECIPE, 4)
    for number in range(2):
        training.take_step(state, make_batch(some_shots(), RECIPE, state.plan, number))
    training.save(state, tmp_path / "parts")
    train(RECIPE, some_shots(), tmp_path / "parts", steps=4)
    whole, parts = (read_whole(tmp_path / name / "checkpoint.pt") for name in ("whole", "parts"))
    assert whole["step"] == parts["step"] == 4
    assert all(torch.equal(whole["average"][key], parts["average"][key]) for key in whole["average"])


def test_it_learns(few_held: None) -> None:
    torch.manual_seed(0)
    network, shots = Steadier(), some_shots()
    adam = torch.optim.AdamW(network.parameters(), 3e-3)
    batch = batch_of(shots, [0, 1], 64, (0, 0))
    values = []
    for _ in range(12):
        adam.zero_grad()
        loss = training.total(losses(unroll(network, batch), batch), RECIPE)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        values.append(loss.item())
    assert values[-1] < 0.9 * values[0]
    scores = validate(network, shots)
    assert set(scores) >= {"iou", "seen iou", "change", "seen change", "at rest, 1", "at rest, 80"}
    assert 0 <= scores["iou"] <= 1


def test_too_few_shots_and_other_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="6 shots are too few"):
        train(RECIPE, some_shots(), tmp_path, steps=1)
    torch.save({"form": {}, "state": {}}, tmp_path / "weights.pt")
    with pytest.raises(ModelError, match="no weights of a steadier"):
        load_steadier(tmp_path / "weights.pt")


# Its file, and the film's own code with it


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Steadier, Session]:
    """A network of chance whose word counts, and its file."""
    torch.manual_seed(1)
    network, path = Steadier(), tmp_path_factory.mktemp("steadier")
    with torch.no_grad():
        network.told.weight.mul_(10)
    state = {key: value.half() for key, value in network.state_dict().items()}
    torch.save({"width": network.width, "state": state}, path / "weights.pt")
    card = export(path / "weights.pt", path, SHIPPED)
    assert from_json(path / "steadier.json") == card
    assert "every 20th" in card.trained_on[0]
    return load_steadier(path / "weights.pt"), Session(weights_of(card, path / card.file), card, threads=1)


@pytest.mark.parametrize("kind", [BOTH, WHOLE, CLOSER, None])
def test_a_film_is_decided_as_in_training(exported: tuple[Steadier, Session], kind: float | None) -> None:
    """On maps that are smooth on the finer grid, or halving an alpha and its log-odds would not be the same."""
    network, session = exported
    rng = np.random.default_rng(2)

    def smooth(low: float, high: float, channels: int = 1) -> Floats:
        values = rng.uniform(low, high, (SIDE // 16, SIDE // 16, channels)).astype(np.float32)
        return np.asarray(cv2.resize(values, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), np.float32)

    def small(values: Floats) -> torch.Tensor:
        halved = cv2.resize(values, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
        return torch.from_numpy(np.asarray(halved, np.float32)).view(1, 1, SIDE // 2, SIDE // 2)

    first, second = (np.clip(smooth(0.2, 0.8), 0.1, 0.9) for _ in range(2))
    valid = np.clip(smooth(0.3, 1), 0, 1) if kind == CLOSER else np.ones((SIDE, SIDE), np.float32)
    rgb = np.dstack([np.clip(smooth(40, 210), 0, 255).astype(np.uint8) for _ in range(3)])
    motion = Motion(np.full((SIDE, SIDE, 2), 0.2, np.float32), np.full((SIDE, SIDE), 0.9, np.float32))
    past = begun(Seen(first, kind=BOTH), rgb, session.all_of)
    seen = None if kind is None else Seen(second, valid if kind == CLOSER else None, kind)
    now = carried(past, motion)
    if seen is not None:
        now = decided(now, seen, rgb, motion.trust, session.all_of)

    colours = torch.cat([small(plane.astype(np.float32) / 255) for plane in np.moveaxis(rgb, 2, 0)], 1)
    back, trust = torch.full((1, 2, SIDE // 2, SIDE // 2), 0.1), small(motion.trust)
    known = step(network, Look(log_odds(small(first)), torch.ones_like(trust), BOTH), colours, None, back, trust)
    look = None if kind is None else Look(log_odds(small(second)) * small(valid), small(valid), kind)
    with torch.inference_mode():
        right = torch.sigmoid(step(network, look, colours, known, back, trust).odds)[0, 0].numpy()
    found = small(now.alpha)[0, 0].numpy()
    inner = np.s_[4:-4, 4:-4]
    apart, changed = (np.abs(right - other)[inner].mean() for other in (found, small(first)[0, 0].numpy()))
    assert apart < (1e-3 if kind is None else 0.1 * changed)


def test_any_grid_has_a_half_in_fours() -> None:
    assert half_of((320, 320)) == (160, 160)
    assert half_of((250, 410)) == (124, 204)
    assert half_of((5, 9)) == (4, 4)


def test_a_past_of_any_grid_is_carried_and_decided(exported: tuple[Steadier, Session]) -> None:
    alpha = np.full((50, 83), 0.4, np.float32)
    rgb = np.full((50, 83, 3), 90, np.uint8)
    past = begun(Seen(alpha), rgb, exported[1].all_of)
    motion = Motion(np.zeros((50, 83, 2), np.float32), np.ones((50, 83), np.float32))
    now = decided(carried(past, motion), Seen(alpha), rgb, motion.trust, exported[1].all_of)
    assert now.alpha.shape == alpha.shape
    assert now.hidden.shape == past.hidden.shape == (8, 24, 40)
    assert (now.weight == 2).all()
    assert isinstance(replace(now, alpha=alpha), Past)
