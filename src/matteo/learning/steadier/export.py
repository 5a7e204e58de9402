"""From a trained steadier to what ships: an ONNX file with its card.

    python -m matteo.learning.steadier.export --weights RUN/weights.pt --into src/matteo/models/weights/steadier

In fp32: in 8 bits it would take three quarters of the time, of a tenth of a frame's.
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

from matteo.learning.export import Say, check, write
from matteo.learning.origin import LICENCE, Origin
from matteo.learning.steadier.network import Steadier
from matteo.learning.steadier.train import load_steadier
from matteo.models.card import ModelCard
from matteo.video.steady import CHANNELS, HIDDEN, MULTIPLE

NAMES = ("frame", "memory")
SIDE = 160
ALLOWED = 1e-4  # of share, change and memory
SHIPPED = Origin(
    LICENCE,
    "trained by matteo's own code (matteo.learning.steadier) on shots made of those of the photographs named here that "
    "the network of subjects did not learn from, and of backgrounds",
    (
        "DUTS-TR (every 20th)", "eg1800 train (every 20th)", "Clothing Co-Parsing (every 20th)",
        "Oxford-IIIT pets (part, every 20th)", "Weizmann horses (every 20th)", "cats (every 20th)",
        "SUN and others (backgrounds)",
    ),
)  # fmt: skip


def to_onnx(network: Steadier) -> onnx.ModelProto:
    """Height and width stay free."""
    buffer = io.BytesIO()
    free = {2: "height", 3: "width"}
    names = ("share", "change", "memory_after")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), (torch.rand(1, CHANNELS, SIDE, SIDE), torch.rand(1, HIDDEN, SIDE, SIDE)),
            buffer,  # type: ignore[arg-type]
            input_names=list(NAMES), output_names=list(names), dynamic_axes=dict.fromkeys((*NAMES, *names), free),
            opset_version=17, dynamo=False,
        )  # fmt: skip
    return onnx.load_from_string(buffer.getvalue())


def differences(model: bytes, network: Steadier) -> Iterator[NDArray[np.float32]]:
    """What the file in ONNX Runtime and the network in PyTorch differ by."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    for size_hw in ((SIDE, SIDE), (32, 48)):
        frame = rng.normal(size=(1, CHANNELS, *size_hw)).astype(np.float32)
        memory = rng.uniform(-1, 1, (1, HIDDEN, *size_hw)).astype(np.float32)
        with torch.inference_mode():
            right = network.eval()(torch.from_numpy(frame), torch.from_numpy(memory))
        found = session.run(None, dict(zip(NAMES, (frame, memory), strict=True)))
        yield from (np.abs(one - other.numpy()) for one, other in zip(found, right, strict=True))


def export(weights: Path, into: Path, origin: Origin, say: Say = lambda _: None) -> ModelCard:
    """Writes steadier.onnx and its card steadier.json.

    Raises ModelError where the file computes something else than PyTorch does, OutputError where it cannot be written.
    """
    network = load_steadier(weights)
    model = to_onnx(network)
    helper.set_model_props(model, {"input": "odds seen and before, trust, weight, valid, kind, rgb; memory"})
    data = model.SerializeToString()
    found = check(differences(data, network), np.max, weights, ALLOWED)
    card = ModelCard(
        name="steadier", file="steadier.onnx", checksum="sha256:" + hashlib.sha256(data).hexdigest(), side=SIDE,
        multiple=MULTIPLE, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), licence=origin.licence,
        provenance=origin.provenance, trained_on=origin.trained_on, bytes=len(data),
    )  # fmt: skip
    write(data, card, into)
    say(f"{into / card.file}: {len(data) / 1e3:.0f} kB, differs from PyTorch by {found:.6f} at most")
    return card


def main() -> None:
    parser = argparse.ArgumentParser(description="Export a trained steadier with its card.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    options = parser.parse_args()
    export(options.weights, options.into, SHIPPED, say=print)


if __name__ == "__main__":
    main()
