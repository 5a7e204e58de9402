"""What an audit gives: findings, counts, one sentence to act on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from matteo.learning.audit.examine import Examined
from matteo.learning.audit.kinds import KINDS, Finding

SIZES = (256, 512, 1024, 2048, 4096)  # pixels on the long side
LEAST = 12


@dataclass(frozen=True)
class Audit:
    """What was found in a set.

    sizes: {class of resolution: pictures}. model: the network that was asked, None for none. least: of the pairs that
    it overlaps with least, key and IoU, whether it was sure or not. against: the sets that it was compared with.
    """

    path: Path
    pairs: int
    findings: tuple[Finding, ...]
    sizes: dict[str, int]
    model: str | None
    least: tuple[tuple[str, float], ...] = ()
    against: tuple[Path, ...] = ()

    def of(self, gravity: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.gravity == gravity)

    @property
    def verdict(self) -> str:
        """One sentence to act on."""
        errors, warnings = self.of("error"), self.of("warning")
        if errors:
            worst, count = Counter(f.kind for f in errors).most_common(1)[0]
            return f"not fit to train on: {len(errors)} errors, most of all: {KINDS[worst].title} ({count})"
        if warnings:
            pictures = len({finding.key for finding in warnings})
            return f"fit to train on; {pictures} of {self.pairs} pictures deserve a look"
        return f"fit to train on: nothing was found against its {self.pairs} pairs"

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "set": str(self.path), "pairs": self.pairs, "verdict": self.verdict, "fit": not self.of("error"),
            "model": self.model, "against": [str(path) for path in self.against], "sizes": self.sizes,
            "least_overlap": [{"key": key, "iou": round(iou, 4)} for key, iou in self.least],
            "findings": [asdict(finding) | {"gravity": finding.gravity} for finding in self.findings],
        }  # fmt: skip


def sizes_of(seen: Iterable[Examined]) -> dict[str, int]:
    """How many pictures there are of each class of resolution, by the long side in pixels."""
    counts = Counter(int(np.searchsorted(SIZES, max(each.size_hw), "right")) for each in seen if each.size_hw)
    between = [f"{a} to {b - 1}" for a, b in pairwise(SIZES)]
    names = [f"under {SIZES[0]}", *between, f"{SIZES[-1]} and more"]
    return {names[at]: counts[at] for at in sorted(counts)}


def least_of(seen: Iterable[Examined]) -> tuple[tuple[str, float], ...]:
    """The twelve pairs of the least overlap with what the network sees."""
    known = [(each.key, each.iou) for each in seen if each.iou is not None]
    return tuple(sorted(known, key=lambda pair: pair[1])[:LEAST])
