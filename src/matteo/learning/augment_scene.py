"""Composition: subjects cut out by their masks and put into other pictures, so that the subject is learned and not
the place where such subjects are usually photographed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from matteo.learning.augment_place import Bytes, as_bytes, resize, subject_box
from matteo.learning.data import Pair

SHARE = (0.02, 0.75)  # of a picture, for a subject that can be moved
LEAST = 16  # pixels of its height and width


def subject_of(rgb: Bytes, mask: Bytes) -> tuple[Bytes, Bytes] | None:
    """The subject's box, mask shrunk by a pixel so that no rim of the old background comes along; None if unfit."""
    if not SHARE[0] < np.count_nonzero(mask > 127) / mask.size < SHARE[1]:
        return None
    mask = as_bytes(cv2.erode(mask, np.ones((3, 3), np.uint8)))
    box = subject_box(mask)
    if box is None or any(side.stop - side.start < LEAST for side in box):
        return None
    return rgb[box], mask[box]


@dataclass(frozen=True)
class Paste:
    """A subject put into a picture at a random size and place.

    scale: of the largest size that fits. outside: the share of the subject that may lie beyond the border, with the
    chance of it. match: how far its colours are drawn towards the scene's mean. soft: the edge's blur in pixels.
    """

    scale: tuple[float, float] = (0.3, 0.95)
    outside: float = 0.25
    outside_chance: float = 0.3
    match: tuple[float, float] = (0.0, 0.5)
    soft: tuple[float, float] = (0.4, 1.2)

    def __call__(
        self, rgb: Bytes, mask: Bytes, subject: tuple[Bytes, Bytes], rng: np.random.Generator
    ) -> tuple[Bytes, Bytes]:
        height, width = mask.shape
        scale = rng.uniform(*self.scale) * min(height / subject[1].shape[0], width / subject[1].shape[1])
        h, w = (max(8, int(length * scale)) for length in subject[1].shape)
        new, new_mask = resize(subject[0], (h, w)), resize(subject[1], (h, w))
        beyond = self.outside if rng.random() < self.outside_chance else 0.0
        top = int(rng.uniform(-beyond * h, height - h + beyond * h))
        left = int(rng.uniform(-beyond * w, width - w + beyond * w))
        y0, y1, x0, x1 = max(0, top), min(height, top + h), max(0, left), min(width, left + w)
        part, place = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)), (slice(y0, y1), slice(x0, x1))
        soft = as_bytes(cv2.GaussianBlur(new_mask, (0, 0), rng.uniform(*self.soft)))[part]
        shift = np.subtract(cv2.mean(rgb)[:3], cv2.mean(new, (new_mask > 127).astype(np.uint8))[:3])
        matched = np.clip(new[part] + np.float32(rng.uniform(*self.match)) * shift.astype(np.float32), 0, 255)
        alpha = soft[..., None] * np.float32(1 / 255)
        out, out_mask = rgb.copy(), mask.copy()
        out[place] = (matched * alpha + out[place] * (1 - alpha) + np.float32(0.5)).astype(np.uint8)
        out_mask[place] = np.maximum(out_mask[place], soft)
        return out, out_mask


@dataclass(frozen=True)
class OtherScene:
    """The subject in another scene; the picture itself where it has no subject to move."""

    scenes: Sequence[Pair] = field(repr=False)
    paste: Paste = Paste()

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        subject = subject_of(rgb, mask)
        if subject is None:
            return rgb, mask
        scene = self.scenes[int(rng.integers(len(self.scenes)))].rgb
        if rng.random() < 0.5:
            scene = as_bytes(cv2.flip(scene, 1))
        return self.paste(scene, np.zeros(scene.shape[:2], np.uint8), subject, rng)


@dataclass(frozen=True)
class SecondSubject:
    """Another picture's subject beside or over the first; both are foreground."""

    pairs: Sequence[Pair] = field(repr=False)
    paste: Paste = Paste(scale=(0.25, 0.7), outside_chance=0.5)

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        other = self.pairs[int(rng.integers(len(self.pairs)))]
        subject = subject_of(other.rgb, other.mask)
        return (rgb, mask) if subject is None else self.paste(rgb, mask, subject, rng)
