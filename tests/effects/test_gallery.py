"""The gallery shows every effect and preset, with small pictures that are there."""

from __future__ import annotations

import re
from pathlib import Path

from matteo.effects.preset import names
from matteo.effects.table import TABLE

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "gallery.md").read_text(encoding="utf-8")


def test_every_effect_and_preset_is_shown() -> None:
    for name in {*TABLE, *names()} - {"transparent", "srgb"}:
        assert re.search(rf"(\*\*|--|:|=| ){re.escape(name)}\b", PAGE), name


def test_its_pictures_are_there_and_no_others_and_small() -> None:
    linked = {DOCS / name for name in re.findall(r"\]\((gallery/[^)]+)\)", PAGE)}
    assert linked == set((DOCS / "gallery").iterdir())
    assert sum(path.stat().st_size for path in linked) < 3_000_000
