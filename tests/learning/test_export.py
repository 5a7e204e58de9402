from pathlib import Path

import numpy as np
import pytest
import torch

from matteo.errors import ModelError
from matteo.learning.checkpoint import half, load_weights
from matteo.learning.export import Shipped, export
from matteo.learning.network import Network
from matteo.learning.verdict import KINDS, load_verdict
from matteo.models.fit import fit
from matteo.models.session import Session
from matteo.models.table import find
from matteo.remover import Remover
from tests.learning.small_heads import heads_of
from tests.learning.test_muon import SMALL


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
    card = export(weights, "small", 64, tmp_path, heads=tmp_path / "heads.pt")
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
    card = export(weights, "small", 64, tmp_path)
    assert (card.verdicts, card.kinds) == ((), ())
    session = Session(tmp_path / "small.onnx", card, threads=1)
    outputs = session.look(picture())
    assert (outputs.kind, outputs.quality) == (None, None)
    assert (outputs.alpha == session.run(picture())).all()


def test_heads_of_another_network_are_refused_and_nothing_is_written(weights: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    heads_of(Network(SMALL), tmp_path / "heads.pt")
    with pytest.raises(ModelError, match="another network"):
        export(weights, "small", 64, tmp_path / "out", heads=tmp_path / "heads.pt")
    assert not (tmp_path / "out").exists()


def test_a_cut_out_tells_what_the_heads_say(weights: Path, tmp_path: Path) -> None:
    heads_of(load_weights(weights), tmp_path / "heads.pt")
    card = export(weights, "small", 64, tmp_path, heads=tmp_path / "heads.pt")
    rgb = np.random.default_rng(0).integers(0, 256, (48, 80, 3), np.uint8)
    remover = Remover(tmp_path / "small.onnx", threads=1)
    outputs = remover.session.look(fit(rgb, card).tensor)
    assert outputs.kind is not None
    assert outputs.quality is not None
    cutout = remover.remove(rgb)
    assert cutout.kind == KINDS[outputs.kind[0].argmax()]
    assert cutout.confidence == pytest.approx(outputs.quality[0])
