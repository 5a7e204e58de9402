"""CIE L*a*b* under D50 (CIE 15:2004) from linear RGB of a profile, and back: arrays in, arrays out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WHITE = np.array([0.9642, 1.0, 0.8249])
EDGE = 6 / 29


def to_lab(linear: Floats, matrix: NDArray[np.float64]) -> Floats:
    """n x 3 linear light in [0, 1] as L in [0, 100], a and b. matrix: linear RGB to XYZ under D50."""
    t = np.maximum(linear @ (matrix.T / WHITE).astype(np.float32), 0)
    f = np.where(t > EDGE**3, np.cbrt(t), t / np.float32(3 * EDGE**2) + np.float32(4 / 29))
    lab = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=-1)
    return np.asarray(lab, np.float32)


def from_lab(lab: Floats, matrix: NDArray[np.float64]) -> Floats:
    """The way back; what no colour of the profile is lies beyond [0, 1]."""
    y = (lab[:, 0] + 16) / 116
    f = np.stack([y + lab[:, 1] / 500, y, y - lab[:, 2] / 200], axis=-1)
    t = np.where(f > EDGE, f**3, np.float32(3 * EDGE**2) * (f - np.float32(4 / 29)))
    back = (np.linalg.inv(matrix).T * WHITE[:, None]).astype(np.float32)
    return np.asarray(t.astype(np.float32) @ back, np.float32)
