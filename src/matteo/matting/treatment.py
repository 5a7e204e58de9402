"""What a user may have done to an alpha: the options, their defaults, and what is wrong use of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from matteo.matting.edges import check_edges
from matteo.matting.offset import check_distance


def usual_edges(transparency: bool) -> str:
    """Of what is see-through the refiner, which knows hair, would make solid parts and holes."""
    return "fast" if transparency else "fine"


class Treatment(TypedDict, total=False):
    """What is done to an alpha, in the order it is done; all are left as they are by default.

    edges: a key of `matteo.matting.edges.EDGES`; by default "fine", with transparency "fast". transparency: the subject
    is see-through (glass, veil, smoke): partial alpha is kept and its colours are taken for smooth. grow, shrink: move
    the edge by so many pixels, which may be a fraction, or by per cent of the long side ("0.2%"). feather: make the
    edge softer by about so much. untint: neutralise the tint of a strongly coloured backdrop in what is left of the
    edge. keep_hidden: leave the source's colours where alpha is 0; by default they are zeroed, so that nothing of the
    background is in the file.
    """

    edges: str
    transparency: bool
    grow: float | str
    shrink: float | str
    feather: float | str
    untint: bool
    keep_hidden: bool


@dataclass(frozen=True)
class Chosen:
    """A treatment, complete and checked."""

    edges: str = ""
    transparency: bool = False
    grow: float | str = 0
    shrink: float | str = 0
    feather: float | str = 0
    untint: bool = False
    keep_hidden: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "edges", self.edges or usual_edges(self.transparency))
        check_edges(self.edges)
        for amount in (self.grow, self.shrink, self.feather):
            check_distance(amount)
