"""What the steadier learns from: parts of shots, in which the network looks now and then, and errs now and then.

A shot begins after a while at rest, or what slowly drifts would not be seen in so few frames. An error that is over
after a look or two is to be borne; a past that is wrong is to be given up as soon as that can be told from the former.
So both are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matteo.learning.steadier.network import Look, log_odds
from matteo.learning.steadier.seen import Shots
from matteo.video.steady import BOTH, CLOSER, WHOLE

Generator = np.random.Generator
NONE = None
# Looks, frame by frame, over and over; the first is at the whole and closer, but where there is one look a frame.
PATTERNS: tuple[tuple[float, tuple[float | None, ...]], ...] = (
    (0.60, (CLOSER, WHOLE)),
    (0.15, (NONE, CLOSER, NONE, WHOLE)),
    (0.05, (NONE, NONE, CLOSER, NONE, NONE, WHOLE)),
    (0.10, (WHOLE,)),
    (0.10, (BOTH,)),
)
SLIPS, STRANGERS = 0.05, 0.03  # of the shots
RESTS, LONGEST_REST = 0.5, 40  # share of the batches that begin at rest; frames
MISTAKEN = 0.2  # of the shots: at some frame what was known of a part is the contrary of what is true
WHOLE_SLIPS = 0.35  # of the slips: nothing of the subject is seen
NOTHING = -6.0  # log-odds


@dataclass(frozen=True)
class Batch:
    """Shots of B x T frames.

    looks: T of them, None where nobody looks. rgb: B x T x 3 x h x w in [0, 1]; true: B x T x 1 x h x w; back, trust:
    the way to the frame before, B x T x 2 and 1 x h x w. mistaken: B x T x 1 x h x w, log-odds that replace what was
    known of the frame before; 0 where they do not. rest: looks at the first frame before the shot begins, while nothing
    moves.
    """

    looks: list[Look | None]
    rgb: Tensor
    true: Tensor
    back: Tensor
    trust: Tensor
    mistaken: Tensor
    rest: list[Look | None]


def batch_of(
    shots: Shots, numbers: Sequence[int], side: int, seed: tuple[int, ...], *, plain: bool = False, rest: int = 0
) -> Batch:  # fmt: skip
    """Parts of side x side of the shots with these numbers, the same for all. plain: looks as the first pattern says,
    without errors, not mirrored, after so many at rest."""
    rng = np.random.default_rng(seed)
    height, width = shots.true.shape[2:]
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    part = np.s_[:, top : top + side, left : left + side]
    mirrored = not plain and rng.random() < 0.5

    def taken(name: str) -> Tensor:
        values = torch.from_numpy(np.stack([getattr(shots, name)[n][part] for n in numbers]).astype(np.float32))
        values = values.permute(0, 1, 4, 2, 3) if values.ndim == 5 else values[:, :, None]
        return values.flip(-1) if mirrored else values

    both, whole, closer, share, true, trust = (
        taken(name) / 255 for name in ("seen", "first", "closer", "share", "true", "trust")
    )
    everywhere, nowhere = torch.ones_like(share), torch.zeros_like(share)
    trust[:, 0] = 1  # the way to what is at rest
    back = taken("back") * torch.tensor([-1.0 if mirrored else 1.0, 1.0]).view(1, 1, 2, 1, 1)
    if not plain:
        rest = int(rng.integers(1, LONGEST_REST + 1)) if rng.random() < RESTS else 0
    kinds = pattern_of(0.0 if plain else rng.random(), rest + true.shape[1])
    told = {
        BOTH: (log_odds(both), everywhere), WHOLE: (log_odds(whole), everywhere), CLOSER: (log_odds(closer), share),
        NONE: (nowhere, nowhere),
    }  # fmt: skip
    at_rest = [None if kind is None else Look(told[kind][0][:, 0], told[kind][1][:, 0], kind) for kind in kinds[:rest]]
    kinds = kinds[rest:]
    odds, valid = (torch.stack([told[kind][n][:, t] for t, kind in enumerate(kinds)], 1) for n in range(2))
    mistaken = nowhere
    if not plain:
        odds = with_errors(odds, valid, [kind is not None for kind in kinds], rng)
        mistaken = mistakes(true, rng)
    looks = [None if kind is None else Look(odds[:, t], valid[:, t], kind) for t, kind in enumerate(kinds)]
    return Batch(looks, taken("rgb") / 255, true, back, trust, mistaken, at_rest)


def pattern_of(chance: float, frames: int) -> list[float | None]:
    """The looks of so many frames. chance: in [0, 1), which pattern."""
    ends = np.cumsum([share for share, _ in PATTERNS])
    pattern = PATTERNS[min(int(np.searchsorted(ends, chance, side="right")), len(PATTERNS) - 1)][1]
    begun = WHOLE if pattern == (WHOLE,) else BOTH
    return [begun] + [pattern[t % len(pattern)] for t in range(frames - 1)]


def with_errors(odds: Tensor, valid: Tensor, looked: Sequence[bool], rng: Generator) -> Tensor:
    """Slips: for a look or two all of a part is denied; strangers: for up to three an island is seen that is none.

    odds, valid: B x T x 1 x h x w. looked: whether the network looks at a frame.
    """
    odds, size_hw = odds.clone(), (odds.shape[-2], odds.shape[-1])
    at = [t for t, is_look in enumerate(looked) if is_look and t > 1]
    for shot in range(len(odds) if at else 0):
        if rng.random() < SLIPS:
            whole = rng.random() < WHOLE_SLIPS
            where = np.ones(size_hw, bool) if whole else _ellipse(*size_hw, rng.uniform(0.1, 0.4, 2), rng)
            denied = NOTHING + 4 * float(rng.random())
            for t in _in_a_row(at, 2, rng):
                _say(odds[shot, t, 0], valid[shot, t, 0] * denied, where, torch.minimum)
        if rng.random() < STRANGERS:
            where, claimed = _ellipse(*size_hw, rng.uniform(0.03, 0.15, 2), rng), float(rng.uniform(1, 6))
            for t in _in_a_row(at, 3, rng):
                _say(odds[shot, t, 0], valid[shot, t, 0] * claimed, where, torch.maximum)
    return odds


def _in_a_row(at: Sequence[int], longest: int, rng: Generator) -> Sequence[int]:
    first = int(rng.integers(len(at)))
    return at[first : first + int(rng.integers(1, longest + 1))]


def _say(odds: Tensor, wrong: Tensor, where: NDArray[np.bool_], of: Callable[[Tensor, Tensor], Tensor]) -> None:
    """In place, h x w: there the smaller or the larger of what was said and what is wrong."""
    odds.copy_(torch.where(torch.from_numpy(where), of(odds, wrong), odds))


def mistakes(true: Tensor, rng: Generator) -> Tensor:
    """Of some shots, at one frame, a part of what was known of the frame before: the contrary of the truth. As `Batch`
    has it."""
    mistaken = torch.zeros_like(true)
    height, width = true.shape[-2:]
    for shot in range(len(true)):
        if rng.random() < MISTAKEN:
            t = int(rng.integers(1, max(2, true.shape[1] - 3)))
            where = torch.from_numpy(_ellipse(height, width, rng.uniform(0.05, 0.4, 2), rng))
            contrary = 1 - 2 * (true[shot, t - 1, 0] > 0.5).float()
            mistaken[shot, t, 0] = where * contrary * float(rng.uniform(2, 7))
    return mistaken


def _ellipse(height: int, width: int, radii: NDArray[np.float64], rng: Generator) -> NDArray[np.bool_]:
    """radii: shares of height and width."""
    y, x = np.mgrid[:height, :width]
    down, across = (y - rng.uniform(0, height)) / (radii[0] * height), (x - rng.uniform(0, width)) / (radii[1] * width)
    return np.asarray(down**2 + across**2 < 1, bool)
