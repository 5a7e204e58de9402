"""From a trained refiner to what ships: an ONNX file with its card.

python -m matteo.learning.refiner_export --weights RUN/weights.pt --into src/matteo/models/weights/refiner
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper

from matteo.learning.export import LICENCE, halve_weights
from matteo.learning.refiner import load_refiner
from matteo.learning.refiner_network import CHANNELS, Refiner
from matteo.models.card import ModelCard, to_json

ALLOWED = 0.01  # largest difference of alpha from PyTorch's that fp16 weights may make
SIDE = 288
PROVENANCE = (
    "trained by matteo's own code (matteo.learning.refiner) on alpha that is made (docs/synthesis.md): drawn strands, "
    "lace, veils and lenses around subjects and over backgrounds of the sets named here"
)
TRAINED_ON = (
    "DUTS-TR", "eg1800 train", "Clothing Co-Parsing", "Oxford-IIIT pets (part)", "Weizmann horses", "cats",
    "SUN and others (backgrounds)",
)  # fmt: skip


def to_onnx(network: Refiner) -> onnx.ModelProto:
    """Batch norms are folded into the convolutions before them; batch, height and width stay free."""
    buffer = io.BytesIO()
    axes = {0: "batch", 2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), (torch.rand(1, CHANNELS, SIDE, SIDE),), buffer,  # type: ignore[arg-type]
            input_names=["patches"], output_names=["alpha"], dynamic_axes={"patches": axes, "alpha": axes},
            opset_version=17, dynamo=False,
        )  # fmt: skip
    return onnx.load_from_string(buffer.getvalue())


def parity(model: bytes, network: Refiner) -> float:
    """The largest difference of alpha between the file in ONNX Runtime and the network in PyTorch."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    worst = 0.0
    for height, width in ((SIDE, SIDE), (64, 96)):
        patches = torch.rand(2, CHANNELS, height, width, generator=generator)
        patches[:, 4] = (patches[:, 4] > 0.5).float()
        with torch.inference_mode():
            expected = network.eval()(patches).numpy()
        (given,) = session.run(None, {"patches": patches.numpy()})
        worst = max(worst, float(np.abs(given - expected).max()))
    return worst


def export(weights: Path, into: Path, scores: dict[str, float] | None = None) -> ModelCard:
    network = load_refiner(weights)
    model = halve_weights(to_onnx(network))
    helper.set_model_props(model, {"input": "rgb, alpha and band of patches, each in [0, 1]"})
    data = model.SerializeToString()
    difference = parity(data, network)
    if difference > ALLOWED:
        raise ValueError(f"the exported refiner differs from PyTorch's by {difference:.4f} of alpha: not written")
    card = ModelCard(
        name="refiner", file="refiner.onnx", checksum="sha256:" + hashlib.sha256(data).hexdigest(), side=SIDE,
        multiple=8, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), licence=LICENCE, provenance=PROVENANCE,
        trained_on=TRAINED_ON, bytes=len(data), scores=scores,
    )  # fmt: skip
    into.mkdir(parents=True, exist_ok=True)
    for path, content in ((into / card.file, data), (into / "refiner.json", to_json(card).encode())):
        aside = path.with_name(f".{path.name}.part")
        aside.write_bytes(content)
        os.replace(aside, path)
    print(f"{into / card.file}: {len(data) / 1e6:.2f} MB, differs from PyTorch by {difference:.5f} at most")
    return card


def main() -> None:
    parser = argparse.ArgumentParser(description="Export a trained refiner with its card.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    options = parser.parse_args()
    export(options.weights, options.into)


if __name__ == "__main__":
    main()
