"""Where the subject of a frame is, so that what follows it is not pulled about by stray pixels."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.picture.image import Alpha

OUTSIDE = 0.002  # of the subject's area: beyond each side of its box there may be as much
LEAST = 1e-4  # of the picture: less than this is no subject
HEAD = 0.15  # of the box's height, from its top
TALL = 1.4  # a head's height by the width of its upper part


class Where(NamedTuple):
    """A subject's box, in shares of the picture's width and height. body: x with as much of it on the left as on the
    right. head: x of the middle of its uppermost part; face: y of the middle of a head as wide as that part, never
    below the middle of the box."""

    left: float
    top: float
    right: float
    bottom: float
    body: float
    head: float
    face: float

    @property
    def middle(self) -> tuple[float, float]:
        """Of the box: x and y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


EVERYWHERE = Where(0.0, 0.0, 1.0, 1.0, 0.5, 0.5, 0.5)


def where(alpha: Alpha) -> Where | None:
    """The box that holds all but little of alpha's area (quantiles of its sums by row and column, so that it moves by
    parts of pixels and a stray speck does not widen it); None where there is no subject."""
    rows, columns = (cv2.reduce(alpha, axis, cv2.REDUCE_SUM, dtype=cv2.CV_64F).ravel() for axis in (1, 0))
    if rows.sum() < LEAST * alpha.size:
        return None
    (top, _, bottom), (left, body, right) = _places(rows), _places(columns)
    first = int(top * len(rows))
    last = max(first + 1, int((top + HEAD * (bottom - top)) * len(rows)))
    head, width = _upper(alpha[first:last], body)
    face = min(top + TALL * width / 2 / len(rows), (top + bottom) / 2)
    return Where(left, top, right, bottom, body, head, face)


def _upper(alpha: Alpha, otherwise: float) -> tuple[float, float]:
    """The middle of the uppermost part, a share, and its width in pixels, were it as even as it is spread."""
    columns = cv2.reduce(alpha, 0, cv2.REDUCE_SUM, dtype=cv2.CV_64F).ravel()
    if not columns.any():
        return otherwise, 0.0
    x = np.arange(len(columns)) + 0.5
    middle = float(np.average(x, weights=columns))
    return middle / len(columns), float(np.sqrt(12 * np.average((x - middle) ** 2, weights=columns)))


def _places(sums: NDArray[Any]) -> tuple[float, float, float]:
    """Where OUTSIDE of the sums has begun, half of them, and all but OUTSIDE, in shares of the length."""
    total = np.concatenate([[0.0], np.cumsum(sums)])
    at = np.interp(total[-1] * np.array([OUTSIDE, 0.5, 1 - OUTSIDE]), total, np.arange(len(total))) / len(sums)
    return float(at[0]), float(at[1]), float(at[2])
