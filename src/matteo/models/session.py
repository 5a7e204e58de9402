"""A network ready to run: ONNX Runtime behind one method, `run(tensor) -> tensor`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.errors import ModelError, ProviderUnavailable, UsageError
from matteo.models.card import ModelCard

Tensor = NDArray[np.float32]

# name -> (ONNX Runtime's name, what to install)
PROVIDERS = {
    "cpu": ("CPUExecutionProvider", "pip install onnxruntime"),
    "cuda": ("CUDAExecutionProvider", "pip install onnxruntime-gpu, with CUDA 12 and cuDNN 9 on the machine"),
    "tensorrt": ("TensorrtExecutionProvider", "pip install onnxruntime-gpu, with TensorRT on the machine"),
    "rocm": ("MIGraphXExecutionProvider", "pip install onnxruntime-migraphx, with ROCm on the machine"),
    "openvino": ("OpenVINOExecutionProvider", "pip install onnxruntime-openvino"),
    "directml": ("DmlExecutionProvider", "pip install onnxruntime-directml"),
    "coreml": ("CoreMLExecutionProvider", "pip install onnxruntime on macOS"),
}


def default_threads() -> int:
    """As many as the processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Session:
    """One loaded network. `run` may be called from several threads at once.

    threads: processor threads a run may take. provider: a key of PROVIDERS; that one runs, or an error says why not.
    """

    def __init__(self, path: Path, card: ModelCard, *, threads: int | None = None, provider: str = "cpu") -> None:
        if threads is not None and threads < 1:
            raise UsageError(f"threads must be at least 1, not {threads}")
        self.card = card
        self.threads = threads or default_threads()
        self.provider = provider
        self._session = _load(path, self.threads, provider)
        self._input: str = self._session.get_inputs()[0].name
        self._output: str = self._session.get_outputs()[0].name

    def run(self, tensor: Tensor) -> Tensor:
        """B x 3 x h x w, as `fit` made it -> the network's first output, B x 1 x h x w."""
        try:
            (output,) = self._session.run([self._output], {self._input: tensor})
        except Exception as error:  # ONNX Runtime's errors share no public base class
            raise ModelError(
                f"{self.card.name} cannot run on an input of {tensor.shape}: {_first_line(error)}"
            ) from error
        return np.asarray(output, np.float32)


def _load(path: Path, threads: int, provider: str) -> Any:
    import onnxruntime

    if provider not in PROVIDERS:
        raise UsageError(f"no provider named {provider!r}: choose one of {', '.join(PROVIDERS)}")
    name, install = PROVIDERS[provider]
    if name not in onnxruntime.get_available_providers():
        raise ProviderUnavailable(f"{provider} is not part of the ONNX Runtime installed here: {install}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Threads that spin while they wait take the processor from decoding and encoding beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=[name])
    except Exception as error:
        raise ModelError(f"{path} cannot be loaded: {_first_line(error)}") from error
    if session.get_providers()[0] != name:
        raise ProviderUnavailable(f"{provider} was asked for and did not load: {install}; or choose provider cpu")
    return session


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
