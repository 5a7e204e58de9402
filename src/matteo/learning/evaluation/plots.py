"""Line plots as SVG text that a page takes its colours from: classes `c0`, `c1`, … are the networks'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from matteo.learning.evaluation.calibration import Bin
from matteo.learning.evaluation.summary import Standing

WIDTH, HEIGHT = 360, 320
LEFT, TOP, RIGHT, BOTTOM = 54, 12, 342, 272  # of the plotted square
DASHES = ("", "7 3", "2 3", "9 3 2 3")
HIGHEST_START = 0.8  # an axis shows at least 0.8 to 1
SHOWN = slice(5, 251)  # thresholds 0.02 to 0.98: at the ends recall and precision are 1 or 0 for any network


@dataclass(frozen=True)
class Axes:
    """Both axes reach from `low` to 1."""

    low: float
    x_label: str
    y_label: str

    def x(self, value: float) -> float:
        return LEFT + (value - self.low) / (1 - self.low) * (RIGHT - LEFT)

    def y(self, value: float) -> float:
        return BOTTOM - (value - self.low) / (1 - self.low) * (BOTTOM - TOP)


def precision_recall(standings: Sequence[Standing]) -> str:
    """Precision over recall at the thresholds from 0.02 to 0.98, mean over the pictures; a dot at 0.5."""
    lowest = min(float(min(s.precision[SHOWN].min(), s.recall[SHOWN].min())) for s in standings)
    axes = Axes(min(HIGHEST_START, float(np.floor(lowest * 10) / 10)), "recall", "precision")
    parts = []
    for index, s in enumerate(standings):
        points = [(axes.x(r), axes.y(p)) for p, r in zip(s.precision[SHOWN], s.recall[SHOWN], strict=True)]
        middle = axes.x(s.recall[127]), axes.y(s.precision[127])  # entry i is the threshold (255 - i) / 255
        parts += [_line(points, index), _dot(middle, 4, index, f"{s.contestant.label}, alpha cut at 0.5")]
    return _svg("Precision over recall", axes, parts)


def reliability_diagram(standings: Sequence[Standing]) -> str:
    """Mean IoU over mean confidence in ten bins; a dot's area is its share of the pictures."""
    axes = Axes(0.0, "confidence that was given", "IoU that was reached")
    ideal = f'<line class="ideal" x1="{LEFT}" y1="{BOTTOM}" x2="{RIGHT}" y2="{TOP}"/>'
    parts = [ideal]
    for index, s in enumerate(standings):
        pictures = sum(b.pictures for b in s.reliability)
        points = [(axes.x(b.confidence), axes.y(b.iou)) for b in s.reliability]
        parts.append(_line(points, index))
        for point, b in zip(points, s.reliability, strict=True):
            parts.append(_dot(point, 2 + 10 * (b.pictures / pictures) ** 0.5, index, _told(s.contestant.label, b)))
    return _svg("IoU over confidence", axes, parts)


def _told(label: str, b: Bin) -> str:
    return f"{label}: {b.pictures} pictures, confidence {b.confidence:.2f}, IoU {b.iou:.2f}"


def _line(points: Sequence[tuple[float, float]], index: int) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = DASHES[index % len(DASHES)]
    return f'<polyline class="line c{index % 6}" points="{path}"' + (
        f' stroke-dasharray="{dashes}"/>' if dashes else "/>"
    )


def _dot(at_xy: tuple[float, float], radius: float, index: int, title: str) -> str:
    x, y = at_xy
    return (
        f'<circle class="dot c{index % 6}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">'
        f"<title>{escape(title)}</title></circle>"
    )


def _svg(title: str, axes: Axes, parts: Sequence[str]) -> str:
    frame = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        *_grid(axes),
        f'<text class="label" x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 8}">{escape(axes.x_label)}</text>',
        f'<text class="label" transform="translate(12 {(TOP + BOTTOM) / 2}) rotate(-90)">{escape(axes.y_label)}</text>',
    ]
    return "\n".join([*frame, *parts, "</svg>"])


def _grid(axes: Axes) -> list[str]:
    lines = []
    step = 0.2 if axes.low < 0.5 else 0.1 if axes.low < 0.8 else 0.05
    for value in np.arange(1, axes.low - 1e-9, -step).tolist():
        x, y = axes.x(value), axes.y(value)
        number = f"{max(value, 0):.2f}" if step < 0.1 else f"{max(value, 0):.1f}"
        lines += [
            f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{BOTTOM}"/>',
            f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{RIGHT}" y2="{y:.1f}"/>',
            f'<text class="tick middle" x="{x:.1f}" y="{BOTTOM + 16}">{number}</text>',
            f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">{number}</text>',
        ]
    return lines
