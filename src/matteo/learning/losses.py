"""The losses, as their formulas. Each gives named terms and their `total`, so that the log needs no code of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, binary_cross_entropy_with_logits, interpolate

HEAD_WEIGHTS = (0.2, 0.2, 0.3, 0.5, 1.0)  # strides 32, 16, 8, 4, 2
EDGE = 4.0


def box_mean(x: Tensor, kernel: int) -> Tensor:
    """Mean over a kernel x kernel box, in two passes of one dimension; the border does not count as zero."""
    half = kernel // 2
    x = avg_pool2d(x, (kernel, 1), stride=1, padding=(half, 0), count_include_pad=False)
    return avg_pool2d(x, (1, kernel), stride=1, padding=(0, half), count_include_pad=False)


def edge_weight(true_alpha: Tensor, kernel: int = 15) -> Tensor:
    """1 + 4 |mean around - alpha|: pixels that differ from their surroundings count more (Wei 2020, F3Net)."""
    return 1 + EDGE * (box_mean(true_alpha, kernel) - true_alpha).abs()


def weighted_bce(logits: Tensor, true_alpha: Tensor, weight: Tensor) -> Tensor:
    """sum w BCE / sum w, for each picture, then the mean."""
    bce = binary_cross_entropy_with_logits(logits, true_alpha, reduction="none")
    return ((weight * bce).sum((1, 2, 3)) / weight.sum((1, 2, 3))).mean()


def weighted_iou(logits: Tensor, true_alpha: Tensor, weight: Tensor) -> Tensor:
    """1 - (sum w p t + 1) / (sum w (p + t - p t) + 1), for each picture, then the mean."""
    alpha = logits.sigmoid()
    both = (weight * alpha * true_alpha).sum((1, 2, 3))
    either = (weight * (alpha + true_alpha - alpha * true_alpha)).sum((1, 2, 3))
    return (1 - (both + 1) / (either + 1)).mean()


def matting_loss(heads: Sequence[Tensor], true_alpha: Tensor) -> dict[str, Tensor]:
    """heads: logits B x 1 x h x w from the coarsest to the finest; true_alpha: B x 1 x H x W in [0, 1].

    The truth is brought to each head's size once; no head is enlarged to the truth's, which would cost more than
    the network itself.
    """
    finest = interpolate(true_alpha, size=heads[-1].shape[-2:], mode="area")
    weight = edge_weight(finest)
    bce, iou = torch.zeros(()), torch.zeros(())
    for share, logits in zip(HEAD_WEIGHTS, heads, strict=True):
        logits = logits.float()
        size = logits.shape[-2:]
        t = interpolate(finest, size=size, mode="area")
        w = interpolate(weight, size=size, mode="area")
        bce = bce + share * weighted_bce(logits, t, w)
        iou = iou + share * weighted_iou(logits, t, w)
    return {"bce": bce, "iou": iou, "total": bce + iou}
