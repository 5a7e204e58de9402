"""Fits the two heads to what the network saw (`seen`), and keeps apart what teaches from what judges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from matteo.learning.seen import UNTOLD, Seen
from matteo.learning.verdict import EXPECTED, KINDS, LOGIT, Head

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Schedule:
    """hidden: units; decay: of the weights."""

    hidden: int = 64
    epochs: int = 15
    batch: int = 256
    lr: float = 1e-3
    decay: float = 0.05
    seed: int = 0


def fit_head(inputs: Tensor, targets: Tensor, outputs: int, loss: Loss, schedule: Schedule) -> Head:
    """A head that minimises loss(logits, targets): AdamW, one cosine."""
    torch.manual_seed(schedule.seed)
    head = Head(inputs.shape[1], schedule.hidden, outputs)
    head.standardise(inputs)
    adam = torch.optim.AdamW(head.parameters(), lr=schedule.lr, weight_decay=schedule.decay)
    steps = schedule.epochs * -(-len(inputs) // schedule.batch)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    head.train()
    for _ in range(schedule.epochs):
        for chosen in torch.split(torch.randperm(len(inputs)), schedule.batch):
            adam.zero_grad()
            loss(head(inputs[chosen]), targets[chosen]).backward()  # type: ignore[no-untyped-call]
            adam.step()
            cosine.step()
    return head.eval()


def fit_kind(own: Seen, schedule: Schedule | None = None) -> Head:
    """From the pictures trained on. Rare kinds count more, by the root of their rarity."""
    told = own.kind != UNTOLD
    inputs, kinds = torch.from_numpy(own.inputs[told]), torch.from_numpy(own.kind[told])
    counts = torch.bincount(kinds, minlength=len(KINDS)).clamp(min=1)
    weight = (counts.sum() / counts).sqrt()
    weight = weight / weight.mean()
    return fit_head(
        inputs, kinds, len(KINDS), lambda logits, true: cross_entropy(logits, true, weight, label_smoothing=0.05),
        schedule or Schedule(),
    )  # fmt: skip


def fit_quality(left_out: Seen) -> nn.Linear:
    """Brings the expected overlap to scale on pictures that the network was not trained on, plain and spoiled.

    Where nothing was there and nothing was found, the overlap is 1 and the expected one 0: that is no cut-out whose
    quality could be told, and it does not count.
    """
    told = (left_out.inputs[:, EXPECTED] > 0) | (left_out.iou < 1)
    scale, shift = platt(left_out.inputs[told, LOGIT], left_out.iou[told])
    layer = nn.Linear(1, 1)
    nn.init.constant_(layer.weight, scale)
    nn.init.constant_(layer.bias, shift)
    return layer


def quality_of(layer: nn.Linear, seen: Seen) -> NDArray[np.float32]:
    """N, as `Verdict` gives it."""
    with torch.inference_mode():
        logits = torch.from_numpy(seen.inputs[:, LOGIT : LOGIT + 1])
        return np.asarray(layer(logits)[:, 0].sigmoid().numpy(), np.float32)


def platt(logits: NDArray[np.float32], iou: NDArray[np.float32]) -> tuple[float, float]:
    """scale and shift of the logits that bring their sigmoid nearest to the IoU, in cross-entropy (Platt 1999)."""
    x, y = torch.from_numpy(logits), torch.from_numpy(iou)
    scale, shift = torch.ones((), requires_grad=True), torch.zeros((), requires_grad=True)
    lbfgs = torch.optim.LBFGS([scale, shift], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        lbfgs.zero_grad()
        loss = binary_cross_entropy_with_logits(x * scale + shift, y)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    lbfgs.step(closure)  # type: ignore[no-untyped-call]
    return float(scale.detach()), float(shift.detach())
