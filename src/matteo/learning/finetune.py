"""From a network that knows much to one that knows your pictures too; kept only if it does better on unseen ones.

The set is split in three: pictures to learn from, some to tell when to stop, and some held out, on which both networks
are judged by the whole pipeline at the pictures' own size. What the network knows is kept by a low learning rate,
lower still in the encoder, by frozen norms, and by rehearsing pairs of what it was trained on, where they are given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from matteo.errors import UsageError
from matteo.learning.batches import Material, check_subjects
from matteo.learning.data import Entry, Pair, is_held_out, listing, load, pairs_of, trainable
from matteo.learning.evaluation.bootstrap import Estimate, estimate, resamples
from matteo.learning.export import export
from matteo.learning.journal import Journal
from matteo.learning.origin import Origin
from matteo.learning.recipes import Recipe
from matteo.learning.train import train
from matteo.learning.unfold import unfold
from matteo.learning.validation import overlap
from matteo.models import library
from matteo.models.card import ModelCard
from matteo.models.table import find
from matteo.models.weights import weights_of
from matteo.remover import Remover

RECIPE = Recipe(
    stages=((1.0, 320, 8),), muon_lr=6e-3, adam_lr=9e-4, weight_decay=0.0, warmup_steps=20, ema=0.98, empty=0.0,
    head_weights=(0.0, 0.0, 0.0, 0.0, 1.0), encoder=0.3, norms=False, rehearsed=0.5, validations=12, patience=6,
)  # fmt: skip
HELD_OUT = 0.25  # of the set, where no number is given
STOPPING = 0.15  # of the rest
LEAST = 2  # pictures of each part
REHEARSED = 1000  # pairs of a set that is rehearsed, at most
KNOWN = 40  # pairs of such a set to see whether it was forgotten
RESAMPLES = 1000


@dataclass(frozen=True)
class Split:
    """Parts of a set: to learn from, to tell when to stop, and held out until the end."""

    learn: tuple[Entry, ...]
    stop: tuple[Entry, ...]
    held_out: tuple[Entry, ...]


@dataclass(frozen=True)
class Comparison:
    """Two networks on the same pictures. before, after: (IoU at 0.5, MAE) of each picture, n x 2."""

    before: NDArray[np.float64]
    after: NDArray[np.float64]

    @property
    def is_better(self) -> bool:
        """Whether the mean IoU is higher and the mean error no higher."""
        (iou, mae), (new_iou, new_mae) = self.before.mean(0), self.after.mean(0)
        return bool(new_iou > iou and new_mae <= mae)

    @property
    def gain(self) -> Estimate:
        """Of IoU, with its 95 % interval by the bootstrap over the pictures."""
        gains = self.after[:, 0] - self.before[:, 0]
        return estimate(float(gains.mean()), resamples(len(gains), RESAMPLES) @ gains / len(gains))

    def __str__(self) -> str:
        (iou, mae), (new_iou, new_mae) = self.before.mean(0), self.after.mean(0)
        between = "" if self.gain.low is None else f" (95 %: {self.gain.low:+.4f} to {self.gain.high:+.4f})"
        return (
            f"IoU {iou:.4f} before, {new_iou:.4f} after, {self.gain.value:+.4f}{between}; "
            f"MAE {mae:.4f} before, {new_mae:.4f} after"
        )


@dataclass(frozen=True)
class Outcome:
    """own: on the pictures held out. known: on pairs of the rehearsed sets that were held out, None without any.

    card: as the library keeps it; None where the new network is not better and was not added. onnx: the run's file.
    lost: what the base tells beside alpha and the new network does not: its heads fit no other network.
    """

    own: Comparison
    known: Comparison | None
    card: ModelCard | None
    onnx: Path
    lost: tuple[str, ...] = ()


def finetune(
    own: Path, base: str | Path, name: str, run: Path, *, minutes: float | None = None, steps: int | None = None,
    rehearse: Sequence[Path] = (), held_out: int | None = None, recipe: Recipe = RECIPE,
    device: torch.device | None = None, journal: Journal | None = None, stopped: Callable[[], bool] = lambda: False,
) -> Outcome | None:  # fmt: skip
    """Trains `base` on a set of one's own and adds it to the library as `name` if it does better; None if stopped.

    own: as `pairs_of` takes it. run: a folder, with which a stopped run goes on. held_out: pictures to judge on.
    Raises DataError for a set that cannot be learned from, ModelError for a base that cannot be trained on or a name
    that is taken; then nothing was written.
    """
    library.check_name(name)
    library.check_free(name)
    card, local = find(base)
    file = weights_of(card, local)
    network = unfold(file, card)
    parts = split(trainable(own), held_out, recipe.seed)
    learn, stop = (tuple(load(entry, recipe.longest) for entry in part) for part in (parts.learn, parts.stop))
    check_subjects(learn, own)
    rehearsal = [pair for path in rehearse for pair in rehearsed(path, recipe.longest)]
    recipe = replace(
        recipe, form=network.form, stages=tuple((share, card.side, size) for share, _, size in recipe.stages),
        train=(own.name, digest((*learn, *stop)), card.checksum, *map(str, rehearse)),
    )  # fmt: skip
    judge_all = partial(judge_both, parts.held_out, [pair for path in rehearse for pair in kept_apart(path)])
    before = judge_all(Remover(base))

    journal = journal or Journal(run)
    material = Material(learn, (), rehearsal, {"stop": stop})
    train(recipe, material, run, network, minutes=minutes, steps=steps, device=device, journal=journal, stopped=stopped)
    if stopped():
        return None
    origin = Origin(
        card.licence, f"{card.name} fine-tuned on {len(learn)} pictures of {own.name}; before: {card.provenance}",
        (*card.trained_on, str(own.name)),
    )  # fmt: skip
    made = export(run / "best.pt", name, card.side, run, origin, card.fit, looks=card.looks, say=journal.say)
    after = judge_all(Remover(run / made.file))
    own_result, known = (Comparison(a, b) if len(a) else None for a, b in zip(before, after, strict=True))
    assert own_result is not None
    added = None
    if own_result.is_better:
        added = library.add(run / made.file, replace(made, commercial=card.commercial), name)
    lost = tuple(verdict for verdict in card.verdicts if verdict not in made.verdicts)
    return Outcome(own_result, known, added, run / made.file, lost)


def split(entries: Sequence[Entry], held_out: int | None, seed: int) -> Split:
    """Raises UsageError where the part held out leaves too little to learn from."""
    count = max(LEAST, round(HELD_OUT * len(entries))) if held_out is None else held_out
    stop = max(LEAST, round(STOPPING * (len(entries) - count)))
    if count < LEAST or len(entries) - count - stop < LEAST:
        raise UsageError(f"{count} of {len(entries)} pictures held out leave too few to learn from, or to judge on")
    order = np.random.default_rng(seed).permutation(len(entries))
    parts = (sorted(order[count + stop :]), sorted(order[count : count + stop]), sorted(order[:count]))
    return Split(*(tuple(entries[i] for i in part) for part in parts))


def rehearsed(path: Path, longest: int) -> Iterable[Pair]:
    """Pairs of a training set spread over it, none of those that are held out of training."""
    stride = max(1, -(-len(listing(path).entries) // REHEARSED))
    return pairs_of(path, lambda i: i % stride == 0 and not is_held_out(i), longest)


def kept_apart(path: Path) -> list[Pair]:
    """Some of the pairs of a training set that are held out of training."""
    stride = max(1, sum(map(is_held_out, range(len(listing(path).entries)))) // KNOWN)
    return list(pairs_of(path, lambda i: is_held_out(i) and i // 20 % stride == 0))


def judge_both(
    held_out: Sequence[Entry], known: Sequence[Pair], remover: Remover
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return judge(remover, map(load, held_out)), judge(remover, known)


def judge(remover: Remover, pairs: Iterable[Pair]) -> NDArray[np.float64]:
    """(IoU at 0.5, MAE) of each pair, n x 2, by the whole pipeline at its own size."""
    return np.array([overlap(remover.alpha(pair.rgb), pair.mask) for pair in pairs], np.float64).reshape(-1, 2)


def digest(pairs: Iterable[Pair]) -> str:
    """Tells one choice of pictures from another, and from the same ones with other masks."""
    found = hashlib.sha256()
    for pair in pairs:
        found.update(f"{pair.key} {pair.rgb.shape}".encode())
        found.update(np.ascontiguousarray(pair.rgb).data)
        found.update(np.ascontiguousarray(pair.mask).data)
    return found.hexdigest()[:16]
