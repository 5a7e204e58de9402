"""From a trained network of hints to what ships: an ONNX file with its card.

    python -m matteo.learning.hints.export --weights RUN/weights.pt --into src/matteo/models/weights/selector
                                           [--int8 DATA] [--score "ECSSD IoU, 1 click=0.9"]

With --int8 its convolutions are in 8 bits (see `quantise`), calibrated with pictures of DATA that it was not trained
on, and hints made for them.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import warnings
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from matteo.errors import ModelError
from matteo.learning.checkpoint import load_weights
from matteo.learning.data import is_held_out, pairs_of
from matteo.learning.export import CALIBRATION, Say, check, halve_weights, score, write
from matteo.learning.hints.made import asked
from matteo.learning.network import COLOURS, HINTED, STRIDE, Network, upsample_like
from matteo.learning.origin import LICENCE, TRAINED_ON, Origin
from matteo.learning.quantise import Given, Variant, in_int8, kept_in_fp32
from matteo.models.card import ModelCard
from matteo.models.companions import SELECTOR

NAMES = ("picture", "hints")
SIDE = 320
BATCH = 8  # pictures that hints are made for together
SHIPPED = Origin(
    LICENCE,
    "trained by matteo's own code (matteo.learning, recipe hints, begun with the weights of matteo) on the sets named "
    "here, with hints that were made for them",
    (*TRAINED_ON, "SUN and others (backgrounds)"),
)


class Shipped(nn.Module):
    """What the file computes: picture, hints -> alpha."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor, hints: Tensor) -> Tensor:
        seen = torch.cat([picture, hints], 1)
        return upsample_like(self.network.heads(seen)[-1], seen).sigmoid()


def to_onnx(network: Network) -> onnx.ModelProto:
    """Batch norms are folded into the convolutions before them; height, width and batch stay free."""
    buffer = io.BytesIO()
    sides = {0: "batch", 2: "height", 3: "width"}
    given = torch.zeros(1, COLOURS, SIDE, SIDE), torch.zeros(1, HINTED - COLOURS, SIDE, SIDE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Shipped(network).eval(), given, buffer,  # type: ignore[arg-type]
            input_names=list(NAMES), output_names=["alpha"], dynamic_axes=dict.fromkeys((*NAMES, "alpha"), sides),
            opset_version=17, dynamo=False,
        )  # fmt: skip
    return onnx.load_from_string(buffer.getvalue())


def calibrating(data: Path, network: Network) -> list[Given]:
    """Pictures left out of training with hints made for them, each as the file takes it."""
    pairs = [pair for name, few in CALIBRATION.items() for pair in islice(pairs_of(data / name, is_held_out), few)]
    squares = [[cv2.resize(each, (SIDE, SIDE)) for each in (pair.rgb, pair.mask)] for pair in pairs]
    given: list[Given] = []
    for first in range(0, len(squares), BATCH):
        rgb, mask = (torch.from_numpy(np.stack(some)) for some in zip(*squares[first : first + BATCH], strict=True))
        shown, _ = asked(network, rgb.permute(0, 3, 1, 2), mask[:, None], np.random.default_rng(first))
        given += [fed(one.numpy()[None]) for one in shown]
    return given


def chance() -> Iterator[Given]:
    rng = np.random.default_rng(0)
    for height, width in ((SIDE, SIDE), (STRIDE, 3 * STRIDE)):
        yield fed(rng.random((2, HINTED, height, width), np.float32))


def fed(seen: NDArray[np.float32]) -> Given:
    """B x 6 x h x w as the file's two inputs."""
    parts = np.ascontiguousarray(seen[:, :COLOURS]), np.ascontiguousarray(seen[:, COLOURS:])
    return dict(zip(NAMES, parts, strict=True))


def differences(model: bytes, network: Network, given: Iterable[Given]) -> Iterator[NDArray[np.float32]]:
    """What the file in ONNX Runtime and the network in PyTorch differ by, of alpha."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    shipped = Shipped(network).eval()
    for one in given:
        with torch.inference_mode():
            expected = shipped(*(torch.from_numpy(one[name]) for name in NAMES)).numpy()
        yield np.abs(session.run(None, one)[0] - expected)


def export(
    weights: Path, into: Path, origin: Origin, scores: dict[str, float] | None = None, int8: Path | None = None,
    say: Say = lambda _: None,
) -> ModelCard:  # fmt: skip
    """Writes selector.onnx and its card selector.json.

    origin: what the card says of its licence and training. int8: the folder of the training tars to calibrate with;
    without it the file computes in fp32. say: is told what was written, in a line.
    Raises ModelError where the weights know no hints or the file computes something else than PyTorch does, OutputError
    where it cannot be written.
    """
    network = load_weights(weights).eval()
    if network.form.inputs != HINTED:
        raise ModelError(f"{weights} knows no hints: give weights that the recipe hints made")
    whole = to_onnx(network)
    if int8:
        given = calibrating(int8, network)
        variant = Variant()
        data = in_int8(whole.SerializeToString(), given, lambda graph: kept_in_fp32(graph, variant), variant)
        means = [np.array([difference.mean() for difference in differences(data, network, given)])]
        difference = check(means, np.mean, weights)
    else:
        data = halve_weights(whole).SerializeToString()
        difference = check(differences(data, network, chance()), np.max, weights)
    card = ModelCard(
        name=SELECTOR, file=f"{SELECTOR}.onnx", checksum="sha256:" + hashlib.sha256(data).hexdigest(), side=SIDE,
        multiple=STRIDE, licence=origin.licence, provenance=origin.provenance, trained_on=origin.trained_on,
        bytes=len(data), scores=scores,
    )  # fmt: skip
    write(data, card, into)
    measure = "in the mean" if int8 else "at most"
    say(f"{into / card.file}: {len(data) / 1e6:.1f} MB, differs from PyTorch by {difference:.5f} {measure}")
    return card


def main() -> None:
    parser = argparse.ArgumentParser(description="Export a trained network of hints with its card.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--int8", type=Path, metavar="DATA", help="8 bits, calibrated with pictures of this folder")
    parser.add_argument("--score", type=score, action="append", metavar="NAME=VALUE", help="for the card; repeatable")
    options = parser.parse_args()
    scores = dict(options.score) if options.score else None
    export(options.weights, options.into, SHIPPED, scores, options.int8, say=print)


if __name__ == "__main__":
    main()
