"""From trained weights to what ships: an ONNX file with its card.

    python -m matteo.learning.export --weights RUN/weights.pt [--heads heads.pt] --name matteo --side 320
                                     --into src/matteo/models/weights [--int8 DATA] [--looks 2]
                                     [--score "ECSSD max F=0.9138"]

The file takes any height and width that are multiples of 32, gives alpha (the sigmoid is inside) and with heads also
"kind" and "quality", holds its large weights as fp16, which ONNX Runtime widens once when it loads, and is checked
against PyTorch before it is kept. With --int8 its convolutions are in 8 bits instead (see `quantise`), calibrated with
pictures of DATA that it was not trained on. The card says where the shipped network is from: `matteo train` exports
networks of one's own.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from matteo.errors import ModelError
from matteo.learning.arithmetic import normalise
from matteo.learning.checkpoint import load_weights
from matteo.learning.data import is_held_out, pairs_of
from matteo.learning.network import STRIDE, Network, upsample_like
from matteo.learning.origin import SHIPPED, Origin
from matteo.learning.quantise import quantise
from matteo.learning.verdict import KINDS, Verdict, load_verdict
from matteo.models.card import VERDICTS, Fit, ModelCard, to_json
from matteo.picture.geometry import resize
from matteo.picture.write import publish

Picture: TypeAlias = NDArray[np.float32]  # B x 3 x H x W, as `matteo.models.fit` makes it

LARGE = 256  # elements from which a weight is stored as fp16
ALLOWED = 0.02  # largest difference of alpha from PyTorch's that fp16 weights may make; with int8, of its mean
CALIBRATION = {  # pictures of each
    "train-duts-0.tar": 60, "train-pets.tar": 12, "train-eg1800.tar": 12, "train-ccp.tar": 12, "train-horses.tar": 12,
}  # fmt: skip

Say = Callable[[str], None]


class Shipped(nn.Module):
    """What the file computes: picture -> alpha, and with heads kind (B x kinds) and quality (B)."""

    def __init__(self, network: Network, verdict: Verdict | None) -> None:
        super().__init__()
        self.network, self.verdict = network, verdict

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        maps, deep = self.network.look(picture)
        alpha = upsample_like(maps[-1], picture).sigmoid()
        return (alpha,) if self.verdict is None else (alpha, *self.verdict(maps, deep))


def to_onnx(network: Network, verdict: Verdict | None = None) -> onnx.ModelProto:
    """Batch norms are folded into the convolutions before them; height, width and batch stay free."""
    buffer = io.BytesIO()
    names = ["alpha"] if verdict is None else ["alpha", *VERDICTS]
    sides = {0: "batch", 2: "height", 3: "width"}
    axes = {"picture": sides, "alpha": sides} | {name: {0: "batch"} for name in names[1:]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Shipped(network, verdict).eval(), (torch.zeros(1, 3, 320, 320),), buffer,  # type: ignore[arg-type]
            input_names=["picture"], output_names=names, dynamic_axes=axes, opset_version=17, dynamo=False,
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


def differences(model: bytes, network: Network, verdict: Verdict | None, inputs: Iterable[Picture]) -> list[Picture]:
    """What the file in ONNX Runtime and the network in PyTorch differ by, of every output for every input."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    shipped = Shipped(network, verdict).eval()
    found = []
    for picture in inputs:
        with torch.inference_mode():
            expected = shipped(torch.from_numpy(picture))
        given = session.run(None, {"picture": picture})
        found += [np.abs(one - true.numpy()) for one, true in zip(given, expected, strict=True)]
    return found


def averages(found: Sequence[Picture], pictures: int) -> list[NDArray[np.float64]]:
    """Of each output, its mean over so many pictures: in 8 bits a single one may differ more."""
    outputs = len(found) // pictures
    return [np.array([np.mean(one) for one in found[output::outputs]]) for output in range(outputs)]


def noise() -> Iterator[Picture]:
    rng = np.random.default_rng(0)
    for height, width in ((320, 320), (STRIDE, 3 * STRIDE), (224, 416)):
        yield rng.standard_normal((2, 3, height, width), np.float32)


