"""How well a network does while it is trained: quick scores and a sheet to look at. The report is `evaluate`'s."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from matteo.learning.arithmetic import normalise
from matteo.learning.augment_place import Bytes, as_bytes
from matteo.learning.data import Pair
from matteo.learning.evaluation.overlap import iou
from matteo.learning.network import Network
from matteo.picture.image import Alpha

SHOWN = 6  # pairs of a set on the sheet
TILE = 160  # pixels


@dataclass(frozen=True)
class Validation:
    """scores: "<set> iou" (at alpha 0.5) and "<set> mae", means over the pictures. sheet: picture, mask, alpha; RGB."""

    scores: dict[str, float]
    sheet: Bytes | None

    @property
    def score(self) -> float:
        """One number, higher is better: the mean of IoU - MAE over the sets."""
        signs = [value if name.endswith(" iou") else -value for name, value in self.scores.items()]
        return 2 * float(np.mean(signs)) if signs else 0.0


def validate(network: Network, sets: Mapping[str, Sequence[Pair]], side: int) -> Validation:
    """The network on pairs at their own size, through side x side pixels, in fp32."""
    scores: dict[str, float] = {}
    rows: list[Bytes] = []
    for name, pairs in sets.items():
        found = []
        for i, pair in enumerate(pairs):
            alpha = alpha_of(network, pair.rgb, side)
            found.append(overlap(alpha, pair.mask))
            if i < SHOWN:
                rows.append(row(pair, alpha))
        means = np.mean(found, axis=0)
        scores |= {f"{name} iou": float(means[0]), f"{name} mae": float(means[1])}
    return Validation(scores, np.vstack(rows) if rows else None)


def alpha_of(network: Network, rgb: Bytes, side: int) -> Alpha:
    """H x W alpha of a picture, which the network sees as side x side pixels."""
    network.eval()
    device = next(network.parameters()).device
    small = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA)
    with torch.inference_mode():
        x = normalise(torch.from_numpy(small).permute(2, 0, 1)[None].to(device))
        alpha = network(x).sigmoid()[0, 0].float().cpu().numpy()
    return np.asarray(cv2.resize(alpha, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def overlap(alpha: Alpha, mask: Bytes) -> tuple[float, float]:
    """IoU at 0.5, and mean absolute error."""
    return iou(alpha > 0.5, mask > 127), float(np.abs(alpha - mask.astype(np.float32) / 255).mean())


def row(pair: Pair, alpha: NDArray[np.float32]) -> Bytes:
    """Picture, mask and alpha side by side, each in a square of TILE pixels."""
    grey = (np.repeat(array[..., None], 3, axis=2) for array in (pair.mask, np.rint(alpha * 255).astype(np.uint8)))
    return np.hstack([tile(as_bytes(array)) for array in (pair.rgb, *grey)])


def tile(rgb: Bytes) -> Bytes:
    height, width = rgb.shape[:2]
    scale = TILE / max(height, width)
    small = cv2.resize(rgb, (max(1, int(width * scale)), max(1, int(height * scale))), interpolation=cv2.INTER_AREA)
    out = np.full((TILE, TILE, 3), 40, np.uint8)
    out[: small.shape[0], : small.shape[1]] = small
    return out
