"""How far an alpha can be trusted, from the alpha alone."""

from __future__ import annotations

import numpy as np

from matteo.picture.image import Alpha


def expected_iou(alpha: Alpha) -> float:
    """The overlap with the truth that the network itself expects, 0 to 1.

    Alpha is read as each pixel's chance p of being the subject's. Of the mask {p > 1/2}, the sum of p inside is the
    expected intersection with the truth; the mask's area plus the sum of p outside is the expected union
    (Nowozin 2014).
    1 for a crisp matte, low for a veil, 0 where there is no subject at all.
    """
    inside = alpha > 0.5
    area = float(np.count_nonzero(inside))
    if area == 0:
        return 0.0
    intersection = float(alpha[inside].sum(dtype=np.float64))
    outside = float(alpha.sum(dtype=np.float64)) - intersection
    return intersection / (area + outside)
