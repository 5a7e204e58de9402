"""What one mask shows by itself. Each check gives its finding in words, or None; arrays in, words out."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Rgb = NDArray[np.uint8]

TRACE = 0.0005  # share of a picture that is hardly a subject
FAINT, WHITE = 12, 230  # values up to which a pixel is as good as black, and from which as good as white
EDGE = 0.02  # width of the border that is looked at, of the shorter side
SMALL = 256  # pixels on the long side


def empty(rgb: Rgb, mask: Mask) -> str | None:
    return "no pixel of it is a subject's" if (mask > FAINT).mean() < TRACE else None


def full(rgb: Rgb, mask: Mask) -> str | None:
    return "every pixel of it is the subject's" if (mask > 127).mean() > 1 - TRACE else None


def dim(rgb: Rgb, mask: Mask) -> str | None:
    brightest = int(mask.max())
    return f"its brightest value is {brightest}" if brightest < WHITE and not empty(rgb, mask) else None


def noisy(rgb: Rgb, mask: Mask) -> str | None:
    """Values next to black and white in greater number than those between: what JPEG leaves around an edge.

    An antialiased or feathered edge has values of every height.
    """
    counts = np.bincount(mask.ravel(), minlength=256)
    near, between = int(counts[1:9].sum() + counts[247:255].sum()), int(counts[9:247].sum())
    if near < TRACE * mask.size or near <= between:
        return None
    return f"{near / mask.size:.1%} of its pixels are nearly black or nearly white"


def plateau(rgb: Rgb, mask: Mask) -> str | None:
    """One grey in place of many: areas that nobody decided."""
    counts = np.bincount(mask.ravel(), minlength=256)[30:226]
    most, soft = int(counts.max()), int(counts.sum())
    if most < 0.02 * mask.size or most < 0.6 * soft or mask.max() < WHITE:
        return None
    return f"{most / mask.size:.0%} of it is {30 + int(counts.argmax())} of 255"


def inverted(rgb: Rgb, mask: Mask) -> str | None:
    """Subjects lie inside of pictures: a mask that is white all around and less so within is suspect."""
    width = max(1, round(EDGE * min(mask.shape)))
    inside = mask[width:-width, width:-width]
    if not inside.size:
        return None
    border = (int((mask > 127).sum()) - int((inside > 127).sum())) / (mask.size - inside.size)
    within = float((inside > 127).mean())
    return f"white on {border:.0%} of its border and {within:.0%} within" if border > 0.8 > within else None


def small(rgb: Rgb, mask: Mask) -> str | None:
    return f"{mask.shape[1]} x {mask.shape[0]}" if max(mask.shape) < SMALL else None


def no_ground(rgb: Rgb, mask: Mask) -> str | None:
    """What was cut out has one colour under its transparency, and nothing of the scene is left to learn from."""
    away = cv2.erode((mask == 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if away.mean() < 0.05:
        return None
    hidden = rgb[away]
    return "one colour where alpha is 0" if (hidden.max(axis=0) == hidden.min(axis=0)).all() else None


CHECKS: dict[str, Callable[[Rgb, Mask], str | None]] = {
    "empty": empty,
    "full": full,
    "dim": dim,
    "noisy": noisy,
    "plateau": plateau,
    "inverted": inverted,
    "small": small,
}
# Of pictures whose own alpha is the mask. A product before a white wall has one colour around it by right.
OF_CUTOUTS: dict[str, Callable[[Rgb, Mask], str | None]] = {"no ground": no_ground}
