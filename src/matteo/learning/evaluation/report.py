"""The report's folder: page, pictures' numbers, scores, and the worst pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from matteo.learning.evaluation.contestants import Contestant
from matteo.learning.evaluation.facts import as_csv
from matteo.learning.evaluation.page import page
from matteo.learning.evaluation.sheet import encoded, sheet
from matteo.learning.evaluation.summary import SetSummary


def files(
    models: Sequence[Contestant], summaries: Sequence[SetSummary], found: dict[str, Any], how: dict[str, Any]
) -> dict[str, bytes]:
    """{name: bytes} of report.html, pictures.csv, scores.json and worst.png (worst-1-SET.png, … for several sets).

    found: what `facts.as_json` made; how: version, date and options.
    """
    made, embedded = {}, {}
    for number, summary in enumerate(summaries, 1):
        worst = sheet(summary.worst, [model.label for model in models])
        name = "worst.png" if len(summaries) == 1 else f"worst-{number}-{_slug(summary.trial.title)}.png"
        made[name] = encoded(worst, "png")
        embedded[summary.trial.title] = encoded(worst, "webp")
    return made | {
        "report.html": page(models, summaries, embedded, how).encode(),
        "pictures.csv": as_csv(summaries).encode(),
        "scores.json": (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode(),
    }


def _slug(title: str) -> str:
    return re.sub(r"[^\w.-]+", "-", title).strip("-")
