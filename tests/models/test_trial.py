"""A stranger's network is tried before it is trusted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from matteo.errors import ModelError
from matteo.models.card import from_json
from matteo.models.trial import input_side, try_out
from tests.models.small import mean_network, write_network


def test_a_network_that_does_what_its_card_says(tmp_path: Path) -> None:
    path = write_network(tmp_path)
    try_out(path, from_json(path.with_suffix(".json")))
    assert input_side(path) is None
    path.write_bytes(mean_network((1, 3, 96, 96)))
    assert input_side(path) == 96
    try_out(path, replace(from_json(path.with_suffix(".json")), side=96))


def test_a_network_that_does_not(tmp_path: Path) -> None:
    path = write_network(tmp_path)
    card = from_json(path.with_suffix(".json"))
    with pytest.raises(ModelError, match="its output seems to be alpha"):
        try_out(path, replace(card, output="logits"))
    path.write_bytes(mean_network((1, 3, 96, 96)))
    with pytest.raises(ModelError, match="cannot run on an input"):
        try_out(path, card)
    path.write_bytes(mean_network((1, 3, 64, 96)))
    with pytest.raises(ModelError, match="96 x 64 pixels only"):
        input_side(path)
    path.write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"mean\.onnx cannot be loaded.*save it as one file"):
        try_out(path, card)
    with pytest.raises(ModelError, match="cannot be loaded"):
        input_side(path)


def test_logits_are_told_from_alpha(tmp_path: Path) -> None:
    path = write_network(tmp_path)
    card = from_json(path.with_suffix(".json"))
    model = onnx.load(path)
    sigmoid = model.graph.node.pop()
    model.graph.node[-1].output[0] = sigmoid.output[0]
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match="its output may be logits"):
        try_out(path, card)
    try_out(path, replace(card, output="logits"))


def test_weights_in_a_second_file_are_refused(tmp_path: Path) -> None:
    """Copied alone, such a file would be half a network."""
    from matteo.models.table import find

    card, local = find("matteo")
    assert local is not None
    target = tmp_path / "two.onnx"
    onnx.save(onnx.load(local), target, save_as_external_data=True, location="two.data", size_threshold=1024)
    assert (tmp_path / "two.data").exists()
    with pytest.raises(ModelError, match="save it as one file"):
        try_out(target, card)
