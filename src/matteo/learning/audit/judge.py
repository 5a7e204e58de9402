"""What a network thinks of a mask: it is no authority, but where it is sure and disagrees, a person should look."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.learning.evaluation.overlap import iou
from matteo.matting.confidence import expected_iou
from matteo.models.fit import fit
from matteo.models.session import Session
from matteo.models.table import find
from matteo.models.weights import Progress, weights_of

SURE = 0.85  # the overlap that it expects of itself, from which it is listened to
APART = 0.3  # how far the overlap with the mask is below the expected one where it disagrees
INVERSE = 0.7  # overlap with the inverted mask that speaks for an inversion


@dataclass(frozen=True)
class Opinion:
    """confidence: the overlap with the truth that is to be expected, as a cut-out's: by the network's own word where it
    tells its quality, else reckoned from alpha. iou, inverse: of its mask with the given one."""

    confidence: float
    iou: float
    inverse: float

    @property
    def disagrees(self) -> bool:
        return self.confidence >= SURE and self.iou < self.confidence - APART

    @property
    def inverts(self) -> bool:
        return self.disagrees and self.inverse > INVERSE

    @property
    def contradicts_inversion(self) -> bool:
        return self.confidence >= SURE and self.iou > INVERSE


class Judge:
    """A loaded network. May be asked by several threads at once."""

    def __init__(self, model: str, threads: int | None = None, progress: Progress | None = None) -> None:
        self.card, local = find(model)
        self._session = Session(weights_of(self.card, local, progress), self.card, threads=threads)

    def alpha(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The network's own coarse alpha of an H x W x 3 picture, h x w in [0, 1]."""
        return self._look(rgb)[0]

    def opinion(self, rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Opinion:
        alpha, quality = self._look(rgb)
        given = cv2.resize(mask, alpha.shape[::-1], interpolation=cv2.INTER_AREA) > 127
        seen = alpha > 0.5
        confidence = expected_iou(alpha) if quality is None else quality
        return Opinion(confidence, iou(seen, given), iou(seen, ~given))

    def _look(self, rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float | None]:
        """Its coarse alpha, and its quality where it tells that."""
        fitted = fit(rgb, self.card)
        outputs = self._session.look(fitted.tensor)
        return fitted.coarse_alpha(outputs.alpha, self.card), outputs.quality_of()
