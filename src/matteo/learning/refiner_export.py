"""From a trained refiner to what ships: an ONNX file with its card.

python -m matteo.learning.refiner_export --weights RUN/weights.pt --into src/matteo/models/weights/refiner
"""

from __future__ import annotations

import argparse
import hashlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import helper

from matteo.learning.export import Say, check, halve_weights, write
from matteo.learning.origin import LICENCE, Origin
from matteo.learning.refiner_network import CHANNELS, MULTIPLE, Refiner
from matteo.learning.refiner_state import load_refiner
from matteo.matting import surroundings
from matteo.models.card import ModelCard

ALLOWED = 0.01  # largest difference of alpha from PyTorch's that fp16 weights may make
SIDE = 288
SHIPPED = Origin(
    LICENCE,
    "trained by matteo's own code (matteo.learning.refiner) on alpha that is made (docs/synthesis.md): drawn strands, "
    "lace, veils and lenses around subjects and over backgrounds of the sets named here",
    (
        "DUTS-TR", "eg1800 train", "Clothing Co-Parsing", "Oxford-IIIT pets (part)", "Weizmann horses", "cats",
        "SUN and others (backgrounds)",
    ),
)  # fmt: skip


def to_onnx(network: Refiner) -> onnx.ModelProto:
    """Batch norms are folded into the convolutions before them; batch, height and width stay free."""
    buffer = io.BytesIO()
    axes = {0: "batch", 2: "height", 3: "width"}
    small = {0: "batch", 2: "height_8", 3: "width_8"}
    side = SIDE // MULTIPLE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), (torch.rand(1, CHANNELS, SIDE, SIDE), torch.rand(1, surroundings.CHANNELS, side, side)),
            buffer,  # type: ignore[arg-type]
            input_names=["patches", "around"], output_names=["alpha"],
            dynamic_axes={"patches": axes, "around": small, "alpha": axes},
            opset_version=17, dynamo=False,
        )  # fmt: skip
    return onnx.load_from_string(buffer.getvalue())


def differences(model: bytes, network: Refiner) -> Iterator[NDArray[np.float32]]:
    """What the file in ONNX Runtime and the network in PyTorch differ by, of alpha for patches of two sizes."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    for height, width in ((SIDE, SIDE), (64, 96)):
        patches = torch.rand(2, CHANNELS, height, width, generator=generator)
        patches[:, 4] = (patches[:, 4] > 0.5).float()
        around = torch.rand(2, surroundings.CHANNELS, height // MULTIPLE, width // MULTIPLE, generator=generator) - 0.5
        with torch.inference_mode():
            expected = network.eval()(patches, around).numpy()
        (given,) = session.run(None, {"patches": patches.numpy(), "around": around.numpy()})
        yield np.abs(given - expected)


def export(
    weights: Path, into: Path, origin: Origin, scores: dict[str, float] | None = None, say: Say = lambda _: None
) -> ModelCard:
    """Writes refiner.onnx and its card refiner.json.

    origin: what the card says of its licence and training. say: is told what was written, in a line.
    Raises ModelError where the file computes something else than PyTorch does, OutputError where it cannot be written.
    """
    network = load_refiner(weights)
    model = halve_weights(to_onnx(network))
    helper.set_model_props(model, {"input": "rgb, alpha and band of patches, each in [0, 1]; what is known around"})
    data = model.SerializeToString()
    difference = check(differences(data, network), np.max, weights, ALLOWED)
    card = ModelCard(
        name="refiner", file="refiner.onnx", checksum="sha256:" + hashlib.sha256(data).hexdigest(), side=SIDE,
        multiple=8, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), licence=origin.licence, provenance=origin.provenance,
        trained_on=origin.trained_on, bytes=len(data), scores=scores,
    )  # fmt: skip
    write(data, card, into)
    say(f"{into / card.file}: {len(data) / 1e6:.2f} MB, differs from PyTorch by {difference:.5f} at most")
    return card


def main() -> None:
    parser = argparse.ArgumentParser(description="Export a trained refiner with its card.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    options = parser.parse_args()
    export(options.weights, options.into, SHIPPED, say=print)


if __name__ == "__main__":
    main()
