"""The small networks that ship beside those chosen by name, and work with any of them: the refiner, whose `run` is what
`matting.refine.refine` asks for, the steadier, whose `all_of` is what `video.steady` asks for, and the selector, whose
`run` is what `selecting.select.select` asks for."""

from __future__ import annotations

from matteo.models.card import ModelCard, from_json
from matteo.models.session import Session
from matteo.models.table import SHIPPED
from matteo.models.weights import weights_of

REFINER, STEADIER, SELECTOR = "refiner", "steadier", "selector"
FOLDER = SHIPPED  # each has a folder of its own there: beside the cards of the others it could be chosen as one


def companion_card(name: str) -> ModelCard:
    """name: REFINER, STEADIER or SELECTOR."""
    return from_json(FOLDER / name / f"{name}.json")


def companion(name: str, *, threads: int | None = None, provider: str = "cpu") -> Session:
    """The verified network of that name, ready.

    Raises WeightsUnavailable or WeightsDamaged where the file is missing or not the one of its card.
    """
    card = companion_card(name)
    return Session(weights_of(card, FOLDER / name / card.file), card, threads=threads, provider=provider)
