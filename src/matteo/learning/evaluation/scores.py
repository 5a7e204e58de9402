"""What is measured on one picture, and the columns that many pictures make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.learning.data import Pair
from matteo.learning.evaluation.overlap import boundary_iou, iou
from matteo.learning.evaluation.saliency import saliency
from matteo.learning.metrics_matting import connectivity_error, gradient_error, mse, sad
from matteo.picture.cutout import Cutout

Columns = dict[str, NDArray[np.float64]]

CURVES = ("precision", "recall", "f", "e")
NUMBERS = (
    "iou", "boundary_iou", "mae", "weighted_f", "s", "sad", "mse", "gradient", "connectivity", "confidence",
    "seconds", "network_seconds",
)  # fmt: skip
SOFT_BAND = 3  # pixels: a softness this wide is the subject's own, not an edge that was drawn smoothly
SOFT_SHARE = 0.0005  # of the picture


@dataclass(frozen=True)
class Scored:
    """One picture's scores by the names in NUMBERS (NaN: not measured) and its CURVES, each 256 long."""

    key: str
    size_hw: tuple[int, int]
    numbers: dict[str, float]
    curves: dict[str, NDArray[np.float32]]
    empty: bool  # nothing in the true mask


def score(pair: Pair, cutout: Cutout, seconds: float, soft: bool = False) -> Scored:
    """A cut-out against the truth, at the picture's own size.

    The mask counts as subject from 128 of 255 on. The errors of soft alpha (SAD, MSE, gradient, connectivity; over the
    whole picture) are measured where the true alpha is soft, everywhere with soft=True. seconds: what the cutting took.
    """
    true, pred = pair.mask > 127, cutout.alpha
    found = saliency(pred, true)
    numbers = {
        "iou": iou(pred > 0.5, true),
        "boundary_iou": boundary_iou(pred > 0.5, true),
        "mae": found.mae,
        "weighted_f": found.weighted_f,
        "s": found.s,
        "confidence": float("nan") if cutout.confidence is None else cutout.confidence,
        "seconds": seconds,
        "network_seconds": cutout.seconds["network"],
    }
    if soft or is_soft(pair.mask):
        numbers |= soft_errors(pred, pair.mask)
    curves = {name: getattr(found, name) for name in CURVES}
    return Scored(pair.key, (true.shape[0], true.shape[1]), numbers, curves, not true.any())


def soft_errors(pred: NDArray[np.float32], mask: NDArray[np.uint8]) -> dict[str, float]:
    true = mask.astype(np.float32) / np.float32(255)
    return {
        "sad": sad(pred, true),
        "mse": mse(pred, true),
        "gradient": gradient_error(pred, true),
        "connectivity": connectivity_error(pred, true),
    }


def is_soft(mask: NDArray[np.uint8]) -> bool:
    """Whether an H x W mask has see-through parts (5 to 95 %) that are wider than a smoothly drawn edge."""
    between = ((mask > 12) & (mask < 243)).astype(np.uint8)
    wide = cv2.erode(between, np.ones((SOFT_BAND, SOFT_BAND), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return bool(wide.mean() > SOFT_SHARE)


def columns(pictures: Sequence[Scored]) -> Columns:
    """{number: N values} and {curve: N x 256} of N pictures."""
    numbers = {name: np.array([p.numbers.get(name, np.nan) for p in pictures]) for name in NUMBERS}
    return numbers | {name: np.stack([p.curves[name] for p in pictures]).astype(np.float64) for name in CURVES}
