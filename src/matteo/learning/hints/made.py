"""Hints as a user gives them, made for a network to learn from: some before it looks, then corrections of its errors.

Clicks that go where the network errs most while it learns: Sofiiuk, Petrov and Konushin, "Reviving Iterative Training
with Mask Guidance for Interactive Segmentation" (2022); boxes, strokes and rough masks beside them are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matteo.learning.arithmetic import normalise
from matteo.learning.augment_place import Bytes, as_bytes, subject_box
from matteo.learning.hints.scenes import Scene, scene
from matteo.learning.network import Network
from matteo.selecting.drawing import Map, Spot, disc, outside, paint, stroke

ROUNDS = (0.4, 0.3, 0.2, 0.1)  # chances of 0, 1, 2 and 3 rounds of corrections
KINDS = {"nothing": 0.2, "clicks": 0.45, "strokes": 0.15, "box": 0.15, "rough": 0.05}
STROKES = 0.3  # chance that a correction is a stroke
FORGOTTEN = 0.15  # chance that what the network found before is not shown to it
FOREIGN = 0.1  # chance that instead of it a mask of somebody else's is

Found = NDArray[np.float32]


@dataclass(frozen=True)
class Told:
    """On the network's grid. keep, drop: h x w, 0 or 1. before: alpha found until now, h x w in [0, 1]."""

    keep: Map
    drop: Map
    before: Found

    def stacked(self) -> Found:
        return np.stack([self.keep, self.drop, self.before]).astype(np.float32)


def none(size_hw: tuple[int, int]) -> Told:
    return Told(np.zeros(size_hw, np.uint8), np.zeros(size_hw, np.uint8), np.zeros(size_hw, np.float32))


def asked(
    network: Network, rgb: Tensor, mask: Tensor, rng: np.random.Generator, *, bf16: bool = False
) -> tuple[Tensor, Tensor]:
    """A batch with hints: what the network is shown (B x 6 x H x W) and what is wanted (B x 1 x H x W uint8).

    rgb, mask: B x 3 and B x 1 x H x W uint8.
    """
    pictures, masks = rgb.permute(0, 2, 3, 1).cpu().numpy(), mask[:, 0].cpu().numpy()
    others = np.roll(np.arange(len(pictures)), 1 + int(rng.integers(max(1, len(pictures) - 1))))
    scenes = [scene(pictures[i], masks[i], pictures[j], masks[j], rng) for i, j in enumerate(others)]
    rounds = int(rng.choice(len(ROUNDS), p=ROUNDS))
    hints = [first_hints(each, rng, silent=rounds > 0) for each in scenes]
    colours = normalise(torch.from_numpy(np.stack([each.rgb for each in scenes])).permute(0, 3, 1, 2).to(rgb.device))
    for _ in range(rounds):
        found = alpha_of(network, colours, hints, bf16=bf16)
        hints = [corrected(each, known, alpha, rng) for each, known, alpha in zip(scenes, hints, found, strict=True)]
    wanted = torch.from_numpy(np.stack([each.wanted for each in scenes]))[:, None]
    return shown(colours, hints), wanted.to(mask.device)


def shown(colours: Tensor, hints: list[Told]) -> Tensor:
    maps = torch.from_numpy(np.stack([each.stacked() for each in hints])).to(colours.device)
    return torch.cat([colours, maps], 1).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def alpha_of(network: Network, colours: Tensor, hints: list[Told], *, bf16: bool = False) -> Found:
    """What the network finds, B x H x W."""
    learning = network.training
    network.eval()
    with torch.autocast(colours.device.type, torch.bfloat16, enabled=bf16):
        alpha = network(shown(colours, hints)).float().sigmoid()
    network.train(learning)
    return np.asarray(alpha[:, 0].cpu().numpy(), np.float32)


def first_hints(of: Scene, rng: np.random.Generator, *, silent: bool) -> Told:
    """What a user says before anything was found. silent: it may be nothing, also where not all is wanted."""
    hints = none((of.wanted.shape[0], of.wanted.shape[1]))
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    if kind == "nothing" and not (silent or of.is_plain):
        kind = "clicks"
    wanted, others = region(of.wanted > 127), region((of.all_of_it > 127) & (of.wanted <= 127))
    if not wanted.any():
        return hints
    if kind in ("clicks", "strokes"):
        rest = region(of.wanted <= 127)
        draw = click if kind == "clicks" else line
        for _ in range(int(rng.geometric(0.5))):
            draw(hints.keep, hints.drop, wanted, rng)
        for _ in range(int(rng.geometric(0.6)) - 1):
            draw(hints.drop, hints.keep, others if others.any() and rng.random() < 0.6 else rest, rng)
    elif kind == "box":
        outside(hints.drop, hints.keep, loose_box(of.wanted, rng))
    elif kind == "rough":
        rough(hints, wanted, rng)
    if rng.random() < FOREIGN:
        return Told(hints.keep, hints.drop, foreign(of.wanted, rng))
    return hints


