"""Alpha made steady along the paths of what it shows: what is known of a frame, and what the network sees of the next.

A small recurrent network decides between the two (`matteo.learning.steadier`): how much of the past to keep, what to
change, what to remember. Optical flow carries alpha and memory from frame to frame; what moves fast, was hidden or
changed its colour brings little trust along. Where nobody looks, the past is carried on. What look after look denies
is given up at once, whatever that network would keep: a slow change would show as a ghost.

(A recursive mean that weighed as a Kalman filter weighs was here before; docs/steadiness.md has both side by side.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.models.looks import log_odds
from matteo.picture.geometry import resize
from matteo.picture.image import Alpha
from matteo.video.flow import Motion, brought, grown, places

Floats = NDArray[np.float32]
Run = Callable[[Floats, Floats], Sequence[Floats]]  # 1 x 9 x h x w, 1 x 8 x h x w -> share, change, memory

CHANNELS, HIDDEN, MULTIPLE = 9, 8, 4  # of what the network gets of a frame, of what it remembers; of its grid's sides
LOUD = 4.0  # log-odds that it gets as 1
BOTH, WHOLE, CLOSER = 0.0, -1.0, 1.0  # looks, as it is told of them
LONG, SHORT = 12.0, 2.0  # frames that the past counts at most: where nothing moves, where it moves
STILL = 0.15  # pixels a frame of the alpha's grid: half of the way from LONG to SHORT
SURE, SURE_PAST = 1 - 0.5 / 255, 1 - 1e-4  # chances, of what is seen and of what is known, beyond which none is surer
MOST = 8.0  # log-odds
KEPT = 0.95  # the past's largest share
LARGEST = 1.0  # correction of what is seen, in log-odds: more made things unlike those it learned from half transparent
APART = 0.5  # a difference of alpha that is a contradiction, not noise


@dataclass(frozen=True)
class Past:
    """What is known up to a frame.

    alpha: h x w in [0, 1]. weight: h x w, frames that stand behind it. against: h x w, looks, one after the other, that
    contradicted it. waited: h x w, looks that what appeared there apart from the subject has lasted. hidden: 8 x h' x
    w', what the network remembers, on half of that grid.
    """

    alpha: Alpha
    weight: Floats
    against: Floats
    waited: Floats
    hidden: Floats


@dataclass(frozen=True)
class Seen:
    """What a look tells, h x w. alpha: in [0, 1]. valid: how far it saw there, in [0, 1]; None: everywhere. kind: BOTH,
    WHOLE or CLOSER."""

    alpha: Alpha
    valid: Floats | None = None
    kind: float = WHOLE


def begun(seen: Seen, small: NDArray[np.uint8], run: Run) -> Past:
    """From a first look. small: h x w x 3, the frame on that grid."""
    nothing = np.zeros_like(seen.alpha)
    hidden = np.zeros((HIDDEN, *half_of(seen.alpha.shape)), np.float32)
    return decided(Past(seen.alpha, nothing, nothing, nothing, hidden), seen, small, nothing, run)


def unsteady(seen: Seen) -> Past:
    """A look as it is."""
    nothing = np.zeros_like(seen.alpha)
    return Past(seen.alpha, nothing + 1, nothing, nothing, np.zeros((HIDDEN, 0, 0), np.float32))


def carried(past: Past, motion: Motion) -> Past:
    """The past where it is now; its weight and what is remembered fall with the trust in the way."""
    height, width = past.hidden.shape[1:]
    most = SHORT + (LONG - SHORT) / (1 + (motion.speed / np.float32(STILL)) ** 2)
    scale_xy = np.array([width / motion.trust.shape[1], height / motion.trust.shape[0]], np.float32)
    way = places(motion.back)
    weight = np.minimum(brought(past.weight, way), most) * motion.trust
    against, waited = (brought(counts, way, smooth=False) for counts in (past.against, past.waited))
    trust = resize(motion.trust, (height, width))
    small_way = places(resize(motion.back, (height, width)) * scale_xy)
    hidden = np.stack([brought(values, small_way) * trust for values in past.hidden])
    return Past(brought(past.alpha, way), weight, against, waited, hidden)


def corrected(past: Past, seen: Seen, patience: int) -> Past:
    """The past, carried to this frame, without what more than `patience` looks, one after the other, contradicted."""
    opposed = np.abs(seen.alpha - past.alpha) > APART
    against = np.where(opposed, past.against + 1, np.float32(0))
    if seen.valid is not None:
        against = np.where(seen.valid > APART, against, past.against)
    turned = against > patience
    if not turned.any():
        return replace(past, against=against)
    alpha, weight = np.where(turned, seen.alpha, past.alpha), np.where(turned, np.float32(0), past.weight)
    return replace(past, alpha=alpha, weight=weight, against=np.where(turned, np.float32(0), against))


def decided(past: Past, seen: Seen, small: NDArray[np.uint8], trust: Floats, run: Run) -> Past:
    """The past, carried to this frame, and what is seen now. trust: h x w, in the way."""
    size_hw, grid_hw = past.alpha.shape, half_of(past.alpha.shape)
    before = log_odds(past.alpha, SURE_PAST)
    before_small = log_odds(resize(past.alpha, grid_hw), SURE_PAST)
    now, now_small = log_odds(seen.alpha, SURE), log_odds(resize(seen.alpha, grid_hw), SURE)
    valid = np.ones(grid_hw, np.float32)
    if seen.valid is not None:
        valid = resize(seen.valid, grid_hw)
        now, now_small = before + seen.valid * (now - before), before_small + valid * (now_small - before_small)
    weight = resize(past.weight, grid_hw)
    colours = resize(small.astype(np.float32), grid_hw) / np.float32(255) - np.float32(0.5)
    odds = now_small / np.float32(LOUD), before_small / np.float32(LOUD)
    facts = resize(trust, grid_hw), weight / np.float32(LONG), valid, np.full(grid_hw, seen.kind, np.float32)
    frame = np.stack([*odds, *facts, *cv2.split(colours)])
    share, change, hidden = run(frame[None], past.hidden[None])
    share = grown(share[0, 0] * (np.float32(KEPT) * (weight > 0)), size_hw)
    now = now + grown(np.clip(change[0, 0], -LARGEST, LARGEST), size_hw)
    found = np.clip(now + share * (before - now), -MOST, MOST)
    alpha = np.asarray(1 / (1 + np.exp(-found)), np.float32)
    return replace(past, alpha=alpha, weight=past.weight + 1, hidden=hidden[0])


def sharpened(alpha: Alpha) -> Alpha:
    """Twice the log-odds: what was decided in doubt is shown less half transparent."""
    inside, outside = np.square(alpha), np.square(1 - alpha)
    return np.asarray(inside / (inside + outside), np.float32)


def half_of(size_hw: tuple[int, ...]) -> tuple[int, int]:
    """The network's grid for an alpha of that size: half of it, in multiples of MULTIPLE."""
    height, width = (MULTIPLE * max(1, round(length / 2 / MULTIPLE)) for length in size_hw)
    return height, width
