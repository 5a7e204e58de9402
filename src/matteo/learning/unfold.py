"""A network to train, from the ONNX file that ships: so that what was installed can be trained on, without a download.

The export folded each batch norm into the convolution before it. Here the folded weights become the convolution's, and
its norm one that only adds the folded bias: scale 1, mean 0, variance 1 - eps. The network computes what the file
does; its norms hold no statistics, so it is to be trained with norms frozen. Maps that only training uses are not in
the file, and begin at zero.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from matteo.errors import ModelError
from matteo.learning.network import FORMS, Form, Network
from matteo.models.card import ModelCard
from matteo.models.session import Session

Array = NDArray[np.float32]
Folded = tuple[Array, Array]  # weight and bias of a convolution
ALLOWED = 0.005  # mean difference of alpha from the file's


def unfold(path: Path, card: ModelCard) -> Network:
    """The network of an ONNX file that `matteo.learning.export` wrote, as fp32.

    An int8 file's weights come back as finely as it holds them. Raises ModelError where the file is another's network.
    """
    folded = convolutions(path)
    forms = [form for form in FORMS.values() if fits(form, folded)]
    if not forms:
        raise ModelError(f"{path} is none of matteo's networks ({', '.join(FORMS)}): it cannot be trained on")
    network = rebuilt(forms[0], folded)
    difference = parity(path, card, network)
    if not difference <= ALLOWED:  # nor a difference that is no number
        raise ModelError(f"{path} computes something else than its weights in PyTorch do, by {difference:.3f} of alpha")
    return network


def convolutions(path: Path) -> dict[str, Folded]:
    """Weight and bias of each convolution, by the name that it has in the network."""
    graph = onnx.load(path).graph
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
        if node.op_type == "DequantizeLinear" and node.input[0] in values:
            values[node.output[0]] = dequantised(*(values[name] for name in node.input))
    found = {}
    for node in graph.node:
        if node.op_type == "Conv" and all(name in values for name in node.input[1:]):
            weight = np.asarray(values[node.input[1]], np.float32)
            bias = values[node.input[2]] if len(node.input) > 2 else np.zeros(len(weight))
            found[module_of(node.name)] = weight, np.asarray(bias, np.float32)
    return found


def module_of(node: str) -> str:
    """The module that PyTorch named a node after: /stages.0/stages.0.1/body/body.3/Conv is stages.0.1.body.3's."""
    parts: list[str] = []
    for part in node.removeprefix("/network").split("/")[1:-1]:
        if parts and part.startswith(parts[-1] + "."):
            parts.pop()
        parts.append(part)
    return ".".join(parts)


def dequantised(whole: NDArray[Any], scale: NDArray[Any], zero: NDArray[Any] | None = None) -> Array:
    """(whole - zero) scale; a scale of several values is one for each output channel."""
    column = (-1, *[1] * (whole.ndim - 1)) if scale.size > 1 else ()
    shift = np.zeros((), np.int32) if zero is None else zero.astype(np.int32).reshape(column)
    return np.asarray((whole.astype(np.int32) - shift) * scale.reshape(column), np.float32)


def fits(form: Form, folded: dict[str, Folded]) -> bool:
    """Whether the convolutions are all that a network of the form has, but for the maps that only training uses."""
    convs = {name: m for name, m in Network(form).named_modules() if isinstance(m, nn.Conv2d)}
    spare = {name for name in convs if name.startswith("to_logits.")} - {"to_logits.0"}
    return (convs.keys() - spare <= folded.keys() <= convs.keys()) and all(
        tuple(convs[name].weight.shape) == weight.shape for name, (weight, _) in folded.items()
    )


def rebuilt(form: Form, folded: dict[str, Folded]) -> Network:
    network = Network(form)
    for map_ in network.to_logits:
        nn.init.zeros_(map_.weight)  # type: ignore[arg-type]
    modules = dict(network.named_modules())
    with torch.no_grad():
        for name, (weight, bias) in folded.items():
            conv = modules[name]
            assert isinstance(conv, nn.Conv2d)
            conv.weight.copy_(torch.tensor(weight))
            if conv.bias is not None:
                conv.bias.copy_(torch.tensor(bias))
                continue
            before, _, index = name.rpartition(".")
            norm = modules[f"{before}.{int(index) + 1}"]
            assert isinstance(norm, nn.BatchNorm2d)
            add_only(norm, torch.tensor(bias))
    return network


def add_only(norm: nn.BatchNorm2d, bias: Tensor) -> None:
    """A batch norm that, with its statistics frozen, adds a bias and does nothing else."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.weight.fill_(1)
    norm.bias.copy_(bias)
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)


def parity(path: Path, card: ModelCard, network: Network) -> float:
    """The mean difference of alpha on a bright disc, between the file and the network."""
    ys, xs = torch.meshgrid(torch.linspace(-1.5, 1.5, 160), torch.linspace(-2, 2, 224), indexing="ij")
    x = torch.where(ys**2 + xs**2 < 1, 1.5, -1.5).expand(1, 3, 160, 224).contiguous()
    with torch.inference_mode():
        expected = network.eval()(x).sigmoid().numpy()
    return float(np.abs(Session(path, card).run(x.numpy()) - expected).mean())
