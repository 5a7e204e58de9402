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


def orthogonalise(matrix: Tensor, steps: int = 5) -> Tensor:
    """The nearest orthogonal matrix, roughly: singular values land between 0.7 and 1.2 (Newton-Schulz iteration).

    One step is x <- (a I + b g + c g g) x with g = x x'. All of its factors are polynomials of the first g and
    commute, so the steps are done on that small square alone and multiplied with the matrix once, at the end: a
    third of the work for a convolution's weight, which is nine times wider than high.
    """
    a, b, c = QUINTIC
    x: Tensor = matrix / (matrix.norm() + 1e-7)
    x = x.T if x.shape[0] > x.shape[1] else x
    gram = x @ x.T
    identity = torch.eye(len(gram), dtype=x.dtype, device=x.device)
    product = identity
    for step in range(steps):
        factor = a * identity + b * gram + c * gram @ gram
        product = factor @ product
        if step + 1 < steps:
            gram = factor @ gram @ factor
    x = product @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


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
            for p in group["params"]:
                if p.grad is not None:
                    self._step_one(p, p.grad, group["lr"], group["momentum"], group["weight_decay"])

    def _step_one(self, p: Tensor, grad: Tensor, lr: float, momentum: float, weight_decay: float) -> None:
        state = self.state[p]
        if not state:
            state["momentum"] = torch.zeros_like(p)
        average = state["momentum"]
        average.lerp_(grad, 1 - momentum)
        nesterov = grad.lerp(average, momentum)
        matrix = nesterov.reshape(p.shape[0], -1)
        scale = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
        p.mul_(1 - lr * weight_decay).add_(orthogonalise(matrix).reshape(p.shape), alpha=-lr * scale)


def split_parameters(network: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """(matrices for Muon, the rest for AdamW). The maps' last layers and the stem have too few rows: the rest."""
    matrices: list[Tensor] = []
    rest: list[Tensor] = []
    for name, p in network.named_parameters():
        plain = p.ndim < 2 or name.startswith(("to_logits", "stem"))
        (rest if plain else matrices).append(p)
    return matrices, rest
