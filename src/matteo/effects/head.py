"""Where a head's crown and chin are: the crown by the outline, the chin by the face."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.shape import EDGE
from matteo.errors import UsageError
from matteo.picture.colour import narrow
from matteo.picture.cutout import Cutout
from matteo.picture.geometry import resize

WORKING = 1000  # samples along the picture's long side
SMALLEST = 0.08  # of the shorter side: a face; smaller ones are in the background
CHIN = 1.08  # box heights from the box's top: where the detector's boxes have the chin, measured on portraits by eye
CROWN = 0.1, 0.75  # box heights that the crown may be above the box: without hair, and with high hair
REMEDY = "; crown and chin are not known: use crop, or place, and look yourself"


class Head(NamedTuple):
    """Rows of crown and chin and the middle's column, in pixels."""

    crown: float
    chin: float
    middle: float


def find_head(cutout: Cutout) -> Head:
    """The head of the largest subject, a face seen from the front.

    The face is found by a cascade of simple features (Viola and Jones 2001, trained by Lienhart 2002, which comes with
    OpenCV), on grey. UsageError where it finds none or several, and where the crown cannot be: cut by the photograph,
    or too high above the face for a head without a hat.
    """
    step = max(1.0, max(cutout.size_hw) / WORKING)
    size_hw = max(1, round(cutout.size_hw[0] / step)), max(1, round(cutout.size_hw[1] / step))
    alpha = resize(cutout.alpha, size_hw)
    solid = largest(alpha >= EDGE)
    left, top, width, height = _face(np.asarray(resize(narrow(cutout.rgb), size_hw), np.uint8), alpha, solid)
    above = solid[:, max(0, left - width // 4) : left + width + width // 4]
    crown = int(np.flatnonzero(above.any(1))[0])
    if crown == 0:
        raise UsageError("the photograph cuts the head at its top" + REMEDY)
    if not CROWN[0] <= (top - crown) / height <= CROWN[1]:
        raise UsageError("the outline above the face is no head's: a hat, high hair, or a part is missing" + REMEDY)
    down, across = cutout.size_hw[0] / size_hw[0], cutout.size_hw[1] / size_hw[1]
    return Head(crown * down, (top + CHIN * height) * down, (left + width / 2) * across)


def largest(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest piece that hangs together."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid.view(np.uint8), connectivity=8)
    if count < 2:
        return solid
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


def _face(rgb: NDArray[np.uint8], alpha: NDArray[Any], solid: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Left, top, width and height of the one face in the subject, before grey, so that nothing behind it counts."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    shown = np.rint(128 + (grey - np.float32(128)) * alpha).astype(np.uint8)
    folder = Path(cv2.__file__).parent / "data"
    detector = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml"))
    if detector.empty():
        raise UsageError(f"{folder}: OpenCV came without its detectors of faces; pip install opencv-python-headless")
    least = max(20, round(SMALLEST * min(grey.shape)))
    boxes = detector.detectMultiScale(shown, 1.05, 6, minSize=(least, least)) if min(grey.shape) >= least else ()
    inside = [tuple(map(int, box)) for box in boxes if solid[box[1] + box[3] // 2, box[0] + box[2] // 2]]
    if len(inside) != 1:
        found = f"{len(inside)} faces are" if inside else "no face from the front is"
        raise UsageError(f"{found} to be seen in the subject" + REMEDY)
    left, top, width, height = inside[0]
    return left, top, width, height
