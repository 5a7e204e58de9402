from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from matteo.errors import ModelError
from matteo.learning.checkpoint import half, load_weights, write_whole
from matteo.learning.evaluation.contamination import seen_in_training
from matteo.learning.export import Shipped, export, score
from matteo.learning.network import Network
from matteo.learning.origin import LICENCE, TRAINED_ON, Origin, origin_of
from matteo.learning.recipes import RECIPES, Recipe
from matteo.learning.verdict import KINDS, load_verdict
from matteo.models.card import from_json
from matteo.models.fit import fit
from matteo.models.session import Session
from matteo.models.table import find
from matteo.remover import Remover
from tests.learning.small_heads import heads_of
from tests.learning.test_muon import SMALL

ORIGIN = Origin("mine alone", "trained by me", ("my garden", "my cats"))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    torch.save(half(Network(SMALL).eval()), tmp_path / "weights.pt")
    return tmp_path / "weights.pt"


def picture() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((2, 3, 64, 96), np.float32)


def test_the_file_gives_alpha_kind_and_quality_as_pytorch_does(weights: Path, tmp_path: Path) -> None:
    network = load_weights(weights).eval()
    heads_of(network, tmp_path / "heads.pt")
    card = export(weights, "small", 64, tmp_path, ORIGIN, heads=tmp_path / "heads.pt")
    assert card.verdicts == ("kind", "quality")
    assert card.kinds == KINDS
    found, path = find(tmp_path / "small.onnx")
    assert found == card
    assert path is not None
    given = Session(path, card, threads=1).look(picture())
    with torch.inference_mode():
        expected = Shipped(network, load_verdict(tmp_path / "heads.pt", network))(torch.from_numpy(picture()))
    for value, true in zip((given.alpha, given.kind, given.quality), expected, strict=True):
        assert value is not None
        assert np.abs(value - true.numpy()).max() < 0.02


def test_without_heads_it_gives_alpha_alone(weights: Path, tmp_path: Path) -> None:
    card = export(weights, "small", 64, tmp_path, ORIGIN)
    assert (card.verdicts, card.kinds) == ((), ())
    session = Session(tmp_path / "small.onnx", card, threads=1)
    outputs = session.look(picture())
    assert (outputs.kind, outputs.quality) == (None, None)
    assert (outputs.alpha == session.run(picture())).all()


def test_heads_of_another_network_are_refused_and_nothing_is_written(weights: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    heads_of(Network(SMALL), tmp_path / "heads.pt")
    with pytest.raises(ModelError, match="another network"):
        export(weights, "small", 64, tmp_path / "out", ORIGIN, heads=tmp_path / "heads.pt")
    assert not (tmp_path / "out").exists()


def test_a_cut_out_tells_what_the_heads_say(weights: Path, tmp_path: Path) -> None:
    heads_of(load_weights(weights), tmp_path / "heads.pt")
    card = export(weights, "small", 64, tmp_path, ORIGIN, heads=tmp_path / "heads.pt")
    rgb = np.random.default_rng(0).integers(0, 256, (48, 80, 3), np.uint8)
    remover = Remover(tmp_path / "small.onnx", threads=1)
    outputs = remover.session.look(fit(rgb, card).tensor)
    assert outputs.kind is not None
    assert outputs.quality is not None
    cutout = remover.remove(rgb)
    assert cutout.kind == KINDS[outputs.kind[0].argmax()]
    assert cutout.confidence == pytest.approx(outputs.quality[0])


def test_the_card_says_what_it_is_told_and_nothing_is_printed(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    card = export(weights, "small", 64, tmp_path, ORIGIN, say=said.append)
    assert (card.licence, card.provenance, card.trained_on) == ("mine alone", "trained by me", ("my garden", "my cats"))
    assert from_json(tmp_path / "small.json") == card
    assert len(said) == 1
    assert "small.onnx" in said[0]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("wrong", [1e30, float("nan")])
def test_a_file_that_computes_something_else_is_refused_in_words(wrong: float, tmp_path: Path) -> None:
    """fp16 weights that no fp16 holds, or that are no numbers at all."""
    network = Network(SMALL).eval()
    with torch.no_grad():
        next(network.parameters()).fill_(wrong)
    write_whole(tmp_path / "weights.pt", {"form": asdict(SMALL), "state": network.state_dict()})
    with pytest.raises(ModelError, match=r"weights\.pt differs from PyTorch's by .* was not written"):
        export(tmp_path / "weights.pt", "small", 64, tmp_path / "out", ORIGIN)
    assert not (tmp_path / "out").exists()


def test_a_recipes_network_is_of_the_recipes_sets() -> None:
    mine = Recipe(train=("garden.tar", "val-ecssd.tar"), backgrounds="walls.tar")
    origin = origin_of("to/mine.toml", mine)
    assert origin.trained_on == ("garden.tar", "val-ecssd.tar", "walls.tar (backgrounds)")
    assert origin.provenance.endswith("by the recipe mine.toml")
    assert origin.licence != LICENCE
    assert seen_in_training("ECSSD", origin.trained_on)
    assert not seen_in_training("DUTS-TR", origin.trained_on)
    assert origin_of("matteo", RECIPES["matteo"]).trained_on == TRAINED_ON


def test_what_the_first_weights_had_learned_from_counts_too() -> None:
    mine = Recipe(train=("garden.tar",))
    assert origin_of("mine.toml", mine, Path("recipes/matteo.pt")).trained_on == (*TRAINED_ON, "garden.tar")
    origin = origin_of("mine.toml", mine, Path("run/weights.pt"))
    assert origin.trained_on == ("what weights.pt was trained on", "garden.tar")
    assert origin.provenance.endswith("begun with weights.pt")


def test_scores_for_the_card_are_read_from_the_command_line() -> None:
    assert score("ECSSD max F=0.9159") == ("ECSSD max F", 0.9159)
    for wrong in ("0.9", "=0.9", "MAE=low"):
        with pytest.raises(ValueError, match=r"0\.9|low"):
            score(wrong)
