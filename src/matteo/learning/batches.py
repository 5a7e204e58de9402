"""Batches: what is in one is decided by the recipe's seed and the step alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from matteo.errors import DataError
from matteo.learning.augment import Table, augment, table
from matteo.learning.augment_place import Bytes
from matteo.learning.backdrops import backdrops
from matteo.learning.data import Pair, is_held_out, pairs_of
from matteo.learning.network import STRIDE
from matteo.learning.recipes import Recipe
from matteo.learning.schedule import Plan

Batch: TypeAlias = tuple[Tensor, Tensor]  # rgb B x 3 x H x W uint8, mask B x 1 x H x W uint8


@dataclass(frozen=True)
class Material:
    """What is learned from, and what is only looked at.

    scenes: pictures without a subject. rehearsal: of what the network knows already and is to keep.
    """

    pairs: Sequence[Pair]
    scenes: Sequence[Pair] = ()
    rehearsal: Sequence[Pair] = ()
    validation: Mapping[str, Sequence[Pair]] = field(default_factory=dict)


def load_material(recipe: Recipe, data: Path) -> Material:
    """All of a recipe's sets, but for every 20th pair to learn from. Raises DataError where one is missing or unfit."""
    missing = [name for name in (*recipe.train, *dict(recipe.validate)) if not (data / name).exists()]
    if missing or not recipe.train:
        raise DataError(
            f"{data} lacks {', '.join(missing) or 'any set that the recipe trains on'}: give another --data"
        )

    def read(name: str, every: int = 0) -> list[Pair]:
        """To learn from, or one in so many to look at: of a set that is learned from, what is held out."""

        def wanted(i: int) -> bool:
            if not every:
                return not is_held_out(i)
            return is_held_out(i) if name in recipe.train else i % every == 0

        return list(pairs_of(data / name, wanted, recipe.longest))

    pairs = [pair for name in recipe.train for pair in read(name)]
    scenes = list(pairs_of(data / recipe.backgrounds, longest=recipe.longest)) if recipe.backgrounds else []
    scenes += backdrops(recipe.backdrops, np.random.default_rng(recipe.seed))
    check_subjects(pairs, data)
    return Material(pairs, scenes, (), {Path(name).stem: read(name, every) for name, every in recipe.validate})


def check_subjects(pairs: Sequence[Pair], origin: Path) -> None:
    """Raises DataError where the masks hold one class only: all subject, or all background."""
    shares = np.array([np.count_nonzero(pair.mask > 127) / pair.mask.size for pair in pairs])
    if (shares == 0).all() or (shares == 1).all():
        what = "background" if shares[0] == 0 else "subject"
        raise DataError(
            f"{origin}: its masks are {what} throughout, so there is nothing to tell apart; check the masks"
        )


def batch_shape(side: int, rng: np.random.Generator) -> tuple[int, int]:
    """Square half of the time, else landscape or portrait of about the same area, as photographs are."""
    longer, shorter = (max(1, round(side * f / STRIDE)) * STRIDE for f in (1.2, 0.85))
    return [(side, side), (shorter, longer), (longer, shorter)][int(rng.choice(3, p=[0.5, 0.3, 0.2]))]


def make_batch(material: Material, recipe: Recipe, part: tuple[int, int], plan: Plan, step: int) -> Batch:
    """The batch of a step. part: (i, n) gives the i-th of n equal parts of it, for several processes."""
    side, size = plan.stage_at(step)
    shape = batch_shape(side, np.random.default_rng((recipe.seed, step)))
    changes = table(shape, material.pairs, material.scenes, strength(recipe, plan, step))
    mine = range(part[0] * size // part[1], (part[0] + 1) * size // part[1])
    made = [one(material, recipe, changes, np.random.default_rng((recipe.seed, step, i))) for i in mine]
    rgb = torch.from_numpy(np.stack([rgb for rgb, _ in made])).permute(0, 3, 1, 2)
    return rgb, torch.from_numpy(np.stack([mask for _, mask in made]))[:, None]


def strength(recipe: Recipe, plan: Plan, step: int) -> float:
    """Of the augmentation at a step: calmer while the learning rate falls, where it was held before."""
    return recipe.calm if recipe.hold > 0 and step >= round(recipe.hold * plan.steps) else 1.0


def one(material: Material, recipe: Recipe, changes: Table, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
    """One picture of a batch: of the set, of what is rehearsed, or without a subject."""
    source = material.pairs
    if material.rehearsal and rng.random() < recipe.rehearsed:
        source = material.rehearsal
    elif material.scenes and rng.random() < recipe.empty:
        source = material.scenes
    pair = source[int(rng.integers(len(source)))]
    return augment(pair.rgb, pair.mask, changes, rng)
