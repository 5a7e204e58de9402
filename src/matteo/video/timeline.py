"""What is to be said of a film over time: confidence, flicker and area by the second, and the frames most in doubt.

Memory does not grow with the film: seconds become longer stretches as they become many, and of the doubtful frames
only the worst are kept.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.matting.confidence import WORTH_A_LOOK, reasons
from matteo.picture.geometry import resize
from matteo.video.step import Memory

Bytes = NDArray[np.uint8]

MOST_STRETCHES = 600
MOST_DOUBTS = 12
APART_S = 2.0  # seconds from one frame in doubt to the next that is shown
FLICKERS = 0.1  # of the subject's area: from there on a frame is in doubt
THUMBNAIL = 240  # pixels of the long side
GREEN = (0, 150, 80)  # behind the subject


def facts_of(time_s: float, memory: Memory) -> dict[str, Any]:
    """A frame's facts, fit for JSON. confidence in [0, 1]; area: the subject's share of the frame; flicker: as a share
    of the subject's area, None where it is not known; cut: a scene begins."""
    return {
        "time_s": float(time_s),
        "confidence": float(memory.confidence),
        "area": float(memory.alpha.mean()),
        "flicker": memory.flicker if memory.since == 0 and not memory.cut else None,
        "cut": bool(memory.cut),
    }


@dataclass
class Stretch:
    """Some frames in a row. start_s: of its first; lowest: confidence; area: the mean; flicker: the strongest."""

    start_s: float
    frames: int
    lowest: float
    area: float
    flicker: float | None
    cuts: int

    def join(self, later: Stretch) -> None:
        frames = self.frames + later.frames
        self.area = (self.area * self.frames + later.area * later.frames) / frames
        self.lowest, self.frames, self.cuts = min(self.lowest, later.lowest), frames, self.cuts + later.cuts
        known = [flicker for flicker in (self.flicker, later.flicker) if flicker is not None]
        self.flicker = max(known) if known else None


@dataclass(order=True)
class Doubt:
    """A frame to look at. score: higher is worse; rgb, cut: h x w x 3, the frame and its subject before green."""

    score: float
    time_s: float
    rgb: Bytes = field(compare=False)
    cut: Bytes = field(compare=False)
    why: tuple[str, ...] = field(compare=False)


class Timeline:
    """Takes a film's frames in their order: `timeline.add(facts_of(time_s, memory), memory)`.

    Without `memory` (of frames that an earlier run made) a frame counts, but is not shown.
    """

    def __init__(self) -> None:
        self.stretches: list[Stretch] = []
        self.doubts: list[Doubt] = []
        self.length_s = 1.0

    @property
    def frames(self) -> int:
        return sum(stretch.frames for stretch in self.stretches)

    @property
    def cuts(self) -> int:
        """Scenes that begin within the film."""
        return max(0, sum(stretch.cuts for stretch in self.stretches) - 1)

    def add(self, facts: Mapping[str, Any], memory: Memory | None = None) -> None:
        one = Stretch(facts["time_s"], 1, facts["confidence"], facts["area"], facts["flicker"], int(facts["cut"]))
        if self.stretches and one.start_s // self.length_s == self.stretches[-1].start_s // self.length_s:
            self.stretches[-1].join(one)
        else:
            self.stretches.append(one)
        while len(self.stretches) > MOST_STRETCHES:
            self._halve()
        if memory is not None and doubt_of(facts) > 0:
            self._doubt(doubt_of(facts), facts, memory)

    def _halve(self) -> None:
        self.length_s *= 2
        joined: list[Stretch] = []
        for stretch in self.stretches:
            if joined and stretch.start_s // self.length_s == joined[-1].start_s // self.length_s:
                joined[-1].join(stretch)
            else:
                joined.append(stretch)
        self.stretches = joined

    def _doubt(self, score: float, facts: Mapping[str, Any], memory: Memory) -> None:
        near = [doubt for doubt in self.doubts if abs(doubt.time_s - facts["time_s"]) < APART_S]
        if any(doubt.score >= score for doubt in near):
            return
        if len(self.doubts) - len(near) >= MOST_DOUBTS and self.doubts[0].score >= score:
            return
        self.doubts = [doubt for doubt in self.doubts if doubt not in near]
        insort(self.doubts, _shown(score, facts, memory))
        del self.doubts[:-MOST_DOUBTS]


def doubt_of(facts: Mapping[str, Any]) -> float:
    """0 for a frame that needs no look; higher is worse."""
    unsure = max(0.0, WORTH_A_LOOK - facts["confidence"]) / WORTH_A_LOOK
    flickers = max(0.0, (facts["flicker"] or 0.0) - FLICKERS)
    return float(max(unsure, min(1.0, flickers)))


def _shown(score: float, facts: Mapping[str, Any], memory: Memory) -> Doubt:
    height, width = memory.full.shape
    scale = THUMBNAIL / max(height, width)
    size_hw = max(1, round(height * scale)), max(1, round(width * scale))
    rgb, alpha = resize(memory.small, size_hw), resize(memory.alpha, size_hw)[..., None]
    cut = np.rint(alpha * rgb + (1 - alpha) * np.array(GREEN, np.float32)).astype(np.uint8)
    why = reasons(memory.alpha, memory.small.astype(np.float32) / np.float32(255))
    if (facts["flicker"] or 0.0) > FLICKERS:
        why = (*why, "flickers")
    return Doubt(score, facts["time_s"], rgb, cut, (f"confidence {facts['confidence']:.2f}", *why))
