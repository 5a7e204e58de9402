"""Small ONNX networks that tests make: alpha is the sigmoid of the mean over the channels."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def mean_network(shape: tuple[str | int | None, ...] = ("b", 3, "h", "w")) -> bytes:
    axes = numpy_helper.from_array(np.array([1]), "axes")
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["m"], keepdims=1),
        helper.make_node("Sigmoid", ["m"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [shape[0], 1, *shape[2:]])
    graph = helper.make_graph(nodes, "mean", [x], [y], [axes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def facts(data: bytes, **more: Any) -> dict[str, Any]:
    return {
        "name": "mean", "file": "mean.onnx", "checksum": "sha256:" + hashlib.sha256(data).hexdigest(), "side": 64,
        "licence": "none needed", "provenance": "made by a test", "bytes": len(data), **more,
    }  # fmt: skip


def write_network(folder: Path, **more: Any) -> Path:
    """mean.onnx with its card beside it; the path of the ONNX file."""
    data = mean_network()
    (folder / "mean.onnx").write_bytes(data)
    (folder / "mean.json").write_text(json.dumps(facts(data, **more)))
    return folder / "mean.onnx"