def fitted(data: Path, side: int) -> list[Picture]:
    """Pictures left out of training, stretched to what the network sees."""
    pairs = (pair for name, few in CALIBRATION.items() for pair in islice(pairs_of(data / name, is_held_out), few))
    return [normalise(torch.from_numpy(resize(p.rgb, (side, side))).permute(2, 0, 1)[None]).numpy() for p in pairs]


def export(
    weights: Path, name: str, side: int, into: Path, origin: Origin, fit: Fit = "stretch",
    scores: dict[str, float] | None = None, heads: Path | None = None, int8: Sequence[Picture] = (), looks: int = 1,
    say: Say = lambda _: None,
) -> ModelCard:  # fmt: skip
    """Writes name.onnx and its card name.json.

    origin: what the card says of the network's licence and training. heads: of `matteo.learning.heads`, trained on
    these very weights. int8: pictures to calibrate with, fitted (1 x 3 x side x side); without any the file computes in
    fp32. looks: how often a picture is looked at. say: is told what was written, in a line.

    Raises ModelError where the heads belong to another network, or the file computes something else than PyTorch does;
    OutputError where it cannot be written.
    """
    network = load_weights(weights).eval()
    verdict = load_verdict(heads, network) if heads else None
    whole = to_onnx(network, verdict)
    if int8:
        data = quantise(whole.SerializeToString(), int8)
        difference = check(averages(differences(data, network, verdict, int8), len(int8)), np.mean, weights)
    else:
        data = halve_weights(whole).SerializeToString()
        difference = check(differences(data, network, verdict, noise()), np.max, weights)
    card = ModelCard(
        name=name, file=f"{name}.onnx", checksum="sha256:" + hashlib.sha256(data).hexdigest(), side=side, fit=fit,
        looks=looks, multiple=STRIDE, licence=origin.licence, provenance=origin.provenance,
        trained_on=origin.trained_on, bytes=len(data), scores=scores,
        verdicts=VERDICTS if verdict else (), kinds=KINDS if verdict else (),
    )  # fmt: skip
    write(data, card, into)
    measure = "in the mean" if int8 else "at most"
    say(f"{into / card.file}: {len(data) / 1e6:.1f} MB, differs from PyTorch by {difference:.5f} {measure}")
    return card


def check(
    found: Iterable[NDArray[np.floating]], measure: Callable[[NDArray[np.floating]], np.floating], weights: Path,
    allowed: float = ALLOWED,
) -> float:  # fmt: skip
    """The largest of what the outputs differ by. Raises ModelError where that is more than is allowed, or no number."""
    difference = float(np.max([measure(one) for one in found]))  # NaN stays NaN
    if not difference <= allowed:
        raise ModelError(
            f"what was exported of {weights} differs from PyTorch's by {difference:.4f} of alpha and was not written: "
            "give the weights of an earlier step, or train again"
        )
    return difference


def write(data: bytes, card: ModelCard, into: Path) -> None:
    """A network's file and its card beside it, into a folder that is made where there is none."""
    into.mkdir(parents=True, exist_ok=True)
    publish(data, into / card.file, overwrite=True)
    publish(to_json(card).encode(), into / f"{card.name}.json", overwrite=True)


def score(text: str) -> tuple[str, float]:
    """A line of a card's scores, from NAME=VALUE."""
    name, _, value = text.rpartition("=")
    if not name:
        raise ValueError(text)
    return name, float(value)


def main() -> None:
    parser = argparse.ArgumentParser(description="Export a trained network with its card.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--heads", type=Path, help="of matteo.learning.heads, trained on these weights")
    parser.add_argument("--name", default="matteo")
    parser.add_argument("--side", type=int, default=320)
    parser.add_argument("--fit", choices=("stretch", "pad"), default="stretch")
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--int8", type=Path, metavar="DATA", help="8 bits, calibrated with pictures of this folder")
    parser.add_argument("--looks", type=int, choices=(1, 2), default=1, help="how often a picture is looked at")
    parser.add_argument("--score", type=score, action="append", metavar="NAME=VALUE", help="for the card; repeatable")
    options = parser.parse_args()
    pictures = fitted(options.int8, options.side) if options.int8 else ()
    export(
        options.weights, options.name, options.side, options.into, SHIPPED, options.fit,
        scores=dict(options.score) if options.score else None, heads=options.heads, int8=pictures, looks=options.looks,
        say=print,
    )  # fmt: skip


if __name__ == "__main__":
    main()
