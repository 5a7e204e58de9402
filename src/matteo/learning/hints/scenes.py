"""What may be wanted of a picture: one of two subjects, or all of them. So hints decide, and not what is salient."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from matteo.learning.augment_place import Bytes, as_bytes, subject_box

COMPOSED = 0.6  # chance of another picture's subject in it
LARGER = 0.015  # of the picture, for a part that may be wanted by itself
SCALE = (0.35, 0.95)
APART = 0.75  # chance that one of a picture's own parts is wanted, where it has several


@dataclass(frozen=True)
class Scene:
    """rgb: H x W x 3. wanted: H x W, 255 = foreground. all_of_it: what is foreground where nobody says otherwise."""

    rgb: Bytes
    wanted: Bytes
    all_of_it: Bytes

    @property
    def is_plain(self) -> bool:
        """Whether all is wanted that would be found without a hint."""
        return self.wanted is self.all_of_it


def scene(rgb: Bytes, mask: Bytes, other: Bytes, other_mask: Bytes, rng: np.random.Generator) -> Scene:
    """A picture, with another one's subject in it or by itself, and what is wanted of it."""
    if rng.random() < COMPOSED:
        rgb, pasted = with_second(rgb, other, other_mask, rng)
        parts = [as_bytes(np.minimum(mask, 255 - pasted)), pasted]
        mask = as_bytes(np.maximum(mask, pasted))
    else:
        parts = apart(mask)
    if len(parts) < 2 or any(share(part) < LARGER for part in parts) or rng.random() < 1 - APART:
        return Scene(rgb, mask, mask)
    return Scene(rgb, parts[int(rng.integers(len(parts)))], mask)


def with_second(rgb: Bytes, other: Bytes, other_mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
    """The picture with the other's subject anywhere in it, and where that is."""
    box = subject_box(other_mask)
    height, width = other_mask.shape
    if box is None:
        return rgb, np.zeros_like(other_mask)
    scale = rng.uniform(*SCALE) * min(1.0, 0.8 * min(height, width) / max(side.stop - side.start for side in box))
    middle = [(side.start + side.stop) / 2 for side in box]
    at = [rng.uniform(0.1, 0.9) * length for length in (height, width)]
    move = np.array([[scale, 0, at[1] - scale * middle[1]], [0, scale, at[0] - scale * middle[0]]])
    size_wh = (width, height)
    thin = cv2.erode(other_mask, np.ones((3, 3), np.uint8))
    pasted = as_bytes(cv2.warpAffine(thin, move, size_wh, flags=cv2.INTER_AREA))
    moved = as_bytes(cv2.warpAffine(other, move, size_wh, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE))
    alpha = pasted[..., None] * np.float32(1 / 255)
    together = (moved * alpha + rgb * (1 - alpha) + np.float32(0.5)).astype(np.uint8)
    return together, pasted


def apart(mask: Bytes) -> list[Bytes]:
    """The larger of a mask's parts that do not touch, each by itself."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8))
    large = [i for i in range(1, count) if facts[i, cv2.CC_STAT_AREA] >= LARGER * mask.size]
    near = np.ones((3, 3), np.uint8)
    return [as_bytes(np.where(cv2.dilate((labels == i).astype(np.uint8), near), mask, 0)) for i in large]


def share(mask: Bytes) -> float:
    return float(np.count_nonzero(mask > 127) / mask.size)
