"""A drop shadow: the subject's shape, shifted and blurred, as on a wall right behind it."""

from __future__ import annotations

import math

import numpy as np

from matteo.effects.shape import moved, softened
from matteo.effects.subject import box_or_all
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha


def drop(
    cutout: Cutout, *, opacity: float = 0.35, softness: float = 0.02, angle: float = 150, length: float = 0.03
) -> Alpha:
    """H x W opacity; see `shadow` for the arguments."""
    box = box_or_all(cutout.alpha)
    away = length * box.height
    across, down = away * math.sin(math.radians(angle)), -away * math.cos(math.radians(angle))
    shifted = moved(cutout.alpha, across, down) if length else cutout.alpha
    return np.asarray(softened(shifted, softness * box.longest) * np.float32(opacity), np.float32)
