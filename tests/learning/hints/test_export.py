"""A network of hints: begun with one of subjects, exported, and the file that ships."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from matteo import ModelError
from matteo.learning.checkpoint import half, load_weights, write_whole
from matteo.learning.grow import widen
from matteo.learning.hints.export import SHIPPED, chance, export
from matteo.learning.network import COLOURS, HINTED, Network
from matteo.learning.recipes import RECIPES
from matteo.learning.train import train
from matteo.models.companions import SELECTOR, companion
from tests.learning.discs import RECIPE, material
from tests.learning.test_grow import trained_looking
from tests.learning.test_muon import SMALL

HINTS = replace(SMALL, inputs=HINTED)


def test_begun_with_a_network_of_subjects_it_computes_the_same_whatever_is_said() -> None:
    small = trained_looking(Network(SMALL))
    large = widen(small, HINTS).eval()
    generator = torch.Generator().manual_seed(1)
    seen = torch.rand(2, HINTED, 64, 96, generator=generator)
    with torch.inference_mode():
        assert torch.allclose(small(seen[:, :COLOURS]), large(seen), atol=1e-5)
        assert torch.allclose(large(seen[:, :COLOURS]), large(seen), atol=1e-5)


def test_it_learns_to_follow_hints(tmp_path: Path) -> None:
    torch.manual_seed(0)
    recipe = replace(RECIPE, form=HINTS)
    state = train(recipe, material(), tmp_path / "run", Network(HINTS), steps=6)
    assert state.step == 6
    stem = state.network.stem[0].weight
    assert isinstance(stem, torch.Tensor)
    assert stem.shape[1] == HINTED
    resumed = load_weights(tmp_path / "run" / "weights.pt")
    assert resumed.form == HINTS


def test_the_file_computes_what_the_network_does(tmp_path: Path) -> None:
    network = trained_looking(Network(HINTS))
    weights = tmp_path / "weights.pt"
    write_whole(weights, half(network))
    said: list[str] = []
    card = export(weights, tmp_path / "out", SHIPPED, say=said.append)
    assert card.name == SELECTOR
    assert "differs from PyTorch by 0.0" in said[0]
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / card.file), providers=["CPUExecutionProvider"])
    whole = load_weights(weights).eval()
    for given in chance():
        seen = torch.from_numpy(np.concatenate([given["picture"], given["hints"]], 1))
        with torch.inference_mode():
            expected = whole(seen).sigmoid().numpy()
        assert np.abs(session.run(None, given)[0] - expected).max() < 0.01


def test_weights_that_know_no_hints_are_refused(tmp_path: Path) -> None:
    weights = tmp_path / "weights.pt"
    write_whole(weights, half(trained_looking(Network(SMALL))))
    with pytest.raises(ModelError, match="knows no hints"):
        export(weights, tmp_path / "out", SHIPPED)
    assert not (tmp_path / "out").exists()


def test_the_shipped_file_is_of_the_recipe_and_gives_an_alpha_of_its_inputs_size() -> None:
    session = companion(SELECTOR)
    rng = np.random.default_rng(0)
    for height, width in ((320, 320), (96, 160)):
        alpha = session.run(
            rng.standard_normal((1, 3, height, width), np.float32), np.zeros((1, 3, height, width), np.float32)
        )
        assert alpha.shape == (1, 1, height, width)
        assert alpha.min() >= 0
        assert alpha.max() <= 1
    assert RECIPES["hints"].form.inputs == HINTED
