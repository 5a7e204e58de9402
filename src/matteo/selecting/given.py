"""What alpha is found from: a network's or somebody's, a trimap, hints, a screen's colour; and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matteo.errors import UsageError
from matteo.keying.screen import parse_screen
from matteo.picture.image import Alpha, Image
from matteo.picture.limits import Limits
from matteo.picture.mask import MaskSource, read_mask, read_trimap
from matteo.selecting.hints import Hints
from matteo.selecting.placed import Placed, place


@dataclass(frozen=True)
class Given:
    """From where the edges are found: a coarse alpha, a trimap, or both; what a network alone tells beside it.

    rgb: the picture on the alpha's grid, in [0, 1], where it is at hand. raw: the alpha before it was cleaned. placed:
    hints over the picture. key: the screen's colour, as it was told. by: the network's name, where it is not the chosen
    one.
    """

    alpha: Alpha | None
    trimap: NDArray[np.uint8] | None
    rgb: NDArray[np.float32] | None = None
    raw: Alpha | None = None
    confidence: float | None = None
    kind: str | None = None
    reasons: tuple[str, ...] = ()
    placed: Placed | None = None
    key: str | None = None
    by: str = ""

    @property
    def guessed(self) -> bool:
        """Whether a network found the alpha, and may be wrong."""
        return self.confidence is not None

    @property
    def model(self) -> str:
        """What stands in the chosen network's place; empty for that itself."""
        if self.guessed:
            return self.by
        return "trimap" if self.alpha is None else "mask"


def given_of(
    image: Image, mask: MaskSource | None, trimap: MaskSource | None, hints: Hints | None, key: str | None,
    limits: Limits,
) -> Given:  # fmt: skip
    """Mask, trimap and hints of a picture, read. UsageError for what does not go together."""
    if key is not None:
        parse_screen(key)
    if hints is not None and not isinstance(hints, Hints):
        raise UsageError(f"hints are a matteo.Hints, not {type(hints).__name__}: give matteo.Hints(keep=[(x, y)])")
    if hints and hints.drop and key is not None:
        raise UsageError("before a screen points to drop say nothing: give a box or a drop mask, or leave the key out")
    if trimap is not None and (hints or key is not None):
        raise UsageError(f"a trimap says what is kept and dropped already: give it, or {'hints' if hints else 'a key'}")
    return Given(
        None if mask is None else read_mask(mask, image.size_hw, limits),
        None if trimap is None else read_trimap(trimap, image.size_hw, limits),
        placed=place(hints, image.size_hw, limits) if hints else None, key=key,
    )  # fmt: skip
