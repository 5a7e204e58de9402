"""The audit in a folder: `report.json`, and contact sheets of the worst pairs and of what is there twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from matteo.errors import OutputError, OutputExists
from matteo.learning.audit.judge import Judge
from matteo.learning.audit.result import Audit
from matteo.learning.audit.sheet import Cell, cell_of, sheet
from matteo.learning.data.listing import Entry, listing
from matteo.picture.image import Image
from matteo.picture.write import publish

NAMES = ("report.json", "worst.png", "twins.png")
MOST, MOST_OF_A_KIND = 48, 12


def write_report(audit: Audit, into: Path, judge: Judge | None = None, *, overwrite: bool = False) -> list[Path]:
    """Writes the report; gives its files, the sheets only where there is something to show.

    Raises OutputExists where a report is there and `overwrite` is not set, OutputError for a folder within the set.
    """
    check_target(audit.path, into, overwrite)
    into.mkdir(parents=True, exist_ok=True)
    entries = _by_key(audit.path)
    others = {str(path): _by_key(path) for path in audit.against}
    asked = judge.card.name if judge else None
    pages = {
        "worst.png": (list(_worst(audit, entries, judge)), asked),
        "twins.png": (list(_twins(audit, entries, others)), None),
    }
    written = [into / NAMES[0]]
    publish((json.dumps(audit.facts(), indent=1) + "\n").encode(), written[0], overwrite=overwrite)
    for name, (cells, asked) in pages.items():
        if cells:
            publish(Image(sheet(cells, asked)).encode("png"), into / name, overwrite=overwrite)
            written.append(into / name)
        else:
            (into / name).unlink(missing_ok=True)  # of the report before; check_target has asked for leave
    return written


def check_target(path: Path, into: Path, overwrite: bool) -> None:
    """Raises as `write_report` would, before hours of work."""
    if into.resolve().is_relative_to(path.resolve()):
        raise OutputError(f"{into}: lies within the set, whose pictures it would join; give another folder")
    for name in NAMES:
        if (into / name).exists() and not overwrite:
            raise OutputExists(f"{into / name}: is there already; --overwrite (overwrite=True) replaces it")


def _by_key(path: Path) -> dict[str, Entry]:
    found = listing(path)
    return {entry.key: entry for entry in (*found.entries, *found.alone)}


def _worst(audit: Audit, entries: dict[str, Entry], judge: Judge | None) -> Iterator[Cell]:
    """The gravest kinds first, no kind filling the sheet, then those of least overlap; each picture once."""
    shown: Counter[str] = Counter()
    keys: set[str] = set()
    for finding in audit.findings:
        if finding.other or finding.key not in entries or finding.key in keys:
            continue
        if shown[finding.kind] < MOST_OF_A_KIND and len(keys) < MOST:
            shown[finding.kind] += 1
            keys.add(finding.key)
            yield cell_of(entries[finding.key], (finding.kind, finding.key, finding.text), judge)
    for key, iou in audit.least:
        if key not in keys:
            yield cell_of(entries[key], ("least overlap", key, f"{iou:.0%}"), judge)


def _twins(audit: Audit, entries: dict[str, Entry], others: dict[str, dict[str, Entry]]) -> Iterator[Cell]:
    """Each pair side by side."""
    shown: Counter[str] = Counter()
    for finding in audit.findings:
        shown[finding.kind] += 1
        if finding.other and shown[finding.kind] <= MOST_OF_A_KIND:
            there = others[finding.other_set] if finding.other_set else entries
            where = f"of {Path(finding.other_set).name}" if finding.other_set else "of the same set"
            yield cell_of(entries[finding.key], (finding.kind, finding.key, finding.text))
            yield cell_of(there[finding.other], ("", finding.other, where))
