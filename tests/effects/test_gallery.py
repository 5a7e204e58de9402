"""The gallery shows every effect and preset, with small pictures that are there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from matteo.effects.preset import names
from matteo.effects.table import TABLE

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "gallery.md").read_text(encoding="utf-8")


def test_every_effect_and_preset_is_shown() -> None:
    for name in {*TABLE, *names()} - {"transparent", "srgb"}:
        assert re.search(rf"(\*\*|--|:|=| ){re.escape(name)}\b", PAGE), name


def test_the_script_shows_every_effect_and_preset() -> None:
    """As the page will have them when it is made again."""
    name = "make_gallery"
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    rows = [row for section in script.SECTIONS.values() for row in section]
    assert script.without_a_row(rows) == []
    assert script.without_a_row([]) == [name for name in TABLE if name != "srgb"]
    assert [row.options for row in script.presets()] == [f"--preset {name}" for name in names()]


def test_its_pictures_are_there_and_no_others_and_small() -> None:
    linked = {DOCS / name for name in re.findall(r"\]\((gallery/[^)]+)\)", PAGE)}
    assert linked == set((DOCS / "gallery").iterdir())
    assert sum(path.stat().st_size for path in linked) < 3_000_000
