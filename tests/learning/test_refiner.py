"""The refiner's network, its patches, and a training of seconds: it learns, is resumed, and what it exports runs."""

from __future__ import annotations

import csv
import threading
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from matteo.errors import ModelError
from matteo.learning.checkpoint import read_whole, write_whole
from matteo.learning.refiner import load_all, losses, train
from matteo.learning.refiner_export import SHIPPED, export
from matteo.learning.refiner_guesses import Seen, guess_of, guesses
from matteo.learning.refiner_network import MULTIPLE, Refiner, between, in_squares
from matteo.learning.refiner_patches import ONE_IN, Made, batch, from_seen, photographed, relit
from matteo.learning.refiner_state import Recipe, load_refiner
from matteo.learning.synthesis import synthesize
from matteo.learning.synthesis.scene import make_composite
from matteo.matting.clean import cleaned
from matteo.matting.parts import MARGIN, NEAR, outer, parts
from matteo.matting.patch import beside, patch, within
from matteo.matting.refine import refine
from matteo.models.card import from_json
from matteo.models.session import Session
from matteo.models.weights import weights_of
from matteo.picture.geometry import resize
from matteo.remover import Remover
from tests.learning.test_synthesis import cat
from tests.matting.squares import as_it_was, as_pixels, filtering
from tests.pictures import photograph, save

RECIPE = Recipe(stages=((1.0, 32, 8),), warmup_steps=3, ema=0.9)


TWO_STAGES = replace(RECIPE, stages=((0.5, 32, 4), (0.5, 48, 3)))


@cache
def made() -> list[Made]:
    grounds = [photograph("coffee"), photograph("rocket")]
    pictures = [make_composite(cat(), grounds, 128, np.random.default_rng(seed)) for seed in range(24)]
    return [Made(p.rgb, p.foreground, np.rint(p.alpha * 255).astype(np.uint8)) for p in pictures]


def test_it_gives_alpha_of_the_patches_size_and_in_training_a_slope_beyond() -> None:
    torch.manual_seed(0)
    network = Refiner()
    patches, around = torch.rand(2, 5, 4 * MULTIPLE, 6 * MULTIPLE), torch.rand(2, 8, 4, 6)
    alpha = network.eval()(patches, around).detach()
    assert alpha.shape == (2, 1, 4 * MULTIPLE, 6 * MULTIPLE)
    assert float(alpha.min()) >= 0
    assert float(alpha.max()) <= 1
    with torch.no_grad():
        network.to_logits.bias[:16].add_(5)  # type: ignore[index]
    beyond = network.train()(patches, around).detach()
    assert 1 < float(beyond.max()) < 1.5
    assert sum(p.numel() for p in network.parameters()) < 500_000  # under a megabyte in fp16


def test_between_two_colours_is_the_alpha_that_mixed_them() -> None:
    foreground, background = torch.tensor([0.9, 0.2, 0.1]), torch.tensor([0.1, 0.4, 0.8])
    alpha = torch.linspace(0, 1, 64).view(1, 1, 8, 8)
    rgb = alpha * foreground.view(1, 3, 1, 1) + (1 - alpha) * background.view(1, 3, 1, 1)
    colours = torch.zeros(1, 8, 2, 2)
    colours[:, :3], colours[:, 4:7] = foreground.view(3, 1, 1) - 0.5, background.view(3, 1, 1) - 0.5
    found = pixel_shuffle(between(pixel_unshuffle(rgb - 0.5, 4), colours), 4)
    assert (found + 0.5 - alpha).abs().max() < 0.02


def test_losses_are_zero_for_the_truth_and_count_the_band_only() -> None:
    true = torch.rand(2, 1, 32, 32)
    unknown = torch.zeros(2, 1, 32, 32)
    unknown[..., 8:24] = 1
    assert all(float(term) == 0 for term in losses(true, true, unknown).values())
    wrong_outside = true + 0.5 * (1 - unknown)
    assert all(float(term) == 0 for term in losses(wrong_outside, true, unknown).values())
    assert float(losses(true + 0.25, true, unknown)["absolute"]) == pytest.approx(0.25, rel=1e-2)


