"""A film's report as one HTML page that asks nothing of any network: `--report report.html`."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

import matteo
from matteo.errors import OutputError
from matteo.matting.confidence import WORTH_A_LOOK
from matteo.video.timeline import FLICKERS, Stretch, Timeline

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 960, 150, 48, 10, 122
NO_FRAMES = '<p class="warn">No frame was cut.</p>'


def write_report(path: Path, timeline: Timeline, title: str) -> None:
    """Writes the page; it appears whole or not at all. title: what the film is called.

    Raises OutputError where it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(page(timeline, title), encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"{path}: {error.strerror}; give the report another place") from error


def page(timeline: Timeline, title: str) -> str:
    """The whole page as text."""
    # One look for all of matteo's pages; a file that is read, not code that is imported.
    style = files("matteo").joinpath("learning", "evaluation", "page.css").read_text(encoding="utf-8")
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            f"<title>{escape(title)}</title><style>{style}</style></head><body><main>",
            f"<h1>{escape(title)}</h1>",
            f'<p class="faint">matteo {escape(matteo.__version__)}</p>',
            *(_body(timeline) if timeline.stretches else [NO_FRAMES]),
            "</main></body></html>\n",
        ]
    )


def _body(timeline: Timeline) -> list[str]:
    return [
        f"<p>{escape(summary(timeline))}</p>",
        _plot(timeline, "confidence", "Confidence, the lowest of each stretch", _confidence, 1.0, WORTH_A_LOOK, 0),
        _plot(timeline, "flicker", "Flicker: what the network changes though nothing moved so", _flicker, None,
              FLICKERS, 1),
        _plot(timeline, "area", "The subject's share of the frame", _area, None, None, 2),
        '<p class="faint">Upright lines are scene cuts. The dotted line is where a look is worth while. Confidence '
        "is what overlap with the truth the network expects.</p>",
        "<h2>Seconds to look at</h2>",
        _doubts(timeline),
    ]  # fmt: skip


def summary(timeline: Timeline) -> str:
    """The film in two sentences."""
    low = sum(stretch.lowest < WORTH_A_LOOK for stretch in timeline.stretches)
    restless = sum((stretch.flicker or 0) > FLICKERS for stretch in timeline.stretches)
    cuts = "no scene cut" if timeline.cuts == 0 else f"{timeline.cuts} scene cut{'s' * (timeline.cuts > 1)}"
    parts, unit = len(timeline.stretches), f"stretches of {timeline.length_s:g} s"
    return (
        f"{timeline.frames} frames, {cuts}. Of {parts} {unit}, {low} with confidence below {WORTH_A_LOOK}, "
        f"{restless} with flicker above {FLICKERS:.0%} of the subject."
    )


def _confidence(stretch: Stretch) -> float | None:
    return stretch.lowest


def _flicker(stretch: Stretch) -> float | None:
    return stretch.flicker


def _area(stretch: Stretch) -> float | None:
    return stretch.area


def _plot(
    timeline: Timeline, name: str, caption: str, value: Callable[[Stretch], float | None], top: float | None,
    limit: float | None, colour: int,
) -> str:  # fmt: skip
    known = [(s.start_s, v) for s in timeline.stretches if (v := value(s)) is not None]
    if not known:
        return f'<p class="faint">{escape(caption)}: not measured.</p>'
    highest = top or max(0.01, 1.1 * max(v for _, v in known), (limit or 0) * 1.2)
    end_s = timeline.stretches[-1].start_s + timeline.length_s

    def x(time_s: float) -> float:
        return LEFT + time_s / end_s * (WIDTH - LEFT - 8)

    def y(v: float) -> float:
        return BOTTOM - v / highest * (BOTTOM - TOP)

    marks = [
        f'<line class="grid" x1="{LEFT}" y1="{y(v):.1f}" x2="{WIDTH - 8}" y2="{y(v):.1f}"/>'
        f'<text class="tick end" x="{LEFT - 6}" y="{y(v) + 4:.1f}">{v:.2g}</text>'
        for v in (0, highest / 2, highest)
    ]
    marks += [
        f'<text class="tick middle" x="{x(time_s):.1f}" y="{BOTTOM + 18}">{clock(time_s)}</text>'
        for time_s in np.linspace(0, end_s, 6).tolist()[:-1]
    ]
    marks += [
        f'<line class="grid" x1="{x(s.start_s):.1f}" y1="{TOP}" x2="{x(s.start_s):.1f}" y2="{BOTTOM}"/>'
        for s in timeline.stretches[1:]
        if s.cuts
    ]
    if limit is not None:
        marks.append(f'<line class="ideal" x1="{LEFT}" y1="{y(limit):.1f}" x2="{WIDTH - 8}" y2="{y(limit):.1f}"/>')
    points = " ".join(f"{x(time_s + timeline.length_s / 2):.1f},{y(v):.1f}" for time_s, v in known)
    line = f'<polyline class="line c{colour}" points="{points}"/>'
    dots = "".join(
        f'<circle class="dot c{colour}" cx="{x(time_s + timeline.length_s / 2):.1f}" cy="{y(v):.1f}" r="2.5"><title>'
        f"{clock(time_s)}: {v:.3g}</title></circle>"
        for time_s, v in known
    )
    label = escape(f"{name} over time")
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(marks)}{line}{dots}'
        f"</svg><figcaption>{escape(caption)}.</figcaption></figure>"
    )


def _doubts(timeline: Timeline) -> str:
    shown = sorted(timeline.doubts, key=lambda doubt: doubt.time_s)
    if not shown:
        return "<p>None: no frame fell below what is worth a look.</p>"
    cells = [
        f'<figure><img alt="the frame and its subject at {clock(doubt.time_s)}" '
        f'src="data:image/webp;base64,{_webp([doubt.rgb, doubt.cut])}">'
        f"<figcaption>{clock(doubt.time_s)}: {escape(', '.join(doubt.why))}</figcaption></figure>"
        for doubt in shown
    ]
    return f'<div class="plots">{"".join(cells)}</div>'


def clock(time_s: float) -> str:
    """1:02:03.4; hours only where there are some."""
    tenths = round(time_s * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{f'{hours}:{minutes:02}' if hours else minutes}:{rest // 10:02}.{rest % 10}"


def _webp(pictures: Sequence[NDArray[np.uint8]]) -> str:
    buffer = io.BytesIO()
    PilImage.fromarray(np.hstack(pictures)).save(buffer, "webp", quality=80, method=4)
    return base64.b64encode(buffer.getvalue()).decode()
