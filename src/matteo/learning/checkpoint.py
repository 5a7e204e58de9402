"""What a run leaves behind: weights for others, checkpoints for itself. Each file appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from matteo.errors import ModelError
from matteo.learning.network import Form, Network


def write_whole(path: Path, value: Any) -> None:
    """Raises OSError where there is no room; what was there before is there still."""
    aside = path.with_name(f".{path.name}.part")
    try:
        with aside.open("wb") as file:
            torch.save(value, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except (OSError, RuntimeError) as error:  # torch's own writer turns what the disk says into a RuntimeError
        aside.unlink(missing_ok=True)
        raise error if isinstance(error, OSError) else OSError(f"no room, or no right to write: {error}") from error


def read_whole(path: Path) -> dict[str, Any]:
    """Raises ModelError, naming the file, for what is damaged or not torch's."""
    try:
        value: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except (OSError, RuntimeError, EOFError, UnpicklingError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path} cannot be read ({reason[:120]}): take another file") from error
    return value


def half(network: Network) -> dict[str, Any]:
    """The network as `weights.pt` holds it: its form, and its state in fp16."""
    return {"form": asdict(network.form), "state": halved(network)}


def halved(network: nn.Module) -> dict[str, Tensor]:
    """Its state, numbers as fp16."""
    return {k: v.half() if v.is_floating_point() else v for k, v in network.state_dict().items()}


def widened(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state from `halved`, in fp32."""
    return {k: v.float() if v.is_floating_point() else v for k, v in state.items()}


def load_weights(path: Path) -> Network:
    """A network from `weights.pt`, in fp32. Raises ModelError for what is none."""
    saved = read_whole(path)
    if not isinstance(saved, dict) or not {"form", "state"} <= set(saved):
        raise ModelError(f"{path} holds no weights of matteo's: a run's weights.pt is meant")
    network = Network(form_of(saved["form"]))
    network.load_state_dict(widened(saved["state"]))
    return network


def form_of(facts: dict[str, Any]) -> Form:
    """A form from `asdict`, also where its tuples became lists on the way."""
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()}
    return Form(**values)