def test_patches_are_decided_by_their_seed_and_hold_a_band() -> None:
    x, around, y = batch(made(), [], 32, 6, (0, 1))
    again, *_ = batch(made(), [], 32, 6, (0, 1))
    other, *_ = batch(made(), [], 32, 6, (0, 2))
    assert x.shape == (6, 5, 32, 32)
    assert around.shape == (6, 8, 4, 4)
    assert y.shape == (6, 1, 32, 32)
    assert (x == again).all()
    assert (x != other).any()
    assert x.min() >= 0
    assert x.max() <= 1
    assert set(np.unique(x[:, 4])) == {0.0, 1.0}
    assert (x[:, 4].sum((1, 2)) > 0).all()


def test_the_guess_is_the_shipped_networks_on_its_own_grid_uncleaned() -> None:
    remover = Remover(threads=1)
    raw = guess_of(remover)(photograph("astronaut"), 0)
    assert raw.shape == (remover.card.side, remover.card.side)
    assert raw.dtype == np.float32
    assert raw[160, 140] > 0.9  # her face
    assert raw[10, 10] < 0.1
    assert (raw != cleaned(raw)).any()
    smaller = guess_of(remover)(photograph("astronaut"), 60)
    assert smaller.shape == (160, 160)
    assert smaller[80, 70] > 0.9


def shown(rgb: NDArray[Any], raw: NDArray[Any], *, hinted: bool) -> list[NDArray[Any]]:
    """What the pipeline's refinement shows the refiner, which here changes nothing."""
    patches: list[NDArray[Any]] = []

    @filtering
    def run(given: NDArray[Any], _: NDArray[Any]) -> NDArray[Any]:
        patches.append(given[0])
        return given[:, 3:4]

    refine(rgb, cleaned(raw), run, guessed=True, hints=raw if hinted else None)
    return patches


@pytest.mark.parametrize("hinted", [True, False])
def test_what_is_learned_from_is_what_the_pipeline_shows_the_refiner(hinted: bool) -> None:
    rgb = np.asarray(cv2.resize(photograph("chelsea"), (640, 426)), np.uint8)
    raw = guess_of(Remover(threads=1))(rgb, 0)
    truth = np.asarray(cv2.resize((raw > 0.5).astype(np.uint8) * 255, (640, 426)), np.uint8)
    seen = guesses(rgb, truth, raw, as_it_was, hinted=hinted)
    assert [one.alpha.shape for one in seen] == [(213, 320), (426, 640)]
    expected = iter(shown(rgb, raw, hinted=hinted))
    for one in seen:
        unknown = one.unknown > 0
        coarse = np.asarray(one.coarse / np.float32(255), np.float32)
        for part in parts(unknown):
            x = as_pixels(patch(one.rgb, coarse, unknown, outer(part, unknown.shape))[None])[0]
            assert np.abs(x - next(expected)).max() <= 0.51 / 255
    assert next(expected, None) is None


def test_a_network_that_went_astray_teaches_nothing() -> None:
    rgb = photograph("chelsea")
    raw = np.zeros((64, 64), np.float32)
    raw[:20, :20] = 1
    truth = np.zeros(rgb.shape[:2], np.uint8)
    truth[150:, 200:] = 255
    assert guesses(rgb, truth, raw, as_it_was, hinted=True) == ()


def test_a_box_of_what_was_seen_is_given_unless_it_is_hopeless() -> None:
    side = 64
    unknown = np.zeros((side, side), np.uint8)
    unknown[:, 20:40] = 1
    alpha = np.zeros((side, side), np.uint8)
    alpha[:, :30] = 255
    rgb = np.dstack([alpha, alpha, 255 - alpha])
    given = from_seen(Seen(rgb, alpha, alpha, unknown), side, np.random.default_rng(0))
    assert given is not None
    assert (given[1] == given[2]).all()
    assert from_seen(Seen(rgb, alpha, 255 - alpha, unknown), side, np.random.default_rng(0)) is None


def test_other_light_keeps_mixtures_mixtures() -> None:
    rng = np.random.default_rng(3)
    foreground, background = (0.3 + 0.3 * rng.random((8, 8, 3), np.float32) for _ in range(2))
    alpha = rng.random((8, 8, 1), np.float32)
    mixed = alpha * foreground + (1 - alpha) * background
    lit = [relit(rgb, np.random.default_rng(5)) for rgb in (foreground, background, mixed)]
    assert np.abs(alpha * lit[0] + (1 - alpha) * lit[1] - lit[2]).max() < 1e-5


