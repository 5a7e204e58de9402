"""Muon (Jordan 2024): momentum whose direction is made orthogonal before the step, for weights that are matrices.

A convolution's weight counts as the matrix of its output channels by everything else. Norms, biases and heads,
which are no matrices, take AdamW (`split_parameters`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

QUINTIC = (3.4445, -4.7750, 2.0315)  # slope at 0 as steep as the fixed interval around 1 allows (Jordan 2024)


def orthogonalise(matrices: Tensor, steps: int = 5) -> Tensor:
    """... x M x N: the nearest orthogonal matrices, roughly: singular values land between 0.7 and 1.2 (Newton-Schulz).

    One step is x <- (a I + b g + c g g) x with g = x x'. All of its factors are polynomials of the first g and
    commute, so the steps are done on that small square alone and multiplied with the matrix once, at the end: a
    third of the work for a convolution's weight, which is nine times wider than high.
    """
    a, b, c = QUINTIC
    x: Tensor = matrices / (torch.linalg.matrix_norm(matrices, keepdim=True) + 1e-7)
    x = x.mT if x.shape[-2] > x.shape[-1] else x
    gram = x @ x.mT
    identity = torch.eye(gram.shape[-1], dtype=x.dtype, device=x.device)
    product = identity
    for step in range(steps):
        factor = a * identity + b * gram + c * gram @ gram
        product = factor @ product
        if step + 1 < steps:
            gram = factor @ gram @ factor
    x = product @ x
    return x.mT if matrices.shape[-2] > matrices.shape[-1] else x


class Muon(torch.optim.Optimizer):
    """lr: the step's spectral size. Each group may hold `weight_decay`, decoupled as in AdamW."""

    def __init__(
        self,
        parameters: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = {}
            for p in group["params"]:
                if p.grad is not None:
                    alike.setdefault(p.reshape(p.shape[0], -1).shape, []).append(p)
            for shape, parameters in alike.items():
                self._step_alike(shape, parameters, group["lr"], group["momentum"], group["weight_decay"])

    def _step_alike(
        self, shape: torch.Size, parameters: list[Tensor], lr: float, momentum: float, weight_decay: float
    ) -> None:
        """Matrices of one shape are made orthogonal together: on a GPU one small one at a time is a wait for each."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        averages = [self._average(p) for p in parameters]
        torch._foreach_lerp_(averages, gradients, 1 - momentum)
        nesterov = torch.stack([g.lerp(m, momentum).reshape(shape) for g, m in zip(gradients, averages, strict=True)])
        steps = orthogonalise(nesterov).unbind()
        scale = max(1.0, shape[0] / shape[1]) ** 0.5
        torch._foreach_mul_(parameters, 1 - lr * weight_decay)
        moved = [step.reshape(p.shape) for step, p in zip(steps, parameters, strict=True)]
        torch._foreach_add_(parameters, moved, alpha=-lr * scale)

    def _average(self, p: Tensor) -> Tensor:
        state = self.state[p]
        if not state:
            state["momentum"] = torch.zeros_like(p)
        average: Tensor = state["momentum"]
        return average


def split_parameters(network: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """(matrices for Muon, the rest for AdamW). The maps' last layers and the stem have too few rows: the rest."""
    matrices: list[Tensor] = []
    rest: list[Tensor] = []
    for name, p in network.named_parameters():
        plain = p.ndim < 2 or name.startswith(("to_logits", "stem"))
        (rest if plain else matrices).append(p)
    return matrices, rest
