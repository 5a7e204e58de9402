"""The fully connected heads: from what the network saw, what the subject is and how good the alpha will be.

    maps /32 ... /2 --> numbers of alpha (14) --+--> full, hidden, full --> kind, one of KINDS
    stage 4, context --> mean over the picture -+
                     --> mean over the subject -+
    the first number, the expected overlap --------> full --> quality, 0 to 1

The numbers say what an eye would look for in the alpha: how sure it is, how large, where it touches the border, how
sharp its edge is, and whether the coarser maps agree with the finest one. The quality is the expected overlap brought
to scale, and no more: heads that saw all the numbers and features found failures less well (docs/confidence.md).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from matteo.errors import ModelError
from matteo.learning.network import Network

KINDS = ("person", "animal", "car", "thing", "nothing")
NUMBERS = 14
EXPECTED, LOGIT = 0, 1  # places among them: the expected overlap, and its logit
TINY = 1e-4


def ratio(above: Tensor, below: Tensor) -> Tensor:
    return above / (below + TINY)


def overlap(a: Tensor, b: Tensor) -> Tensor:
    """Soft IoU of two alphas, B x 1 x H x W -> B."""
    return ratio(torch.minimum(a, b).mean((1, 2, 3)), torch.maximum(a, b).mean((1, 2, 3)))


def expected_iou(a: Tensor) -> Tensor:
    """As `matteo.matting.confidence.expected_iou`, B x 1 x H x W -> B."""
    inside = (a > 0.5).to(a.dtype)
    intersection = (a * inside).mean((1, 2, 3))
    return ratio(intersection, inside.mean((1, 2, 3)) + a.mean((1, 2, 3)) - intersection)


def numbers_of(maps: list[Tensor]) -> Tensor:
    """B x NUMBERS from the logits of the five maps, coarse to fine: of alpha as the network gives it, before edges."""
    alphas = [m.sigmoid() for m in maps]
    a = alphas[-1]
    area = a.mean((1, 2, 3))
    unsure = (4 * a * (1 - a)).mean((1, 2, 3))
    steps = (a[:, :, 1:] - a[:, :, :-1]).abs().mean((1, 2, 3)) + (a[..., 1:] - a[..., :-1]).abs().mean((1, 2, 3))
    borders = [a[:, :, 0], a[:, :, -1], a[..., 0], a[..., -1]]  # each B x 1 x side
    coarser = [avg_pool2d(a, 2**k) for k in (4, 3, 2, 1)]
    expected = expected_iou(a)
    return torch.stack([
        expected, torch.logit(expected.clamp(0.01, 0.995)), area, (area + TINY).log(), unsure, ratio(unsure, area),
        ratio(steps, unsure), ratio(steps, area.sqrt()), *(border.mean((1, 2)) for border in borders[:2]),
        torch.maximum(*(border.mean((1, 2)) for border in borders[2:])),
        *(overlap(small, coarse) for small, coarse in zip(coarser[:3], alphas[:3], strict=True)),
    ], 1)  # fmt: skip


def pooled(maps: list[Tensor], deep: Tensor) -> Tensor:
    """B x 2C: the mean of `deep` (B x C x H/32 x W/32) over the picture, and weighted by alpha over the subject."""
    weight = avg_pool2d(maps[-1].sigmoid(), 16)
    subject = (deep * weight).mean((2, 3)) / (weight.mean((2, 3)) + TINY)
    return torch.cat([deep.mean((2, 3)), subject], 1)


class Head(nn.Module):
    """Standardised inputs through one hidden layer. Returns logits."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(inputs))
        self.register_buffer("spread", torch.ones(inputs))
        self.hidden = nn.Linear(inputs, hidden)
        self.dropout = nn.Dropout(0.3)
        self.out = nn.Linear(hidden, outputs)

    def standardise(self, x: Tensor) -> None:
        self.centre = x.mean(0)
        self.spread = x.std(0) + 1e-3

    def forward(self, x: Tensor) -> Tensor:
        y = ((x - self.centre) / self.spread).clamp(-4, 4)
        logits: Tensor = self.out(self.dropout(self.hidden(y).relu()))
        return logits


class Verdict(nn.Module):
    """Both heads. `channels`: those of `Network.look`'s second value."""

    def __init__(self, channels: int, hidden: int = 64) -> None:
        super().__init__()
        self.channels = channels
        self.kind = Head(2 * channels + NUMBERS, hidden, len(KINDS))
        self.quality = nn.Linear(1, 1)

    def forward(self, maps: list[Tensor], deep: Tensor) -> tuple[Tensor, Tensor]:
        """kind: B x len(KINDS), probabilities; quality: B, the expected IoU with the truth."""
        numbers = numbers_of(maps)
        seen = torch.cat([numbers, pooled(maps, deep)], 1)
        return self.kind(seen).softmax(1), self.quality(numbers[:, LOGIT : LOGIT + 1])[:, 0].sigmoid()


def fingerprint(network: Network) -> str:
    """Tells one trained network from another: heads fit only the one that they were trained on."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        if value.is_floating_point():
            digest.update(name.encode() + value.detach().half().contiguous().numpy().tobytes())
    return digest.hexdigest()


def state_of(verdict: Verdict, network: Network) -> dict[str, Any]:
    """What `load_verdict` takes: both heads, and which network they belong to."""
    return {
        "kinds": list(KINDS), "channels": verdict.channels, "hidden": verdict.kind.hidden.out_features,
        "network": fingerprint(network), "state": verdict.state_dict(),
    }  # fmt: skip


def load_verdict(path: Path, network: Network) -> Verdict:
    """Raises ModelError where the heads are of another network or tell other kinds apart."""
    saved = torch.load(path, weights_only=True)
    if saved["network"] != fingerprint(network):
        raise ModelError(f"{path} was trained on another network: run matteo.learning.heads on this one's weights")
    if tuple(saved["kinds"]) != KINDS:
        raise ModelError(f"{path} tells apart {', '.join(saved['kinds'])}: run matteo.learning.heads again")
    verdict = Verdict(saved["channels"], saved["hidden"])
    verdict.load_state_dict(saved["state"])
    return verdict.eval()