def test_made_pictures_are_loaded_with_what_network_and_refiner_see(tmp_path: Path) -> None:
    """From a tar that was made, through the shipped network and a refiner, to a step of learning."""
    for name, array in (("images", cat().rgb), ("masks", cat().mask)):
        (tmp_path / "set" / name).mkdir(parents=True)
        for index in range(2):  # the first is held out
            save(array, tmp_path / "set" / name / f"{index}.png")
    synthesize([tmp_path / "set"], tmp_path / "made.tar", 8, longest=400)
    torch.manual_seed(0)
    train(RECIPE, made(), [], tmp_path / "first", steps=3)
    weights = tmp_path / "first" / "weights.pt"
    by_the_shipped = load_all([tmp_path / "made.tar"], [], None, 1)
    found = load_all([tmp_path / "made.tar"], [], weights, 2)
    assert sum(bool(picture.seen) for picture in found) >= 2
    assert 2 in {len(picture.seen) for picture in found}
    for a, b in zip(by_the_shipped, found, strict=True):
        assert len(a.seen) == len(b.seen)
        assert all((x.coarse == y.coarse).all() for x, y in zip(a.seen[:1], b.seen[:1], strict=True))
        assert all((x.coarse != y.coarse).any() for x, y in zip(a.seen[1:], b.seen[1:], strict=True))
    train(RECIPE, found, [], tmp_path / "second", start=weights, steps=2)
    assert "guessed before" in rows_of(tmp_path / "second")[-1]


def test_photographs_of_things_are_learned_from_as_they_were_taken(tmp_path: Path) -> None:
    """By their names: a cup (in DUTS after its number in WordNet, 3147509) is a thing, a cat is none."""
    rgb, guess = photograph("coffee"), guess_of(Remover(threads=1))
    mask = np.where(cv2.resize(guess(rgb, 0), rgb.shape[1::-1]) > 0.5, 255, 0).astype(np.uint8)
    small = np.zeros((8, 8, 3), np.uint8)
    for index in range(2 * ONE_IN):
        name = "n02123045" if index < ONE_IN else "n03147509"
        arrays = (rgb, mask) if index % ONE_IN == ONE_IN - 1 else (small, small[..., 0])
        for folder, array in zip(("images", "masks"), arrays, strict=True):
            path = tmp_path / "train-duts-0" / folder / f"{name}_{index:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            save(array, path)
    found = list(photographed(tmp_path / "train-duts-0", guess, as_it_was))
    assert len(found) == 1
    assert found[0].foreground is None
    assert len(found[0].seen) == 2
    x, *_ = batch(found, [], 32, 2, (0, 0), guessed=0.5)  # never made rough: its own colours are not known
    assert x.shape == (2, 5, 32, 32)


def rows_of(run: Path) -> list[dict[str, str]]:
    with (run / "log.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_short_training_learns_and_ships(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(RECIPE, made(), [], run, steps=40)
    assert read_whole(run / "checkpoint.pt")["step"] == 40
    first, *_, last = [row for row in rows_of(run) if row["rough"]]
    assert last["step"] == "40"
    assert float(last["rough"]) < 0.97 * float(first["rough"])

    card = export(run / "weights.pt", tmp_path, SHIPPED)
    assert from_json(tmp_path / "refiner.json") == card
    session = Session(weights_of(card, tmp_path / card.file), card, threads=1)
    patches, around, _ = batch(made(), [], 32, 3, (0, 9))
    with torch.inference_mode():
        network = load_refiner(run / "weights.pt").eval()
        expected = network(torch.from_numpy(patches), torch.from_numpy(around)).numpy()
        squares, wanted = in_squares(torch.from_numpy(patches)), torch.tensor([0, 2, 8, 7])
        inside = network.of_squares(squares, torch.from_numpy(around), wanted).numpy()
    found = session.run(squares.numpy(), around, wanted.numpy())
    assert found.shape == (3, 1, 32, 20)
    assert np.abs(found - inside).max() < 0.01
    assert np.abs(session.run(squares.numpy(), around, np.array([0, 0, 8, 8])) - expected).max() < 0.01


def test_a_stopped_run_ends_as_an_unbroken_one_to_the_last_bit(tmp_path: Path) -> None:
    """Over the border of two stages: which step has which patches is the plan's to say, not the clock's."""
    train(TWO_STAGES, made(), [], tmp_path / "whole", steps=8)
    asked = iter([False] * 3 + [True])
    train(TWO_STAGES, made(), [], tmp_path / "broken", steps=8, stopped=lambda: next(asked))
    assert read_whole(tmp_path / "broken" / "checkpoint.pt")["step"] == 3
    train(TWO_STAGES, made(), [], tmp_path / "broken", steps=8)
    whole, broken = (load_refiner(tmp_path / name / "weights.pt").state_dict() for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], broken[name]) for name in whole)
    assert [row["side"] for row in rows_of(tmp_path / "broken") if row["total"]] == ["32.0", "48.0"]


