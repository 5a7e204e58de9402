"""The refiner's network, its patches, and a training of seconds: it learns, is resumed, and what it exports runs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from matteo.learning.refiner import Recipe, coarse_alpha_of, load_refiner, losses, train
from matteo.learning.refiner_export import export
from matteo.learning.refiner_network import MULTIPLE, Refiner, between, colours_around
from matteo.learning.refiner_patches import Made, batch
from matteo.learning.synthesis.scene import make_composite
from matteo.models.card import from_json
from matteo.models.session import Session
from matteo.models.weights import weights_of
from matteo.remover import Remover
from tests.learning.test_synthesis import cat
from tests.pictures import photograph

RECIPE = Recipe(stages=((1.0, 32, 8),), warmup_steps=3, ema=0.9)


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


def test_a_short_training_learns_resumes_and_ships(tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(RECIPE, made(), [], run, steps=4)
    train(RECIPE, made(), [], run, steps=40)
    assert torch.load(run / "checkpoint.pt", weights_only=True)["step"] == 40
    rows = (run / "log.csv").read_text(encoding="utf-8").splitlines()
    last = dict(cell.split("=") for cell in rows[-1].split(","))
    assert last["step"] == "40"
    assert float(last["refined"]) < float(last["coarse"])

    card = export(run / "weights.pt", tmp_path)
    assert from_json(tmp_path / "refiner.json") == card
    session = Session(weights_of(card, tmp_path / card.file), card, threads=1)
    patches, _ = batch(made(), [], 32, 3, (0, 9))
    with torch.inference_mode():
        expected = load_refiner(run / "weights.pt").eval()(torch.from_numpy(patches)).numpy()
    assert np.abs(session.run(patches) - expected).max() < 0.01
