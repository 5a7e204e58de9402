"""What is compared: networks, each at an input size and fit, and the sets they are measured on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import get_args

from matteo.errors import DataError, UsageError
from matteo.learning.data import Entry, listing
from matteo.learning.evaluation.degrade import Degradation
from matteo.matting.edges import check_edges
from matteo.matting.treatment import Treatment
from matteo.models.card import Fit, ModelCard
from matteo.models.table import find
from matteo.models.weights import weights_of
from matteo.remover import Remover


@dataclass(frozen=True)
class Contestant:
    """A network as it is run here. label: unique in a comparison. edges: a key of EDGES, the default where None."""

    label: str
    model: str
    card: ModelCard  # with side and fit as they are used
    edges: str | None = None

    @property
    def treatment(self) -> Treatment:
        return {} if self.edges is None else {"edges": self.edges}

    def remover(self, threads: int | None = None, provider: str = "cpu") -> Remover:
        remover = Remover(self.model, threads=threads, provider=provider)
        remover.card = self.card
        return remover


@dataclass(frozen=True)
class Trial:
    """Pictures with masks, and what is done to the pictures before a network sees them.

    sets: the name of the set, or of all that are measured as one. passed_over: {key: why} of what is no pair.
    """

    sets: tuple[str, ...]
    entries: tuple[Entry, ...]
    passed_over: dict[str, str]
    degradation: Degradation | None = None

    @property
    def name(self) -> str:
        return " + ".join(self.sets)

    @property
    def title(self) -> str:
        return f"{self.name}, {self.degradation}" if self.degradation else self.name


def contestants(
    models: Sequence[str], sides: Sequence[int] = (), fits: Sequence[str] = (), edges: Sequence[str] = ()
) -> list[Contestant]:
    """Each model at each side and fit, with each kind of edges; as its card and the defaults say where none is given.

    Raises ModelError for what cannot be used, before anything is measured, and UsageError for a size that no network
    takes or a model that is named twice.
    """
    for name in edges:
        check_edges(name)
    for fit in fits:
        if fit not in get_args(Fit):
            raise UsageError(f"no fit {fit!r}: choose {' or '.join(get_args(Fit))}")
    kinds: Sequence[str | None] = edges or [None]
    cards = []
    for model in models:
        card, local = find(model)
        weights_of(card, local)  # fetched and verified now, not after an hour's work for another
        cards.append((model, card))
    names = Counter(card.name for _, card in cards)
    found = []
    for model, card in cards:
        name = card.name if names[card.name] == 1 else model
        for side, fit, kind in product(sides or [card.side], fits or [card.fit], kinds):
            _check_side(side, fit, card)
            told = [(side, sides), (fit, fits), (kind, edges)]
            label = " ".join([name, *(str(value) for value, given in told if given)])
            used: Fit = "pad" if fit == "pad" else "stretch"
            found.append(Contestant(label, model, replace(card, side=side, fit=used), kind))
    twice = [label for label, times in Counter(c.label for c in found).items() if times > 1]
    if twice:
        raise UsageError(f"{twice[0]} would be measured twice: name each model, side and fit once")
    return found


def _check_side(side: int, fit: str, card: ModelCard) -> None:
    if side < 16 or (side % card.multiple and fit == "stretch"):
        raise UsageError(f"{card.name} takes sides that are multiples of {card.multiple}, not {side}")


def trials(
    paths: Sequence[Path],
    every: int = 1,
    limit: int | None = None,
    degradations: Sequence[Degradation | None] = (None,),
) -> list[Trial]:
    """The sets at those paths (see `matteo.learning.data.listing`), each once for every degradation; None: as it is.

    every: 4 takes the first pair, the fifth, the ninth, and so on. limit: how many at most. Raises DataError for what
    holds no pair, and UsageError for a set that is named twice.
    """
    names = Counter(set_name(path) for path in paths)
    found = []
    for path in paths:
        name = set_name(path) if names[set_name(path)] == 1 else str(path)
        entries, passed_over = _pairs(path)
        entries = entries[::every][:limit]
        found += [Trial((name,), entries, passed_over, degradation) for degradation in degradations]
    twice = [title for title, times in Counter(trial.title for trial in found).items() if times > 1]
    if twice:
        raise UsageError(f"{twice[0]} would be measured twice: name each set and degradation once")
    return found


def set_name(path: Path) -> str:
    """A folder's name, a tar's without its suffix."""
    return path.resolve().name.removesuffix(".tar")


def _pairs(path: Path) -> tuple[tuple[Entry, ...], dict[str, str]]:
    found = listing(path)
    if not found.entries:
        there = "no picture has a mask" if found.alone else "holds no pictures"
        raise DataError(f"{path}: {there}; give images/ and masks/, a.jpg beside a.png, or transparent PNGs")
    passed_over = {entry.key: "has no mask: add it, or take the picture out" for entry in found.alone}
    return found.entries, passed_over | found.odd
