"""The files under deploy/ name what there is: settings, extras, paths."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from matteo.server.settings import Settings, settings_from, variable

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "deploy").iterdir())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"\bMATTEO_[A-Z_]+", path.read_text(encoding="utf-8")))
    assert named
    assert named <= {variable(one.name) for one in fields(Settings)}


def test_the_compose_files_settings_make_sense() -> None:
    """Two workers over PostgreSQL, at the address that the other service has."""
    text = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    said = dict(re.findall(r"^ +(MATTEO_[A-Z_]+): \"?([^\"\n]*)\"?$", text, re.MULTILINE))
    found = settings_from({name: re.sub(r"\$\{(\w+):\?[^}]*\}", "a", value) for name, value in said.items()})
    assert (found.workers, found.jobs_url) == (2, "postgresql://matteo:a@database/matteo")
    assert re.search(r"^  database:\n    image: postgres:\d+", text, re.MULTILINE)
    assert "MATTEO_WORKERS" in said


def test_the_image_has_the_extras_that_there_are() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    wanted = re.search(r'pip install --no-cache-dir "\.\[([a-z,]+)\]"', (ROOT / "deploy" / "Dockerfile").read_text())
    assert wanted is not None
    assert {"server", "postgres"} <= set(wanted[1].split(",")) <= set(extras)
