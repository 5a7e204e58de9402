"""A network ready to run: ONNX Runtime behind one method, `run(tensor) -> tensor`, or `look` for all that it tells."""

from __future__ import annotations

import os
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Outputs:
    """What a network gave for B pictures. alpha: B x 1 x h x w.

    kind: B x len(card.kinds), chances; quality: B, the expected overlap with the truth; None where it tells none.
    """

    alpha: Tensor
    kind: Tensor | None = None
    quality: Tensor | None = None

    def kind_of(self, card: ModelCard, picture: int = 0) -> str | None:
        """The likeliest of the card's kinds for one of the pictures."""
        return None if self.kind is None else card.kinds[int(self.kind[picture].argmax())]

    def quality_of(self, picture: int = 0) -> float | None:
        """In [0, 1]; 0 for what is no number."""
        return None if self.quality is None else float(np.clip(np.nan_to_num(self.quality[picture]), 0, 1))


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
        self._inputs: list[str] = [given.name for given in self._session.get_inputs()]
        outputs: list[str] = [output.name for output in self._session.get_outputs()]
        self._outputs = outputs
        missing = set(card.verdicts) - set(outputs[1:])
        if missing:
            raise ModelError(f"{path} has no output {' and '.join(sorted(missing))}, which its card states: correct it")

    def run(self, *tensors: NDArray[Any]) -> Tensor:
        """Its inputs in their order (of a network that is chosen by name, B x 3 x h x w as `fit` made it) -> the
        network's first output, B x 1 x h x w."""
        return self._run(self._outputs[:1], *tensors)[0]

    def all_of(self, *tensors: NDArray[Any]) -> list[Tensor]:
        """The same, and all of its outputs in their order."""
        return self._run(self._outputs, *tensors)

    def look(self, tensor: Tensor) -> Outputs:
        """The same and what the card's verdicts are, in one run."""
        alpha, *verdicts = self._run([self._outputs[0], *self.card.verdicts], tensor)
        return Outputs(alpha, **dict(zip(self.card.verdicts, verdicts, strict=True)))

    def _run(self, names: list[str], *tensors: NDArray[Any]) -> list[Tensor]:
        try:
            outputs = self._session.run(names, dict(zip(self._inputs, tensors, strict=True)))
        except Exception as error:  # ONNX Runtime's errors share no public base class
            raise ModelError(
                f"{self.card.name} cannot run on an input of {tensors[0].shape}: {_first_line(error)}"
            ) from error
        return [np.asarray(output, np.float32) for output in outputs]


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
