"""Everything that a run is at a step. What is not in here has no influence on what comes next."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from matteo.errors import ModelError, UsageError
from matteo.learning.checkpoint import form_of, half, read_whole, write_whole
from matteo.learning.muon import Muon, split_parameters
from matteo.learning.network import FORMS, Form, Network
from matteo.learning.recipes import Recipe, differences, from_facts
from matteo.learning.schedule import Plan, plan_of

ENCODER = ("stem", "stages")


@dataclass
class State:
    """network: what learns. average: the mean of its recent past, which is what is judged and kept.

    optimisers: {"muon", "adam"}; a group's `factor` is what the recipe's learning rate is multiplied with there.
    plan: None until the first steps are timed. bf16: the arithmetic, chosen once.
    best: the best validation score and its step.
    """

    recipe: Recipe
    network: Network
    average: Network
    optimisers: dict[str, torch.optim.Optimizer]
    plan: Plan | None = None
    bf16: bool = False
    step: int = 0
    seconds: float = 0.0
    best: tuple[float, int] = (float("-inf"), 0)


def fresh(recipe: Recipe, network: Network, device: torch.device) -> State:
    """The state before the first step of a network, which is moved to the device."""
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).requires_grad_(False).eval()
    matrices, rest = (by_part(network, part, recipe.encoder) for part in split_parameters(network))
    optimisers = {
        "muon": Muon(matrices, weight_decay=recipe.weight_decay),
        "adam": torch.optim.AdamW(rest, weight_decay=0.0, betas=(0.9, 0.99)),
    }
    return State(recipe, network, average, optimisers)


def by_part(network: Network, parameters: list[Tensor], encoder: float) -> list[dict[str, Any]]:
    """Groups for an optimiser: the encoder's parameters with its factor of the learning rate, the others with 1."""
    names = {id(p): name for name, p in network.named_parameters()}
    inside = [p for p in parameters if names[id(p)].startswith(ENCODER)]
    outside = [p for p in parameters if not names[id(p)].startswith(ENCODER)]
    return [{"params": part, "factor": factor} for part, factor in ((inside, encoder), (outside, 1.0)) if part]


def save(state: State, path: Path) -> None:
    """Raises OSError where there is no room; the checkpoint before it stays."""
    write_whole(path, {
        "form": asdict(state.network.form), "recipe": asdict(state.recipe),
        "plan": state.plan and asdict(state.plan), "bf16": state.bf16,
        "step": state.step, "seconds": state.seconds, "best": state.best,
        "network": state.network.state_dict(), "average": state.average.state_dict(),
        **{name: optimiser.state_dict() for name, optimiser in state.optimisers.items()},
    })  # fmt: skip


def resume(state: State, path: Path) -> None:
    """Brings a fresh state to where the checkpoint was.

    Raises ModelError for one of another architecture or of an earlier code, UsageError for another recipe's.
    """
    saved = read_whole(path)
    if "plan" not in saved or "form" not in saved:
        raise ModelError(f"{path} is of an earlier matteo: give its weights.pt to --start, and another folder to --run")
    if (form := form_of(saved["form"])) != state.network.form:
        raise ModelError(
            f"{path} is of the architecture {name_of(form)}, not of {name_of(state.network.form)}: give another --run"
        )
    if different := differences(from_facts(saved["recipe"]), state.recipe):
        raise UsageError(f"{path} was begun with another recipe ({different}): give another --run")
    state.network.load_state_dict(saved["network"])
    state.average.load_state_dict(saved["average"])
    for name, optimiser in state.optimisers.items():
        optimiser.load_state_dict(saved[name])
    state.plan = plan_of(saved["plan"])
    state.bf16, state.step, state.seconds, state.best = (saved[k] for k in ("bf16", "step", "seconds", "best"))


def save_weights(state: State, path: Path) -> None:
    write_whole(path, half(state.average))


def name_of(form: Form) -> str:
    """By its name where it has one, else by its numbers."""
    return next((name for name, known in FORMS.items() if known == form), str(form))
