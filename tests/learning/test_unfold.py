"""The shipped file as a network to train on: it computes the same, learns, and is written again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch

from matteo import ModelError
from matteo.learning.arithmetic import normalise
from matteo.learning.checkpoint import half, write_whole
from matteo.learning.export import export, to_onnx
from matteo.learning.network import FORMS, Network
from matteo.learning.origin import SHIPPED
from matteo.learning.quantise import quantise
from matteo.learning.unfold import convolutions, unfold
from matteo.models.session import Session
from matteo.models.table import find
from tests.models.small import mean_network, write_network
from tests.pictures import photograph

CARD, FILE = find("matteo")


def seen(name: str, side: int = 192) -> torch.Tensor:
    rgb = cv2.resize(photograph(name), (side, side), interpolation=cv2.INTER_AREA)
    return normalise(torch.from_numpy(rgb).permute(2, 0, 1)[None])


@pytest.fixture(scope="module")
def network() -> Network:
    assert FILE is not None
    return unfold(FILE, CARD).eval()


def test_it_computes_what_the_file_does(network: Network) -> None:
    assert FILE is not None
    session = Session(FILE, CARD)
    for name in ("astronaut", "chelsea"):
        x = seen(name, CARD.side)
        with torch.inference_mode():
            alpha = network(x).sigmoid().numpy()
        apart = np.abs(alpha - session.run(x.contiguous().numpy()))
        assert apart.mean() < 5e-3  # the file keeps what lies between its convolutions in 8 bits, too
        assert np.quantile(apart, 0.95) < 2e-2
        assert alpha.max() > 0.9
        assert alpha.min() < 0.1


def test_written_again_it_is_the_same(network: Network, tmp_path: Path) -> None:
    write_whole(tmp_path / "weights.pt", half(network))
    card = export(tmp_path / "weights.pt", "again", 320, tmp_path, SHIPPED)
    again = unfold(tmp_path / card.file, card).eval()
    x = seen("chelsea")
    with torch.inference_mode():
        assert (network(x).sigmoid() - again(x).sigmoid()).abs().max() < 1e-2
    assert network.form == FORMS["matteo"]


def test_an_int8_file_comes_back_as_finely_as_it_is(network: Network, tmp_path: Path) -> None:
    data = quantise(to_onnx(network).SerializeToString(), [seen("chelsea").numpy(), seen("coffee").numpy()])
    (tmp_path / "small.onnx").write_bytes(data)
    again = unfold(tmp_path / "small.onnx", replace(CARD, verdicts=(), kinds=())).eval()
    x = seen("astronaut")
    with torch.inference_mode():
        difference = (network(x).sigmoid() - again(x).sigmoid()).abs()
    assert 0 < difference.mean() < 0.01


def test_every_stage_learns_with_its_norms_frozen(network: Network) -> None:
    network.zero_grad()
    network(seen("chelsea")).square().mean().backward()
    learn = {name for name, p in network.named_parameters() if p.grad is not None and p.grad.any()}
    silent = ("to_logits.1", "to_logits.2", "to_logits.3", "to_logits.4", "context.mean")  # the last one may be dead
    assert {name for name, _ in network.named_parameters() if not name.startswith(silent)} <= learn
    network.zero_grad()


def test_a_file_of_another_network_is_refused_by_name(tmp_path: Path) -> None:
    path = write_network(tmp_path)
    with pytest.raises(ModelError, match=r"mean\.onnx is none of matteo's networks \(matteo"):
        unfold(path, CARD)
    (tmp_path / "conv.onnx").write_bytes(mean_network())
    assert convolutions(tmp_path / "conv.onnx") == {}


def test_a_file_of_damaged_numbers_is_refused(tmp_path: Path) -> None:
    assert FILE is not None
    model = onnx.load(FILE)
    first = next(t for t in model.graph.initializer if t.name == "network.to_logits.0.bias")
    first.CopyFrom(onnx.numpy_helper.from_array(np.array([np.nan], np.float32), first.name))
    onnx.save(model, tmp_path / "wrong.onnx")
    with pytest.raises(ModelError, match="computes something else"):
        unfold(tmp_path / "wrong.onnx", CARD)
