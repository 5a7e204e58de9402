"""The refiner that ships: a network of its own beside those that are chosen by name, as it refines any of theirs."""

from __future__ import annotations

from matteo.models.card import ModelCard, from_json
from matteo.models.session import Session
from matteo.models.table import SHIPPED
from matteo.models.weights import weights_of

FOLDER = SHIPPED / "refiner"  # not beside the cards of the networks, or it could be chosen as one


def refiner_card() -> ModelCard:
    return from_json(FOLDER / "refiner.json")


def refiner_session(*, threads: int | None = None, provider: str = "cpu") -> Session:
    """The verified refiner, ready: its `run` is what `matting.refine.refine` asks for.

    Raises WeightsUnavailable or WeightsDamaged where the file is missing or not the one of its card.
    """
    card = refiner_card()
    return Session(weights_of(card, FOLDER / card.file), card, threads=threads, provider=provider)
