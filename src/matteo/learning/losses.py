"""The losses, as their formulas. Each gives named terms and their `total`, so that the log needs no code of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, binary_cross_entropy_with_logits, interpolate

HEAD_WEIGHTS = (0.2, 0.2, 0.3, 0.5, 1.0)  # strides 32, 16, 8, 4, 2
EDGE = 4.0
C1, C2 = 0.01**2, 0.03**2  # of SSIM, for values in [0, 1]


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


def ssim_loss(logits: Tensor, true_alpha: Tensor, kernel: int = 11) -> Tensor:
    """1 - SSIM (Wang 2004) with a box for its window: mean, contrast and structure around each pixel, then the mean."""
    alpha = logits.sigmoid()
    mean, true_mean = box_mean(alpha, kernel), box_mean(true_alpha, kernel)
    var = box_mean(alpha.square(), kernel) - mean.square()
    true_var = box_mean(true_alpha.square(), kernel) - true_mean.square()
    cov = box_mean(alpha * true_alpha, kernel) - mean * true_mean
    luminance = (2 * mean * true_mean + C1) / (mean.square() + true_mean.square() + C1)
    return 1 - (luminance * (2 * cov + C2) / (var + true_var + C2)).mean()


def matting_loss(
    heads: Sequence[Tensor], true_alpha: Tensor, head_weights: Sequence[float] = HEAD_WEIGHTS, ssim: float = 0.0
) -> dict[str, Tensor]:
    """heads: logits B x 1 x h x w from the coarsest to the finest; true_alpha: B x 1 x H x W in [0, 1].

    The truth is brought to each head's size once; no head is enlarged to the truth's, which would cost more than
    the network itself. head_weights: 0 leaves a head out. ssim: weight of the structural term on the finest head.
    """
    finest = interpolate(true_alpha, size=heads[-1].shape[-2:], mode="area")
    weight = edge_weight(finest)
    terms = {name: true_alpha.new_zeros(()) for name in ("bce", "iou")}
    for share, logits in zip(head_weights, heads, strict=True):
        if share:
            size = logits.shape[-2:]
            t, w = (interpolate(x, size=size, mode="area") for x in (finest, weight))
            terms["bce"] = terms["bce"] + share * weighted_bce(logits.float(), t, w)
            terms["iou"] = terms["iou"] + share * weighted_iou(logits.float(), t, w)
    if ssim:
        terms["ssim"] = ssim * ssim_loss(heads[-1].float(), finest)
    return terms | {"total": torch.stack(list(terms.values())).sum()}
