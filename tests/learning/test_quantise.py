from pathlib import Path

import numpy as np
import onnx
import torch

from matteo.learning.export import to_onnx
from matteo.learning.network import Network
from matteo.learning.quantise import Variant, quantise
from tests.learning.small_heads import heads_of
from tests.learning.test_muon import SMALL


def test_convolutions_are_in_eight_bits_but_for_the_ends_and_the_heads(tmp_path: Path) -> None:
    import onnxruntime

    torch.manual_seed(0)
    network = Network(SMALL).eval()
    verdict = heads_of(network, tmp_path / "heads.pt")
    rng = np.random.default_rng(0)
    pictures = [rng.standard_normal((1, 3, 64, 64), np.float32) for _ in range(4)]
    whole = to_onnx(network, verdict).SerializeToString()
    data = quantise(whole, pictures)
    graph = onnx.load_from_string(data).graph
    inputs = {node.name: node.input for node in graph.node if node.op_type in ("Conv", "Gemm")}
    quantised = {name for name, given in inputs.items() if given[1].endswith("_DequantizeLinear_Output")}
    in_fp32 = set(inputs) - quantised
    assert len(quantised) > 15
    assert {"/stem/stem.0/Conv", "/to_logits.0/Conv", "/verdict/quality/Gemm"} <= in_fp32
    given, expected = (
        onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"picture": pictures[0]})
        for model in (data, whole)
    )
    for value, true in zip(given, expected, strict=True):
        assert value.shape == true.shape
        assert np.abs(value - true).mean() < 0.02
    assert quantise(whole, pictures, Variant(unsigned=False)) != data
