"""From trained weights to what ships: an ONNX file with its card.

    python -m matteo.learning.export --weights RUN/weights.pt --name matteo --side 320 --into src/matteo/models/weights

The file takes any height and width that are multiples of 32, gives alpha (the sigmoid is inside), holds its large
weights as fp16, which ONNX Runtime widens once when it loads, and is checked against PyTorch before it is kept.
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
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from matteo.learning.network import STRIDE, Network
from matteo.learning.train import load_weights
from matteo.models.card import Fit, ModelCard, to_json

LARGE = 256  # elements from which a weight is stored as fp16
ALLOWED = 0.02  # largest difference of alpha from PyTorch's that fp16 weights may make

LICENCE = (
    "The weights were learned from photographs that were published for research, most of them without an open licence "
    "(DUTS-TR: photos from ImageNet; eg1800: photos from Flickr; Oxford-IIIT pets: for research purposes; Weizmann "
    "horses: none stated; Clothing Co-Parsing and the cats: Apache-2.0 on their repositories). Whether a network "
    "learned from such photographs may be used commercially is not settled; this project claims no more for them than "
    "that. matteo's code is MIT."
)
PROVENANCE = "trained by matteo's own code (matteo.learning) on two processor cores; docs/training-log.md tells how"
TRAINED_ON = ("DUTS-TR", "eg1800 train", "Clothing Co-Parsing", "Oxford-IIIT pets (part)", "Weizmann horses", "cats")


class WithSigmoid(nn.Module):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> Tensor:
        alpha: Tensor = self.network(picture).sigmoid()
        return alpha


def to_onnx(network: Network) -> onnx.ModelProto:
    """Batch norms are folded into the convolutions before them; height, width and batch stay free."""
    buffer = io.BytesIO()
    axes = {0: "batch", 2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            WithSigmoid(network).eval(), (torch.zeros(1, 3, 320, 320),), buffer,  # type: ignore[arg-type]
            input_names=["picture"], output_names=["alpha"], dynamic_axes={"picture": axes, "alpha": axes},
            opset_version=17, dynamo=False,
        )  # fmt: skip
    return onnx.load_from_string(buffer.getvalue())


def halve_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Every large fp32 weight as fp16 and a Cast to fp32, which the runtime folds away at load."""
    graph = model.graph
    casts = []
    for weight in list(graph.initializer):
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < LARGE:
            continue
        graph.initializer.remove(weight)
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), weight.name + ".half"))
        casts.append(helper.make_node("Cast", [weight.name + ".half"], [weight.name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        graph.node.insert(0, cast)
    onnx.checker.check_model(model)
    return model


def parity(model: bytes, network: Network) -> float:
    """The largest difference of alpha between the file in ONNX Runtime and the network in PyTorch."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    wrapped = WithSigmoid(network).eval()
    worst = 0.0
    generator = torch.Generator().manual_seed(0)
    for height, width in ((320, 320), (STRIDE, 3 * STRIDE), (224, 416)):
        picture = torch.randn(2, 3, height, width, generator=generator)
        with torch.inference_mode():
            expected = wrapped(picture).numpy()
        (given,) = session.run(None, {"picture": picture.numpy()})
        worst = max(worst, float(np.abs(given - expected).max()))
    return worst


def export(
    weights: Path, name: str, side: int, into: Path, fit: Fit = "stretch", scores: dict[str, float] | None = None
) -> ModelCard:
    network = load_weights(weights).eval()
    data = halve_weights(to_onnx(network)).SerializeToString()
    difference = parity(data, network)
    if difference > ALLOWED:
        raise ValueError(f"the exported network differs from PyTorch's by {difference:.4f} of alpha: not written")
    card = ModelCard(
        name=name, file=f"{name}.onnx", checksum="sha256:" + hashlib.sha256(data).hexdigest(), side=side, fit=fit,
        multiple=STRIDE, licence=LICENCE, provenance=PROVENANCE, trained_on=TRAINED_ON, bytes=len(data), scores=scores,
    )  # fmt: skip
    into.mkdir(parents=True, exist_ok=True)
    for path, content in ((into / card.file, data), (into / f"{name}.json", to_json(card).encode())):
        aside = path.with_name(f".{path.name}.part")
        aside.write_bytes(content)
        os.replace(aside, path)
    print(f"{into / card.file}: {len(data) / 1e6:.1f} MB, differs from PyTorch by {difference:.5f} at most")
    return card


def main() -> None:
    parser = argparse.ArgumentParser(description="Export a trained network with its card.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--name", default="matteo")
    parser.add_argument("--side", type=int, default=320)
    parser.add_argument("--fit", choices=("stretch", "pad"), default="stretch")
    parser.add_argument("--into", type=Path, required=True)
    options = parser.parse_args()
    export(options.weights, options.name, options.side, options.into, options.fit)


if __name__ == "__main__":
    main()
