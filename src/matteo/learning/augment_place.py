"""Augmentations of place: where the subject lies, how large, how turned. The mask goes wherever the picture goes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Box = tuple[slice, slice]


def as_bytes(array: NDArray[np.generic]) -> Bytes:
    """What OpenCV gives, under its own type."""
    return np.asarray(array, np.uint8)


def resize(array: Bytes, size_hw: tuple[int, int]) -> Bytes:
    shrinks = array.shape[0] * array.shape[1] > size_hw[0] * size_hw[1]
    return as_bytes(cv2.resize(array, size_hw[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))


def subject_box(mask: Bytes) -> Box | None:
    """The rows and columns that the subject takes; None where there is none."""
    ys, xs = np.nonzero(mask.max(1) > 127)[0], np.nonzero(mask.max(0) > 127)[0]
    return (slice(int(ys[0]), int(ys[-1]) + 1), slice(int(xs[0]), int(xs[-1]) + 1)) if len(ys) else None


@dataclass(frozen=True)
class Crop:
    """A part of the picture that keeps most of the subject, brought to size_hw: place and scale in one.

    Half of the crops are near the picture's own shape, and so squeezed as a whole picture is when the shipped network
    sees it stretched; half are near the shape asked for, and keep their proportions.
    """

    size_hw: tuple[int, int]
    area: tuple[float, float] = (0.45, 1.0)  # of the picture's
    stretch: float = 0.25  # largest change of the shape's logarithm
    whole: float = 0.3  # chance of the whole picture
    keep: float = 0.7  # of the subject's pixels
    tries: int = 4

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        box = self._box(mask, rng)
        return resize(rgb[box], self.size_hw), resize(mask[box], self.size_hw)

    def _box(self, mask: Bytes, rng: np.random.Generator) -> Box:
        height, width = mask.shape
        all_of_it = slice(0, height), slice(0, width)
        shape = height / width if rng.random() < 0.5 else self.size_hw[0] / self.size_hw[1]
        if rng.random() < self.whole:
            return all_of_it
        inside = mask > 127
        enough = self.keep * np.count_nonzero(inside)
        for _ in range(self.tries):
            area = rng.uniform(*self.area) * height * width
            aspect = shape * np.exp(rng.uniform(-self.stretch, self.stretch))
            h = int(np.clip(np.sqrt(area * aspect), height // 3, height))
            w = int(np.clip(np.sqrt(area / aspect), width // 3, width))
            top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
            box = slice(top, top + h), slice(left, left + w)
            if np.count_nonzero(inside[box]) >= enough:
                return box
        return all_of_it


@dataclass(frozen=True)
class Truncate:
    """The picture ends within the subject: one of its four sides is moved in until a part of the subject is cut off.

    cut: the share of the subject's height or width that goes.
    """

    cut: tuple[float, float] = (0.1, 0.35)

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        turns = int(rng.integers(4))
        cut = rng.uniform(*self.cut)
        rgb, mask = np.rot90(rgb, turns), np.rot90(mask, turns)
        box = subject_box(mask)
        if box is not None:
            end = box[0].stop - int(cut * (box[0].stop - box[0].start))
            if end >= mask.shape[0] // 3:
                rgb, mask = rgb[:end], mask[:end]
        return np.ascontiguousarray(np.rot90(rgb, -turns)), np.ascontiguousarray(np.rot90(mask, -turns))


@dataclass(frozen=True)
class Flip:
    """Left and right change places."""

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        return as_bytes(cv2.flip(rgb, 1)), as_bytes(cv2.flip(mask, 1))


@dataclass(frozen=True)
class Rotate:
    """Turned about the middle by up to so many degrees either way; the border is mirrored."""

    degrees: float = 15

    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        height, width = mask.shape
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-self.degrees, self.degrees), 1.0)

        def turned(array: Bytes) -> Bytes:
            return as_bytes(cv2.warpAffine(array, turn, (width, height), borderMode=cv2.BORDER_REFLECT_101))

        return turned(rgb), turned(mask)
