"""From a trained refiner to what ships: an ONNX file with its card.

    python -m matteo.learning.refiner_export --weights RUN/weights.pt --into src/matteo/models/weights/refiner
                                             [--int8 made.tar]

With --int8 its convolutions are in 8 bits, but for those whose outcome is alpha, calibrated with patches of made
pictures that are left out of training.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import io
import warnings
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import helper
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle

from matteo.learning.data import is_held_out
from matteo.learning.export import Say, check, halve_weights, write
from matteo.learning.network import ResidualBlock
from matteo.learning.origin import LICENCE, Origin
from matteo.learning.quantise import Given, in_int8
from matteo.learning.refiner import run_of
from matteo.learning.refiner_guesses import guess_of
from matteo.learning.refiner_network import CHANNELS, MULTIPLE, Refiner, in_squares
from matteo.learning.refiner_patches import batch, load
from matteo.learning.refiner_state import load_refiner
from matteo.matting import surroundings
from matteo.matting.patch import SIDE as SQUARE
from matteo.models.card import ModelCard
from matteo.remover import Remover

ALLOWED = 0.01  # largest difference of alpha from PyTorch's that fp16 weights may make
SIDE = 288
Inputs = tuple[Tensor, Tensor, Tensor]  # squares, around, inside

NAMES = ("squares", "around", "inside")
IN_FP32 = "to_logits"  # in the names of the layers whose outcome is alpha, where a 255th shows
CALIBRATION = 160, 160  # side and number of patches
SHIPPED = Origin(
    LICENCE,
    "trained by matteo's own code (matteo.learning.refiner) on alpha that is made (docs/synthesis.md): drawn strands, "
    "lace, veils and lenses around subjects and over backgrounds of the sets named here",
    (
        "DUTS-TR", "eg1800 train", "Clothing Co-Parsing", "Oxford-IIIT pets (part)", "Weizmann horses", "cats",
        "SUN and others (backgrounds)",
    ),
)  # fmt: skip


class OfSquares(nn.Module):
    """The refiner from squares of pixels, as `matting.patch` gives them and the file takes them."""

    def __init__(self, network: Refiner) -> None:
        super().__init__()
        self.network = network

    def forward(self, squares: Tensor, around: Tensor, inside: Tensor) -> Tensor:
        return self.network.of_squares(squares, around, inside)


def inputs(count: int, height: int, width: int, generator: torch.Generator) -> Inputs:
    """Of so many patches by chance; wanted is all but two squares at the top and one at the right."""
    patches = torch.rand(count, CHANNELS, height, width, generator=generator)
    patches[:, 4] = (patches[:, 4] > 0.5).float()
    around = torch.rand(count, surroundings.CHANNELS, height // MULTIPLE, width // MULTIPLE, generator=generator) - 0.5
    return in_squares(patches), around, torch.tensor([2, 0, height // SQUARE, width // SQUARE - 1])


def without_pools(network: Refiner) -> Refiner:
    """A copy whose shortcuts project what they pooled in one convolution: the same sums, without a layer that in 8 bits
    takes longer than the projection."""
    network = copy.deepcopy(network)
    for block in network.modules():
        if isinstance(block, ResidualBlock) and len(block.shortcut):
            pool, project, norm = block.shortcut
            assert isinstance(pool, nn.AvgPool2d)
            assert isinstance(project, nn.Conv2d)
            side = pool.kernel_size
            assert isinstance(side, int)
            both = nn.Conv2d(project.in_channels, project.out_channels, side, side, bias=False)
            both.weight = nn.Parameter(project.weight.detach().expand(-1, -1, side, side) / side**2)
            block.shortcut = nn.Sequential(both, norm)
    return network


def to_onnx(network: Refiner) -> onnx.ModelProto:
    """Batch norms are folded into the convolutions before them; batch, height and width stay free."""
    buffer = io.BytesIO()
    axes = {
        "squares": {0: "batch", 2: "height_4", 3: "width_4"}, "around": {0: "batch", 2: "height_8", 3: "width_8"},
        "alpha": {0: "batch", 2: "height", 3: "width"},
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            OfSquares(without_pools(network).eval()), inputs(1, SIDE, SIDE, torch.Generator().manual_seed(0)),
            buffer,  # type: ignore[arg-type]
            input_names=["squares", "around", "inside"], output_names=["alpha"], dynamic_axes=axes,
            opset_version=17, dynamo=False,
        )  # fmt: skip
    return onnx.load_from_string(buffer.getvalue())


def chance() -> Iterator[Inputs]:
    generator = torch.Generator().manual_seed(0)
    for height, width in ((SIDE, SIDE), (64, 96)):
        yield inputs(2, height, width, generator)


def calibrating(made: Path, finder: Refiner) -> list[Inputs]:
    """Patches of the made pictures that are left out of training, as a network's guess and as rough alpha. finder: the
    refiner at whose results the next size is looked at."""
    side, count = CALIBRATION
    pictures = load(made, guess_of(Remover()), run_of(finder), only=is_held_out)
    left = list(islice(pictures, count))
    patches = (batch(left, [], side, 1, (0, number)) for number in range(count))
    wanted = torch.tensor([0, 0, side // SQUARE, side // SQUARE])
    tensors = (tuple(map(torch.from_numpy, arrays)) for arrays in patches)
    return [(in_squares(x), around, wanted) for x, around, _ in tensors]


def differences(model: bytes, network: Refiner, given: Iterable[Inputs]) -> Iterator[NDArray[np.float32]]:
    """What the file in ONNX Runtime and the network in PyTorch differ by, of alpha."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    for one in given:
        with torch.inference_mode():
            expected = network.eval().of_squares(*one).numpy()
        (found,) = session.run(None, fed(one))
        yield np.abs(found - expected)


