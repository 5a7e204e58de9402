"""int8: ONNX Runtime's static quantisation (Jacob 2018) of an exported network, calibrated with pictures.

Activations get a scale from what the calibration pictures brought forth (all but the most extreme 1 in 10,000, whose
room the rest would pay for), weights one for each output channel. What makes the maps, what the heads compute and the
first stage stay in fp32: that costs next to nothing, a step of 1/255 in a logit shows, and what is lost at the
beginning nothing later brings back.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

Tensor = NDArray[np.float32]
Given = dict[str, NDArray[Any]]  # a network's inputs by their names

QUANTISED = ("Conv", "Add", "Concat", "AveragePool", "MaxPool", "Resize", "Mul")
HEADS = "/verdict/"  # the scope that PyTorch gives to the nodes of `Shipped.verdict`
FIRST = "/stages.0/"  # and to those of the first stage
KEPT = {"CalibPercentile": 99.99}  # of an activation's values


@dataclass(frozen=True)
class Variant:
    """unsigned: activations of 0 to 255 instead of -128 to 127; weights are always signed.

    per_channel: each output channel of a weight has a scale of its own. ends: the stem, the first stage and what gives
    a map stay fp32. extremes: they too have room in an activation's scale.
    narrow: weights of 7 bits, as processors with AVX2 and without VNNI add two products of 8 x 8 bits into 16, where
    they may overflow.
    """

    unsigned: bool = True
    per_channel: bool = True
    ends: bool = True
    narrow: bool = True
    extremes: bool = False


class _Inputs(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, inputs: Iterable[Given]) -> None:
        self._inputs = iter(inputs)

    def get_next(self) -> Given | None:
        return next(self._inputs, None)


def quantise(model: bytes, inputs: Sequence[Tensor], variant: Variant | None = None) -> bytes:
    """The ONNX file `model`, a network that finds subjects, with its convolutions in int8. inputs: fitted pictures,
    1 x 3 x h x w each."""
    variant = variant or Variant()
    name = onnx.load_from_string(model).graph.input[0].name
    return in_int8(model, [{name: tensor} for tensor in inputs], lambda graph: kept_in_fp32(graph, variant), variant)


def in_int8(
    model: bytes, inputs: Sequence[Given], kept: Callable[[onnx.GraphProto], list[str]],
    variant: Variant | None = None, operators: Sequence[str] = QUANTISED,
) -> bytes:  # fmt: skip
    """Any ONNX file with these operators in int8. inputs: to calibrate with, all of the same shapes. kept: names the
    nodes that stay in fp32."""
    variant = variant or Variant()
    with tempfile.TemporaryDirectory() as name:
        given, prepared, made = (Path(name) / f"{step}.onnx" for step in ("given", "prepared", "made"))
        given.write_bytes(model)
        quant_pre_process(given, prepared, skip_symbolic_shape=True)
        nodes = kept(onnx.load(prepared).graph)
        for most in (None,) if variant.extremes else (KEPT, None):
            try:
                _static(prepared, made, _Inputs(inputs), variant, nodes, operators, most)
                break
            except ValueError as error:  # no histogram of what is all the same: of a network that has hardly learned
                if most is None or "bins" not in str(error):
                    raise
        return made.read_bytes()


def _static(
    prepared: Path, made: Path, inputs: CalibrationDataReader, variant: Variant, kept: list[str],
    operators: Sequence[str], most: dict[str, float] | None,
) -> None:  # fmt: skip
    """most: the percentile of an activation's values that its scale has room for; None: for all of them."""
    method = CalibrationMethod.MinMax if most is None else CalibrationMethod.Percentile
    quantize_static(
        prepared, made, inputs, quant_format=QuantFormat.QDQ, per_channel=variant.per_channel,
        reduce_range=variant.narrow, op_types_to_quantize=list(operators),
        activation_type=QuantType.QUInt8 if variant.unsigned else QuantType.QInt8, weight_type=QuantType.QInt8,
        nodes_to_exclude=kept, calibrate_method=method, extra_options=most or {},
    )  # fmt: skip


def kept_in_fp32(graph: onnx.GraphProto, variant: Variant) -> list[str]:
    """Names of nodes: those of the heads, and with `ends` the convolutions of what is seen (three channels, six with
    hints), those to one channel, and the first stage."""
    shapes = {weight.name: tuple(weight.dims) for weight in graph.initializer}
    kept = [node.name for node in graph.node if node.name.startswith(HEADS)]
    if variant.ends:
        convolutions = [node for node in graph.node if node.op_type == "Conv"]
        kept += [n.name for n in convolutions if shapes[n.input[1]][1] in (3, 6) or shapes[n.input[1]][0] == 1]
        kept += [n.name for n in graph.node if FIRST in n.name]
    return kept