def test_minutes_become_steps(tmp_path: Path) -> None:
    train(TWO_STAGES, made(), [], tmp_path, minutes=0.05)
    saved = read_whole(tmp_path / "checkpoint.pt")
    assert saved["step"] == sum(steps for steps, _, _ in saved["plan"]["stages"]) >= 3
    assert saved["seconds"] < 30


def test_a_batch_that_cannot_be_made_ends_the_run_with_its_error(tmp_path: Path) -> None:
    """Pictures smaller than they say: the run used to wait for ever for a thread that was no more."""
    before = threading.active_count()
    cut = [Made(m.rgb[:8], m.foreground, m.alpha) for m in made()[1:20]]
    with pytest.raises((ValueError, cv2.error)):
        train(RECIPE, [made()[0], *cut], [], tmp_path, steps=40)
    assert threading.active_count() == before


def test_a_run_of_an_earlier_code_is_refused_in_words(tmp_path: Path) -> None:
    write_whole(tmp_path / "checkpoint.pt", {"step": 3})
    with pytest.raises(ModelError, match="of an earlier matteo"):
        train(RECIPE, made(), [], tmp_path, steps=4)
    write_whole(tmp_path / "weights.pt", {"form": {}})
    with pytest.raises(ModelError, match="no weights of a refiner"):
        load_refiner(tmp_path / "weights.pt")


def test_what_lies_outside_the_margins_changes_nothing() -> None:
    """So far do the network's fine and coarse maps look, and no farther: a part is the same from any patch."""
    torch.manual_seed(0)
    network = Refiner().eval()
    x, around, _ = (torch.from_numpy(a) for a in batch(made(), [], 128, 1, (0, 3)))
    squares = in_squares(torch.cat([x, x.flip(3)], 3))
    around = torch.cat([around, around.flip(3)], 3)
    part = slice(56, 72), slice(120, 136)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.05 * torch.randn(weight.shape))
        whole = network.of_squares(squares, around)[:, :, part[0], part[1]]
        for margin, near_by, same in ((MARGIN, NEAR, True), (MARGIN - 8, NEAR, False), (MARGIN, NEAR - 4, False)):
            seen, near = outer(part, (128, 256), margin), outer(part, (128, 256), near_by)
            rows, columns = (slice(along.start // 4, along.stop // 4) for along in seen)
            told = torch.from_numpy(beside(around[0].numpy(), seen))[None]
            found = network.of_squares(squares[:, :, rows, columns], told, torch.from_numpy(within(near, seen)))
            at = near_by, near_by + 16
            difference = (found[:, :, at[0] : at[1], at[0] : at[1]] - whole).abs().max()
            assert (difference < 1e-5) == same


def test_in_eight_bits_it_gives_nearly_the_same(tmp_path: Path) -> None:
    for name, array in (("images", cat().rgb), ("masks", cat().mask)):
        (tmp_path / "set" / name).mkdir(parents=True)
        for index in range(2):
            save(array, tmp_path / "set" / name / f"{index}.png")
    synthesize([tmp_path / "set"], tmp_path / "made.tar", 21, longest=400)
    train(RECIPE, made(), [], tmp_path / "run", steps=5)
    card = export(tmp_path / "run" / "weights.pt", tmp_path, SHIPPED, int8=tmp_path / "made.tar")
    graph = onnx.load(tmp_path / card.file).graph
    weights = {node.name: node.input[1] for node in graph.node if node.op_type == "Conv"}
    in_int8 = {name for name, weight in weights.items() if weight.endswith("_DequantizeLinear_Output")}
    assert len(in_int8) >= 10
    assert not any("to_logits" in name for name in in_int8)
    whole = export(tmp_path / "run" / "weights.pt", tmp_path / "whole", SHIPPED)
    rgb, coarse = cat().rgb, resize(cat().mask, (80, 80)).astype(np.float32) / np.float32(255)
    eight, full = (
        refine(rgb, coarse, Session(weights_of(one, folder / one.file), one, threads=1).run)
        for one, folder in ((card, tmp_path), (whole, tmp_path / "whole"))
    )
    assert 0 < np.abs(eight - full)[eight != resize(coarse, eight.shape)].mean() < 0.02