def in_band(difference: NDArray[np.float32], given: Inputs) -> float:
    """The mean of what alpha differs by where it is unknown."""
    unknown = pixel_shuffle(given[0], SQUARE)[:, 4:].numpy() > 0.5
    return float(difference[unknown].mean())


def fed(given: Inputs) -> Given:
    return {name: tensor.numpy() for name, tensor in zip(NAMES, given, strict=True)}


def export(
    weights: Path, into: Path, origin: Origin, scores: dict[str, float] | None = None, int8: Path | None = None,
    say: Say = lambda _: None,
) -> ModelCard:  # fmt: skip
    """Writes refiner.onnx and its card refiner.json.

    origin: what the card says of its licence and training. int8: a tar of made pictures to calibrate with; without it
    the file computes in fp32. say: is told what was written, in a line.
    Raises ModelError where the file computes something else than PyTorch does, OutputError where it cannot be written.
    """
    network = load_refiner(weights)
    whole, patches = to_onnx(network), list[Inputs]()
    if int8:
        patches = calibrating(int8, network)
        quantised = in_int8(whole.SerializeToString(), [fed(one) for one in patches], ends, operators=("Conv",))
        model = onnx.load_from_string(quantised)
    else:
        model = halve_weights(whole)
    helper.set_model_props(model, {"input": "rgb, alpha and band of squares of pixels; what is around; what is wanted"})
    data = model.SerializeToString()
    if patches:  # the mean of the bands': in 8 bits a single pixel may differ more
        found = [np.array([in_band(*pair) for pair in zip(differences(data, network, patches), patches, strict=True)])]
        difference = check(found, np.mean, weights, ALLOWED)
    else:
        difference = check(differences(data, network, chance()), np.max, weights, ALLOWED)
    card = ModelCard(
        name="refiner", file="refiner.onnx", checksum="sha256:" + hashlib.sha256(data).hexdigest(), side=SIDE,
        multiple=8, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), licence=origin.licence, provenance=origin.provenance,
        trained_on=origin.trained_on, bytes=len(data), scores=scores,
    )  # fmt: skip
    write(data, card, into)
    measure = "in the mean" if patches else "at most"
    say(f"{into / card.file}: {len(data) / 1e6:.2f} MB, differs from PyTorch by {difference:.5f} {measure}")
    return card


def ends(graph: onnx.GraphProto) -> list[str]:
    return [node.name for node in graph.node if IN_FP32 in node.name]


def main() -> None:
    parser = argparse.ArgumentParser(description="Export a trained refiner with its card.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--int8", type=Path, metavar="MADE", help="8 bits, calibrated with pictures of this tar")
    options = parser.parse_args()
    export(options.weights, options.into, SHIPPED, int8=options.int8, say=print)


if __name__ == "__main__":
    main()
