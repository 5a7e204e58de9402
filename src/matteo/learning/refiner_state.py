"""Everything that a run of the refiner's training is at a step, and what it leaves behind."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from matteo.errors import ModelError
from matteo.learning.checkpoint import halved, read_whole, widened, write_whole
from matteo.learning.muon import Muon, split_parameters
from matteo.learning.refiner_network import Refiner
from matteo.learning.schedule import Plan, plan_of


@dataclass(frozen=True)
class Recipe:
    """stages: (share of the run, side of the patches, patches in a batch), in order."""

    stages: tuple[tuple[float, int, int], ...] = ((0.7, 128, 12), (0.3, 192, 6))
    muon_lr: float = 0.015
    adam_lr: float = 2e-3
    weight_decay: float = 0.005
    warmup_steps: int = 100
    ema: float = 0.999
    threads: int = 1
    seed: int = 0


@dataclass
class State:
    """network: what learns. average: of its recent past. plan: None until the first steps are timed. bf16: the
    arithmetic, chosen once."""

    recipe: Recipe
    network: Refiner
    average: Refiner
    muon: Muon
    adam: torch.optim.AdamW
    plan: Plan | None = None
    bf16: bool = False
    step: int = 0
    seconds: float = 0.0

    def parts(self) -> dict[str, Any]:
        return {"network": self.network, "average": self.average, "muon": self.muon, "adam": self.adam}


def begin(recipe: Recipe, run: Path, start: Path | None, *, bf16: bool) -> State:
    """A run from its beginning, or from its checkpoint where there is one.

    Raises ModelError for a checkpoint of an earlier code.
    """
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    network = load_refiner(start) if start else Refiner()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    matrices, rest = split_parameters(network)
    muon = Muon(matrices, weight_decay=recipe.weight_decay)
    adam = torch.optim.AdamW(rest, weight_decay=0, betas=(0.9, 0.99))
    state = State(recipe, network, copy.deepcopy(network), muon, adam, bf16=bf16)
    run.mkdir(parents=True, exist_ok=True)
    if (path := run / "checkpoint.pt").exists():
        resume(state, path)
    return state


def resume(state: State, path: Path) -> None:
    saved = read_whole(path)
    if "plan" not in saved:
        raise ModelError(f"{path} is of an earlier matteo: give its weights.pt to --start, and another folder to --run")
    for name, part in state.parts().items():
        part.load_state_dict(saved[name])
    state.plan = plan_of(saved["plan"])
    state.bf16, state.step, state.seconds = (saved[key] for key in ("bf16", "step", "seconds"))


def is_finished(run: Path) -> bool:
    """Whether the run in a folder has taken all of its steps."""
    if not (path := run / "checkpoint.pt").exists():
        return False
    saved = read_whole(path)
    plan = plan_of(saved.get("plan"))
    return plan is not None and bool(saved["step"] >= plan.steps)


def save(state: State, run: Path) -> None:
    """Raises OSError where there is no room; what was saved before stays."""
    states = {name: part.state_dict() for name, part in state.parts().items()}
    facts = {"plan": state.plan and asdict(state.plan), "bf16": state.bf16}
    write_whole(run / "checkpoint.pt", states | facts | {"step": state.step, "seconds": state.seconds})
    write_whole(run / "weights.pt", half(state.average))


def half(network: Refiner) -> dict[str, Any]:
    """The refiner as `weights.pt` holds it: its widths, and its state in fp16."""
    return {"widths": network.widths, "state": halved(network)}


def load_refiner(path: Path) -> Refiner:
    """A refiner from `weights.pt`, in fp32. Raises ModelError for what is none."""
    saved = read_whole(path)
    if not isinstance(saved, dict) or not {"widths", "state"} <= set(saved):
        raise ModelError(f"{path} holds no weights of a refiner: its run's weights.pt is meant")
    network = Refiner(tuple(saved["widths"]))
    network.load_state_dict(widened(saved["state"]))
    return network
