"""What can be asked for, as JSON: networks, looks, effects. The tables are those of the library."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from matteo.effects.preset import find, names
from matteo.effects.table import TABLE
from matteo.errors import MatteoError
from matteo.models import library
from matteo.models.card import ModelCard
from matteo.models.table import built_in
from matteo.models.weights import location
from matteo.server.cutouts.options import looks_folder

TOLD = ("name", "licence", "provenance", "commercial", "side", "trained_on", "kinds", "bytes")


def models(loaded: ModelCard) -> list[dict[str, Any]]:
    """Every network known by name. `here`: whether its weights are on this machine."""
    cards = {card.name: card for card in (*built_in().values(), *_own(), loaded)}
    return [
        {name: getattr(card, name) for name in TOLD}
        | {"here": location(card) is not None or card == loaded, "loaded": card == loaded}
        for card in cards.values()
    ]


def _own() -> list[ModelCard]:
    found = []
    for name in library.names():
        try:
            found.append(library.card_of(name))
        except MatteoError:  # a damaged card is told by `matteo models`
            continue
    return found


def presets() -> list[dict[str, Any]]:
    """Every look: {"name", "help", "rule", "look"}."""
    found = []
    for name in names(looks_folder()):
        one = find(name, looks_folder())
        look = {key: value for key, value in asdict(one.look).items() if value}
        found.append({"name": name, "help": one.help, "rule": dict(one.rule or {}), "look": look})
    return found


def effects() -> list[dict[str, Any]]:
    """Every effect: {"name", "help", "gives", "parameters"}, the last a list of what each takes, in order."""
    return [
        {
            "name": name,
            "help": entry.help,
            "gives": entry.gives,
            "parameters": [
                {
                    "name": parameter, "help": one.help, "default": one.default, "low": one.low, "high": one.high,
                    "choices": list(one.choices),
                }
                for parameter, one in entry.parameters.items()
            ],
        }
        for name, entry in TABLE.items()
        if name != "picture"  # a path of the server's machine; send background_file
    ]  # fmt: skip