def corrected(of: Scene, hints: Told, alpha: Found, rng: np.random.Generator) -> Told:
    """The hints and one more, where the network errs most; with what it found, as a rule."""
    wanted, found = of.wanted > 127, alpha > 0.5
    missing, extra = region(wanted & ~found), region(found & ~wanted)
    keep, drop = hints.keep.copy(), hints.drop.copy()
    depths = [float(depth(where).max(initial=0)) for where in (missing, extra)]
    on, off, where = (keep, drop, missing) if depths[0] >= depths[1] else (drop, keep, extra)
    if max(depths) >= 2:
        (line if rng.random() < STROKES else click)(on, off, where, rng, deep=0.5)
    before = np.zeros_like(alpha) if rng.random() < FORGOTTEN else alpha
    return Told(keep, drop, before)


def click(on: Map, off: Map, where: Map, rng: np.random.Generator, *, deep: float = 0.15) -> None:
    """A point within an area, no nearer to its outline than a share `deep` of what is possible."""
    if where.any():
        disc(on, off, spot_in(where, rng, deep))


def line(on: Map, off: Map, where: Map, rng: np.random.Generator, *, deep: float = 0.15) -> None:
    """A stroke that stays within an area."""
    if not where.any():
        return
    spots = [spot_in(where, rng, deep)]
    length, angle = rng.uniform(0.15, 0.6) * np.sqrt(np.count_nonzero(where)), rng.uniform(0, 2 * np.pi)
    for _ in range(int(rng.integers(1, 4))):
        angle += rng.normal(0, 0.5)
        x, y = spots[-1]
        spots.append((x + length * np.cos(angle), y + length * np.sin(angle)))
    stroke(on, off, spots, int(rng.integers(1, 7)), as_bytes(where))


def rough(hints: Told, wanted: Map, rng: np.random.Generator) -> None:
    """Most of what is wanted painted, or most of what is not, or both."""
    which = int(rng.integers(3))
    inner, outer = depth(wanted), depth(1 - wanted)
    if which != 1:
        paint(hints.keep, hints.drop, as_bytes(inner > rng.uniform(0.1, 0.6) * inner.max()))
    if which != 0:
        paint(hints.drop, hints.keep, as_bytes(outer > rng.uniform(3, 0.15 * len(wanted))))


def loose_box(mask: Bytes, rng: np.random.Generator) -> tuple[float, float, float, float]:
    """About a subject: its sides anywhere from a fiftieth inside to an eighth outside."""
    box = subject_box(mask)
    if box is None:
        return 0.0, 0.0, float(mask.shape[1]), float(mask.shape[0])
    rows, columns = box
    more = rng.uniform(-0.02, 0.125, 4) * np.repeat([columns.stop - columns.start, rows.stop - rows.start], 2)
    return columns.start - more[0], rows.start - more[2], columns.stop + more[1], rows.stop + more[3]


def foreign(mask: Bytes, rng: np.random.Generator) -> Found:
    """A mask as somebody else would give it: too large or small, and wrong in a place."""
    size = 1 + 2 * int(rng.integers(0, max(1, len(mask) // 40)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    moved = (cv2.dilate if rng.random() < 0.5 else cv2.erode)(mask, kernel)
    given = np.asarray(moved, np.float32) / np.float32(255)
    y, x = (int(rng.integers(length)) for length in mask.shape)
    h, w = (int(rng.uniform(0.05, 0.4) * length) for length in mask.shape)
    given[y : y + h, x : x + w] = float(rng.integers(2))
    return given


def region(where: NDArray[np.bool_]) -> Map:
    return as_bytes(where)


def depth(where: Map) -> Found:
    """How far each place of an area is from its outline, in samples; the picture's border is an outline, too."""
    framed = cv2.copyMakeBorder(where, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    far: Found = np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 3), np.float32)
    return np.asarray(far[1:-1, 1:-1], np.float32)


def spot_in(where: Map, rng: np.random.Generator, deep: float) -> Spot:
    """A place of an area, where any is so deep in it as a share of its deepest."""
    far = depth(where)
    ys, xs = np.nonzero(far >= max(deep * far.max(), 1e-6))
    chosen = int(rng.integers(len(ys)))
    return float(xs[chosen]), float(ys[chosen])
