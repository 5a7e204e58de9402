"""A contact shadow: where the subject's lowest parts keep the light from the floor."""

from __future__ import annotations

import cv2
import numpy as np

from matteo.effects.subject import Box, standing_box
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha

WORKING = 400  # samples along the subject's longer side: nothing in this shadow is finer
LIFT = 0.07  # of the longer side: a part this high above the ground line throws e times less
FLAT = 0.4  # the floor is seen at a slant: its shadow is this much less high than wide
TIGHT = 0.25  # of the softness: the dark line right at the contact


def contact(cutout: Cutout, *, opacity: float = 0.7, softness: float = 0.04) -> Alpha:
    """H x W opacity; see `shadow` for the arguments.

    Each column throws as much as its lowest part is near to the ground line. Two blurs of that, one tight and one
    wide, both flattened: the core where nothing but a gap is, and the half-light around it.
    """
    box = standing_box(cutout.alpha)
    step = max(1, box.longest // WORKING)
    wide = max(softness * box.longest / step, 0.3)
    left, top, right, bottom = _reach(box, round(4 * wide + 2) * step, step, cutout.size_hw)
    small = _reduced(cutout.alpha[top:bottom, left:right], step)
    ground, longest = (box.bottom - top) / step, box.longest / step
    half, core = (_flat_blur(_thrown(small, ground, longest, FLAT * s), s) for s in (wide, TIGHT * wide))
    both = 1 - (1 - 0.75 * half) * (1 - 0.75 * core)
    large = cv2.resize(both, (both.shape[1] * step, both.shape[0] * step), interpolation=cv2.INTER_LINEAR)
    out = np.zeros(cutout.size_hw, np.float32)
    part = large[: bottom - top, : right - left]
    out[top:bottom, left:right] = np.clip(part * np.float32(opacity), 0, 1)
    return out


def _reach(box: Box, around: int, step: int, size_hw: tuple[int, int]) -> Box:
    """The part of the canvas that the shadow can reach: below and beside the lowest parts."""
    lowest = box.bottom - 5 * round(LIFT * box.longest) - around
    left, top = max(0, box.left - around), max(0, lowest)
    return Box(left, top, min(size_hw[1], box.right + around), min(size_hw[0], box.bottom + around))


def _reduced(alpha: Alpha, step: int) -> Alpha:
    height, width = alpha.shape
    even = cv2.copyMakeBorder(alpha, 0, -height % step, 0, -width % step, cv2.BORDER_CONSTANT, value=0)
    size = even.shape[1] // step, even.shape[0] // step
    return np.asarray(cv2.resize(even, size, interpolation=cv2.INTER_AREA), np.float32)


def _thrown(alpha: Alpha, ground: float, longest: float, depth: float) -> Alpha:
    """What keeps light away: in each column a piece from its lowest point a little up and down, as dark as the point
    is near to the ground."""
    height = len(alpha)
    rows = np.arange(height, dtype=np.float32)[:, None] + 0.5
    solid = alpha >= 0.5
    lowest = np.where(solid.any(axis=0), height - np.argmax(solid[::-1], axis=0), -np.inf).astype(np.float32)
    weight = np.exp(-np.maximum(ground - lowest, 0) / (LIFT * longest))
    piece = np.clip(rows - (lowest - 3 * depth) + 0.5, 0, 1) * np.clip(lowest + 0.7 * depth - rows + 0.5, 0, 1)
    return np.asarray(piece * weight, np.float32)


def _flat_blur(values: Alpha, sigma: float) -> Alpha:
    blurred = cv2.GaussianBlur(values, (0, 0), sigmaX=sigma, sigmaY=FLAT * sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32)
