"""The mean of a network's recent past, which is what is judged and kept."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def average_into(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Moves the average towards the network: decay is what is left of it as it was, in [0, 1]."""
    pairs = list(zip(average.state_dict().values(), network.state_dict().values(), strict=True))
    numbers = [(a, b) for a, b in pairs if a.is_floating_point()]
    torch._foreach_lerp_([a for a, _ in numbers], [b for _, b in numbers], 1 - decay)
    for a, b in pairs:
        if not a.is_floating_point():
            a.copy_(b)
