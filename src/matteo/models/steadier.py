"""What makes a film's alpha steady: a small recurrent network behind any of those that are chosen by name."""

from __future__ import annotations

from matteo.models.card import ModelCard, from_json
from matteo.models.session import Session
from matteo.models.table import SHIPPED
from matteo.models.weights import weights_of

FOLDER = SHIPPED / "steadier"


def steadier_card() -> ModelCard:
    return from_json(FOLDER / "steadier.json")


def steadier_session(*, threads: int | None = None, provider: str = "cpu") -> Session:
    """The verified network, ready: its `all_of` is what `video.steady` asks for.

    Raises WeightsUnavailable or WeightsDamaged where the file is missing or not the one of its card.
    """
    card = steadier_card()
    return Session(weights_of(card, FOLDER / card.file), card, threads=threads, provider=provider)
