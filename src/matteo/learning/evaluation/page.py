"""The report as one HTML page that asks nothing of any network: style, plots and pictures are inside."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from matteo.learning.evaluation.contestants import Contestant
from matteo.learning.evaluation.measures import Measure
from matteo.learning.evaluation.plots import precision_recall, reliability_diagram
from matteo.learning.evaluation.summary import SetSummary, Standing
from matteo.learning.evaluation.words import (
    LEGEND,
    NO_VALUE,
    change_of,
    failures_of,
    interval_of,
    notes_of,
    pictures,
    sentence,
    time_of,
    value_of,
    verdict,
    warnings_of,
)

STYLE = Path(__file__).with_name("page.css")
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(
    models: Sequence[Contestant], summaries: Sequence[SetSummary], sheets: Mapping[str, bytes], how: Mapping[str, Any]
) -> str:
    """The whole page. sheets: {set's title: WebP bytes of its worst pictures}; how: version, date and options."""
    names = list(dict.fromkeys(name for summary in summaries for name in summary.trial.sets))
    title = f"{_listed([model.label for model in models])} on {_listed(names)}"
    body = [_set(summary, sheets.get(summary.trial.title)) for summary in summaries]
    shown = {measure.name: measure for summary in summaries for measure in summary.measures}
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            f"<title>{escape(title)}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head><body><main>",
            f"<h1>{escape(title)}</h1>",
            f'<p class="faint">matteo {escape(how["matteo"])}, {escape(how["date"][:10])}. Whole pipeline, at each '
            "picture's own size; alpha as it comes, not stretched.</p>",
            *body,
            _glossary(list(shown.values())),
            _how(models, how),
            "</main></body></html>\n",
        ]
    )


def _set(summary: SetSummary, sheet: bytes | None) -> str:
    warnings = "".join(f'<p class="warn">{escape(warning)}</p>' for warning in warnings_of(summary))
    notes = " ".join([f"{pictures(summary.pictures)}.", *notes_of(summary)])
    told = "".join(
        f'<li><span class="key c{i % 6}">{escape(s.contestant.label)}</span>: {escape(sentence(summary, s))}.</li>'
        for i, s in enumerate(summary.standings)
    )
    return "\n".join(
        [
            f"<section><h2>{escape(summary.trial.title)}</h2>",
            f'<p class="faint">{escape(notes)}</p>',
            warnings,
            f"<ul>{told}</ul>",
            _table(summary),
            _plots(summary),
            _worst(summary, sheet),
            _skipped(summary),
            "</section>",
        ]
    )


def _table(summary: SetSummary) -> str:
    heads = "".join(f'<th class="c{i % 6}">{escape(s.contestant.label)}</th>' for i, s in enumerate(summary.standings))
    rows = [_row(measure, summary.standings) for measure in summary.measures]
    rows.append(_plain_row("failures", [failures_of(summary, s) for s in summary.standings]))
    rows.append(_plain_row("time a picture, median", [time_of(s) for s in summary.standings]))
    below = "↑ higher is better, ↓ lower is better; in brackets: the 95 % interval."
    if len(summary.standings) > 1:
        first = escape(summary.standings[0].contestant.label)
        below += f" Second line: the difference to {first}; {LEGEND}."
    return (
        f'<div class="wide"><table><thead><tr><th></th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
        f'<p class="faint">{below}</p>'
    )


def _row(measure: Measure, standings: Sequence[Standing]) -> str:
    better = "↑" if measure.higher_is_better else "↓"
    cells = "".join(f"<td>{_cell(measure, standing)}</td>" for standing in standings)
    return f'<tr><th title="{escape(measure.what)}">{escape(measure.title)} {better}</th>{cells}</tr>'


def _cell(measure: Measure, standing: Standing) -> str:
    if measure.name not in standing.scores:
        return NO_VALUE
    score = standing.scores[measure.name]
    text = f"{value_of(measure, score.value)} <small>({interval_of(measure, score)})</small>"
    difference = standing.differences.get(measure.name)
    if difference:
        found = verdict(measure, difference)
        text += f'<small class="{found}">{change_of(measure, difference)}</small>'
    return text


def _plain_row(title: str, cells: Sequence[str]) -> str:
    return f"<tr><th>{escape(title)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _plots(summary: SetSummary) -> str:
    names = " ".join(
        f'<span class="key c{i % 6}">{escape(s.contestant.label)}</span>' for i, s in enumerate(summary.standings)
    )
    figures = [
        f"<figure>{precision_recall(summary.standings)}<figcaption>{names}. Each threshold of alpha gives a point; the "
        "dot is 0.5. Up and to the right is better.</figcaption></figure>"
    ]
    if any(s.reliability for s in summary.standings):
        off = ", ".join(
            f'<span class="key c{i % 6}">{s.calibration_error:.3f}</span>'
            for i, s in enumerate(summary.standings)
            if s.calibration_error is not None
        )
        figures.append(
            f"<figure>{reliability_diagram(summary.standings)}<figcaption>{names}. Does the confidence say what IoU to "
            "expect? On the dotted line it does; under it, it promises too much. Larger dots are more pictures. "
            f"Mean distance from the line: {off}.</figcaption></figure>"
        )
    return f'<div class="plots">{"".join(figures)}</div>'


def _worst(summary: SetSummary, sheet: bytes | None) -> str:
    if sheet is None:
        return ""
    first = escape(summary.standings[0].contestant.label)
    data = base64.b64encode(sheet).decode()
    some = len(summary.worst) < summary.pictures
    heading = f"The {len(summary.worst)} worst of {first}" if some else f"All pictures, the worst of {first} first"
    return (
        f"<h3>{heading}</h3>"
        '<p class="faint">Blue is missed, orange is too much.</p>'
        '<img alt="a row a picture: the picture, its true mask, the errors of each network" '
        f'src="data:image/webp;base64,{data}">'
    )


def _skipped(summary: SetSummary) -> str:
    if not summary.skipped:
        return ""
    lines = "".join(f"<li>{escape(key)}: {escape(why)}</li>" for key, why in summary.skipped.items())
    return f"<details open><summary>Not measured: {len(summary.skipped)}</summary><ul>{lines}</ul></details>"


def _glossary(measures: Sequence[Measure]) -> str:
    terms = "".join(f"<dt>{escape(m.title)}</dt><dd>{escape(m.what)}</dd>" for m in measures)
    return (
        f"<details><summary>What the scores mean</summary><dl>{terms}<dt>95 % interval</dt><dd>Where the score would "
        "lie with other pictures of this kind (bootstrap over the pictures). A difference is of the same pictures; it "
        "is called clear when its own interval leaves out 0.</dd></dl></details>"
    )


def _how(models: Sequence[Contestant], how: Mapping[str, Any]) -> str:
    told = "".join(f"<dt>{escape(key)}</dt><dd>{escape(str(value))}</dd>" for key, value in how.items())
    cards = "".join(
        f"<dt>{escape(m.label)}</dt><dd>{escape(m.card.name)}, {m.card.side} x {m.card.side}, {m.card.fit}; "
        f"trained on {escape(', '.join(m.card.trained_on) or 'what is not stated')}; "
        f"<code>{escape(m.card.checksum)}</code></dd>"
        for m in models
    )
    return f"<details><summary>How this was measured</summary><dl>{told}{cards}</dl></details>"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
