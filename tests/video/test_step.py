"""The step with the shipped network, on stills that move by a known path."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest
from numpy.typing import NDArray

from matteo import Remover, UsageError
from matteo.models.session import Outputs
from matteo.picture.geometry import cover
from matteo.video.steady import Seen
from matteo.video.step import QUALITIES, FilmStep, Memory, Quality, Step, stepper
from tests.pictures import photograph
from tests.video.moved import SIZE_HW, film

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def remover() -> Remover:
    return Remover()


@pytest.fixture(scope="module")
def moving(remover: Remover) -> list[tuple[Bytes, Floats]]:
    """Twelve frames: to and fro by up to 12 pixels a frame."""
    return list(film(remover, [120 + 24 * np.sin(0.5 * number) for number in range(12)]))


def run(step: Step, frames: list[Bytes], memory: Memory | None = None) -> tuple[list[Floats], list[Memory]]:
    alphas, memories = [], []
    for frame in frames:
        alpha, memory = step(frame, memory)
        alphas.append(alpha)
        memories.append(memory)
    return alphas, memories


def other_scene() -> Bytes:
    return cover(photograph("chelsea"), SIZE_HW)


def test_alpha_is_the_frames_size_and_shows_the_subject(remover: Remover, moving: list[tuple[Bytes, Floats]]) -> None:
    alphas, memories = run(stepper(remover), [rgb for rgb, _ in moving])
    for (rgb, true), alpha, memory in zip(moving, alphas, memories, strict=True):
        assert alpha.shape == rgb.shape[:2]
        assert alpha.dtype == np.float32
        assert 0 <= alpha.min() <= alpha.max() <= 1
        assert ((alpha > 0.5) & (true > 0.5)).sum() > 0.93 * ((alpha > 0.5) | (true > 0.5)).sum()
        assert (memory.full == alpha).all()
        assert 0.5 < memory.confidence <= 1
    assert [memory.cut for memory in memories] == [True] + [False] * 11


@pytest.mark.parametrize("quality", ["draft", "good"])
def test_alpha_is_less_than_half_a_frame_behind(
    remover: Remover, moving: list[tuple[Bytes, Floats]], quality: str
) -> None:
    alphas, _ = run(stepper(remover, quality=quality), [rgb for rgb, _ in moving])
    columns = np.arange(SIZE_HW[1])
    found, true = (
        np.array([float((alpha * columns).sum() / alpha.sum()) for alpha in series])
        for series in (alphas, [alpha for _, alpha in moving])
    )
    speed = np.gradient(true)[1:-1]
    late = -np.polyfit(speed, (found - true)[1:-1], 1)[0]  # in frames: what is late is behind where it moves to
    assert abs(late) < 0.5


def test_a_still_noisy_picture_changes_less_than_half_as_much(remover: Remover) -> None:
    frames = [rgb for rgb, _ in film(remover, [120.0] * 10)]
    steady, _ = run(stepper(remover), frames)
    alone, _ = run(stepper(remover, steady=False), frames)
    changes = [float(np.abs(np.diff(alphas[3:], axis=0)).mean()) for alphas in (steady, alone)]
    assert changes[0] < changes[1] / 2
    assert np.abs(np.mean(steady, 0) - np.mean(alone, 0)).mean() < 0.005  # steady, not another alpha


def test_nothing_of_a_scene_is_left_after_a_cut(remover: Remover, moving: list[tuple[Bytes, Floats]]) -> None:
    step = stepper(remover)
    _, memories = run(step, [rgb for rgb, _ in moving[:3]])
    after, memory = step(other_scene(), memories[-1])
    anew, fresh = step(other_scene(), None)
    assert memory.cut
    assert (after == anew).all()
    assert (memory.past.alpha == fresh.past.alpha).all()
    assert (memory.past.weight == fresh.past.weight).all()


def test_a_seek_is_a_fresh_start_and_two_films_know_nothing_of_each_other(
    remover: Remover, moving: list[tuple[Bytes, Floats]]
) -> None:
    step = stepper(remover)
    frames = [rgb for rgb, _ in moving[:4]]
    backwards = frames[::-1]
    alone, memories = run(step, frames)
    alone_backwards, _ = run(step, backwards)
    one, other = None, None
    for number in range(4):
        first, one = step(frames[number], one)
        second, other = step(backwards[number], other)
        assert (first == alone[number]).all()
        assert (second == alone_backwards[number]).all()
    resumed, _ = run(stepper(remover), frames[2:], memories[1])  # another step, the same memory
    assert (resumed[0] == alone[2]).all()
    assert (resumed[1] == alone[3]).all()


def test_a_memory_is_a_value_that_no_step_changes(remover: Remover, moving: list[tuple[Bytes, Floats]]) -> None:
    step = stepper(remover)
    alpha, memory = step(moving[0][0], None)
    full, past = memory.full.copy(), memory.past.alpha.copy()
    alpha[:] = 0.5  # what a caller does with its alpha is no matter of the memory
    step(moving[1][0], memory)
    assert (memory.full == full).all()
    assert (memory.past.alpha == past).all()
    with pytest.raises(FrozenInstanceError):
        memory.since = 3  # type: ignore[misc]
    assert {field.name for field in fields(memory)} >= {"full", "past", "confidence", "cut"}


def test_a_draft_looks_at_every_third_frame_of_what_is_easy(remover: Remover) -> None:
    frames = [rgb for rgb, _ in film(remover, [120.0 + number for number in range(7)])]
    _, memories = run(stepper(remover, quality="draft"), frames)
    assert [memory.since for memory in memories] == [0, 1, 2, 0, 1, 2, 0]
    _, memories = run(stepper(remover, quality="draft"), [frames[0], other_scene(), frames[1]])
    assert [memory.since for memory in memories] == [0, 0, 0]


def test_another_size_begins_anew(remover: Remover, moving: list[tuple[Bytes, Floats]]) -> None:
    step = stepper(remover)
    _, memory = step(moving[0][0], None)
    smaller = np.ascontiguousarray(moving[0][0][::2, ::2])
    alpha, memory = step(smaller, memory)
    assert memory.cut
    assert (alpha == step(smaller, None)[0]).all()


def test_sixteen_bits_give_the_same(remover: Remover, moving: list[tuple[Bytes, Floats]]) -> None:
    step = stepper(remover)
    frames = [rgb for rgb, _ in moving[:3]]
    alphas, _ = run(step, frames)
    deep, _ = run(step, [frame.astype(np.uint16) * np.uint16(257) for frame in frames])
    for alpha, other in zip(alphas, deep, strict=True):
        assert np.abs(alpha - other).mean() < 2e-3


def test_best_makes_fine_edges(remover: Remover, moving: list[tuple[Bytes, Floats]]) -> None:
    best, _ = run(stepper(remover, quality="best"), [rgb for rgb, _ in moving[:2]])
    good, _ = run(stepper(remover), [rgb for rgb, _ in moving[:2]])
    assert ((best[1] > 0.5) == (good[1] > 0.5)).mean() > 0.98
    assert (best[1] != good[1]).mean() > 0.001


def test_an_empty_surface_has_no_subject(remover: Remover) -> None:
    step = stepper(remover)
    grey = np.full((*SIZE_HW, 3), 90, np.uint8)
    alpha, memory = step(grey, None)
    assert not alpha.any()
    assert memory.confidence == 0
    alpha, _ = step(grey, memory)
    assert not alpha.any()


def test_an_unknown_quality_names_those_there_are(remover: Remover) -> None:
    with pytest.raises(UsageError, match=", ".join(QUALITIES)):
        stepper(remover, quality="perfect")


@pytest.mark.parametrize(
    ("looks", "both", "expected"),
    [(2, False, [2, 1, 1, 1]), (1, False, [1] * 4), (2, True, [2] * 4), (1, True, [1] * 4)],
)
def test_a_scene_begins_with_two_looks_and_goes_on_with_one_in_turns(
    monkeypatch: pytest.MonkeyPatch, looks: int, both: bool, expected: list[int]
) -> None:
    remover = Remover(looks=looks)
    frames = [rgb for rgb, _ in film(remover, [120.0 + 8 * number for number in range(4)])]
    step, memory, seen, kinds = FilmStep(remover, Quality(1, 0.0, "fast", both)), None, list[int](), list[bool]()
    look = remover.session.look

    def counted(tensor: Floats) -> Outputs:
        seen[-1] += 1
        return look(tensor)

    monkeypatch.setattr(remover.session, "look", counted)
    for frame in frames:
        seen.append(0)
        _, memory = step(frame, memory)
        kinds.append(memory.whole)
    assert seen == expected
    assert kinds == ([True, False, True, False] if looks == 2 and not both else [True] * 4)
    assert QUALITIES["best"].both


@pytest.mark.parametrize("name", ["astronaut", "chelsea"])
def test_at_rest_alpha_does_not_drift(remover: Remover, name: str) -> None:
    frame, rng = cover(photograph(name), SIZE_HW), np.random.default_rng(0)
    noisy = [np.clip(frame + rng.normal(0, 2, (*SIZE_HW, 1)), 0, 255).astype(np.uint8) for _ in range(60)]
    alphas, _ = run(stepper(remover), noisy)
    areas = [float(alpha.mean()) for alpha in alphas]
    assert abs(areas[-1] / areas[2] - 1) < 0.01


@pytest.mark.parametrize("both", [False, True])
def test_what_appears_apart_waits_for_five_looks(
    monkeypatch: pytest.MonkeyPatch, remover: Remover, moving: list[tuple[Bytes, Floats]], both: bool
) -> None:
    """A person, and beside her an island that the network is made to see."""
    step, memory = FilmStep(remover, Quality(1, 0.0, "fast", both)), None
    for _ in range(4):
        _, memory = step(moving[0][0], memory)
    assert memory is not None
    see = FilmStep._seen

    def seen(self: FilmStep, rgb: Bytes, small: Bytes, around: Floats, *, closer: bool) -> tuple[Seen, float]:
        found, confidence = see(self, rgb, small, around, closer=closer)
        alpha = found.alpha.copy()
        alpha[10:60, 250:300] = 0.99
        return Seen(alpha, None, found.kind), confidence

    monkeypatch.setattr(FilmStep, "_seen", seen)
    assert memory.past.alpha[10:60, 250:300].max() < 0.5
    shown = []
    for _ in range(9):
        _, memory = step(moving[0][0], memory)
        shown.append(float(memory.past.alpha[30, 275]))
    assert max(shown[:5]) < 0.5
    assert shown[-1] > 0.5
