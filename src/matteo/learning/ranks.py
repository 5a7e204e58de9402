"""Several processes, one run: each takes its part of every batch, and all do the same step.

    torchrun --nproc-per-node 4 -m matteo train --recipe matteo --data DATA --run RUN --minutes 60

Gradients are averaged, and batch norms see the whole batch, so that a step is the one that a single process would do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed, nn

from matteo.errors import UsageError
from matteo.learning.recipes import Recipe


@dataclass(frozen=True)
class Ranks:
    """This process among all. One alone needs no torch.distributed."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def from_first(self, value: Any) -> Any:
        """The first process's value, in all of them."""
        if self.size == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, src=0)
        return box[0]

    def take_first(self, module: nn.Module) -> None:
        """All processes' modules become the first one's, in place."""
        if self.size > 1:
            for value in module.state_dict().values():
                distributed.broadcast(value, src=0)

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether it is true in one of them."""
        if self.size == 1:
            return flag
        said = torch.tensor(float(flag), device=device)
        distributed.all_reduce(said, distributed.ReduceOp.MAX)
        return bool(said.item())

    def average_gradients(self, parameters: Iterable[Tensor]) -> None:
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        distributed.all_reduce(flat)
        flat /= self.size
        start = 0
        for gradient in gradients:
            gradient.copy_(flat[start : start + gradient.numel()].view(gradient.shape))
            start += gradient.numel()

    def check(self, recipe: Recipe) -> None:
        """Raises UsageError where a batch cannot be shared equally."""
        for _, _, size in recipe.stages:
            if size % self.size:
                raise UsageError(f"{self.size} processes cannot share a batch of {size}: change the recipe's stages")


def join(device: str) -> Ranks:
    """The processes that torchrun started with this one; this one alone without it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return Ranks()
    distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    return Ranks(distributed.get_rank(), size)


class SharedNorm(nn.BatchNorm2d):
    """A batch norm whose batch is that of all processes (on any device, as torch's own is for GPUs alone)."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        wide = x.float()
        sums = AllSum.apply(torch.stack([wide.sum((0, 2, 3)), wide.square().sum((0, 2, 3))]))  # type: ignore[no-untyped-call]
        count = x.numel() // x.shape[1] * distributed.get_world_size()
        mean, variance = sums[0] / count, sums[1] / count - (sums[0] / count).square()
        self._gather(mean.detach(), variance.detach() * count / (count - 1))
        scale = self.weight * (variance + self.eps).rsqrt()
        shift = self.bias - mean * scale
        out: Tensor = wide * scale[:, None, None] + shift[:, None, None]
        return out.to(x.dtype)

    def _gather(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance, self.momentum)
            self.num_batches_tracked += 1


class AllSum(torch.autograd.Function):
    """The sum over all processes; so is its gradient, as each process's part is in every one's sum."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        distributed.all_reduce(total)
        return total


def share_norms(network: nn.Module) -> None:
    """Every batch norm of a network becomes a shared one, in place; names and values stay."""
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = SharedNorm
