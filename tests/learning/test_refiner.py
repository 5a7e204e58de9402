"""The refiner's network, its patches, and a training of seconds: it learns, is resumed, and what it exports runs."""

from __future__ import annotations

import csv
import threading
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from matteo.errors import ModelError
from matteo.learning.checkpoint import read_whole, write_whole
from matteo.learning.refiner import coarse_alpha_of, losses, train
from matteo.learning.refiner_export import SHIPPED, export
from matteo.learning.refiner_network import MULTIPLE, Refiner, between, colours_around
from matteo.learning.refiner_patches import Made, batch
from matteo.learning.refiner_state import Recipe, load_refiner
from matteo.learning.synthesis.scene import make_composite
from matteo.matting.clean import cleaned, snap
from matteo.models.card import from_json
from matteo.models.fit import fit
from matteo.models.session import Session
from matteo.models.weights import weights_of
from matteo.remover import Remover
from tests.learning.test_synthesis import cat
from tests.pictures import photograph

RECIPE = Recipe(stages=((1.0, 32, 8),), warmup_steps=3, ema=0.9)


TWO_STAGES = replace(RECIPE, stages=((0.5, 32, 4), (0.5, 48, 3)))


@cache
def made() -> list[Made]:
    grounds = [photograph("coffee"), photograph("rocket")]
    pictures = [make_composite(cat(), grounds, 128, np.random.default_rng(seed)) for seed in range(24)]
    return [Made(p.rgb, p.foreground, np.rint(p.alpha * 255).astype(np.uint8), None) for p in pictures]


def test_it_gives_alpha_of_the_patches_size_and_in_training_a_slope_beyond() -> None:
    torch.manual_seed(0)
    network = Refiner()
    patches = torch.rand(2, 5, 4 * MULTIPLE, 6 * MULTIPLE)
    alpha = network.eval()(patches).detach()
    assert alpha.shape == (2, 1, 4 * MULTIPLE, 6 * MULTIPLE)
    assert float(alpha.min()) >= 0
    assert float(alpha.max()) <= 1
    with torch.no_grad():
        network.to_logits.bias.add_(5)  # type: ignore[union-attr]
    beyond = network.train()(patches).detach()
    assert 1 < float(beyond.max()) < 1.5
    assert sum(p.numel() for p in network.parameters()) < 500_000  # under a megabyte in fp16


def test_colours_around_are_those_of_the_known_sides() -> None:
    x = torch.zeros(1, 5, 64, 64)
    x[:, 0, :, :32], x[:, 2, :, 32:] = 1, 1  # red foreground on the left, blue background on the right
    x[:, 3, :, :32] = 1
    x[:, 4, :, 24:40] = 1
    colours = colours_around(x)
    assert colours.shape == (1, 8, 8, 8)
    red, blue = torch.tensor([0.5, -0.5, -0.5]), torch.tensor([-0.5, -0.5, 0.5])
    # Beside the band and in it, eight pixels from what is known; farther on the evidence fades.
    assert torch.allclose(colours[0, :3, :, 2:4], red.view(3, 1, 1).expand(3, 8, 2), atol=0.03)
    assert torch.allclose(colours[0, 4:7, :, 4:6], blue.view(3, 1, 1).expand(3, 8, 2), atol=0.03)
    assert (colours[0, 3, :, 2] > colours[0, 3, :, 5]).all()
    assert (colours[0, 7, :, 5] > colours[0, 7, :, 2]).all()


def test_between_two_colours_is_the_alpha_that_mixed_them() -> None:
    foreground, background = torch.tensor([0.9, 0.2, 0.1]), torch.tensor([0.1, 0.4, 0.8])
    alpha = torch.linspace(0, 1, 64).view(1, 1, 8, 8)
    rgb = alpha * foreground.view(1, 3, 1, 1) + (1 - alpha) * background.view(1, 3, 1, 1)
    colours = torch.zeros(1, 8, 8, 8)
    colours[:, :3], colours[:, 4:7] = foreground.view(3, 1, 1) - 0.5, background.view(3, 1, 1) - 0.5
    assert (between(rgb, colours) + 0.5 - alpha).abs().max() < 0.02


def test_losses_are_zero_for_the_truth_and_count_the_band_only() -> None:
    true = torch.rand(2, 1, 32, 32)
    unknown = torch.zeros(2, 1, 32, 32)
    unknown[..., 8:24] = 1
    assert all(float(term) == 0 for term in losses(true, true, unknown).values())
    wrong_outside = true + 0.5 * (1 - unknown)
    assert all(float(term) == 0 for term in losses(wrong_outside, true, unknown).values())
    assert float(losses(true + 0.25, true, unknown)["absolute"]) == pytest.approx(0.25, rel=1e-2)


def test_patches_are_decided_by_their_seed_and_hold_a_band() -> None:
    x, y = batch(made(), [], 32, 6, (0, 1))
    again, _ = batch(made(), [], 32, 6, (0, 1))
    other, _ = batch(made(), [], 32, 6, (0, 2))
    assert x.shape == (6, 5, 32, 32)
    assert y.shape == (6, 1, 32, 32)
    assert (x == again).all()
    assert (x != other).any()
    assert x.min() >= 0
    assert x.max() <= 1
    assert set(np.unique(x[:, 4])) == {0.0, 1.0}
    assert (x[:, 4].sum((1, 2)) > 0).all()


def test_the_coarse_alpha_is_the_shipped_networks_on_its_own_grid() -> None:
    remover = Remover(threads=1)
    coarse = coarse_alpha_of(remover)(photograph("astronaut"))
    assert coarse.shape == (remover.card.side, remover.card.side)
    assert coarse.dtype == np.float32
    assert coarse[160, 140] == 1  # her face
    assert coarse[10, 10] == 0


def test_the_coarse_alpha_is_cleaned_as_the_pipeline_cleans_it() -> None:
    """Of a picture of which the network sees specks beside the subject."""
    remover = Remover(threads=1)
    picture = photograph("rocket")
    fitted = fit(picture, remover.card)
    snapped = snap(fitted.coarse_alpha(remover.session.run(fitted.tensor), remover.card))
    clean = cleaned(fitted.coarse_alpha(remover.session.run(fitted.tensor), remover.card))
    assert (clean != snapped).any()
    assert (coarse_alpha_of(remover)(picture) == clean).all()


def rows_of(run: Path) -> list[dict[str, str]]:
    with (run / "log.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_short_training_learns_and_ships(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(RECIPE, made(), [], run, steps=40)
    assert read_whole(run / "checkpoint.pt")["step"] == 40
    last = [row for row in rows_of(run) if row["refined"]][-1]
    assert last["step"] == "40"
    assert float(last["refined"]) < float(last["coarse"])

    card = export(run / "weights.pt", tmp_path, SHIPPED)
    assert from_json(tmp_path / "refiner.json") == card
    session = Session(weights_of(card, tmp_path / card.file), card, threads=1)
    patches, _ = batch(made(), [], 32, 3, (0, 9))
    with torch.inference_mode():
        expected = load_refiner(run / "weights.pt").eval()(torch.from_numpy(patches)).numpy()
    assert np.abs(session.run(patches) - expected).max() < 0.01


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
    cut = [Made(m.rgb[:8], m.foreground, m.alpha, None) for m in made()[1:20]]
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
