"""`matteo.remove` and `matteo.alpha`: which network they keep, and what they pass on."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import matteo
from matteo import api
from matteo.models import library
from matteo.models.card import from_json
from tests.models.small import facts, mean_network, write_network

PICTURE = np.tile(np.linspace(0, 255, 60).astype(np.uint8)[:, None], (40, 1, 3))
MASK = np.tile(np.linspace(0, 1, 60, dtype=np.float32), (40, 1))


def other_network(folder: Path) -> Path:
    """One with a card of the same name that sees all brighter, so that its alpha is higher throughout."""
    data = mean_network()
    folder.mkdir()
    (folder / "mean.onnx").write_bytes(data)
    (folder / "mean.json").write_text(json.dumps(facts(data, mean=[-2.0, -2.0, -2.0])))
    return folder / "mean.onnx"


def mean_alpha(model: str | Path) -> float:
    return float(matteo.alpha(PICTURE, model=model, edges="none", transparency=True).mean())


def test_a_replaced_network_is_taken_up_and_an_unchanged_one_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTEO_HOME", str(tmp_path / "home"))
    first, second = write_network(tmp_path), other_network(tmp_path / "other")
    library.add(first, from_json(first.with_suffix(".json")), "shop")
    before = mean_alpha("shop")
    kept = api._removers["shop"]
    assert mean_alpha("shop") == before
    assert api._removers["shop"] is kept
    library.add(second, from_json(second.with_suffix(".json")), "shop", overwrite=True)
    assert mean_alpha("shop") > before + 0.1
    library.remove("shop")
    with pytest.raises(matteo.UnknownModel):
        mean_alpha("shop")


def test_a_relative_path_is_that_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = mean_alpha(write_network(tmp_path)), mean_alpha(other_network(tmp_path / "other"))
    found = []
    for folder in (tmp_path, tmp_path / "other"):
        monkeypatch.chdir(folder)
        found.append(mean_alpha("mean.onnx"))
    assert tuple(found) == expected
    assert found[1] > found[0] + 0.1


def test_foreground_and_keep_source_are_passed_on() -> None:
    whole = matteo.remove(PICTURE, mask=MASK, edges="none")
    assert whole.source is not None
    assert (whole.rgb[:, 0] == 0).all()
    plain = matteo.remove(np.roll(PICTURE, 9, 1), mask=MASK, edges="none", foreground=False, keep_source=False)
    assert plain.source is None
    assert (plain.rgb == np.roll(PICTURE, 9, 1)).all()
    assert {"foreground", "keep_source"} <= set(inspect.signature(matteo.remove).parameters)


def test_nothing_is_kept_or_told_about_a_run(tmp_path: Path) -> None:
    """ONNX Runtime counts its sessions for its maker, from 1.32 on everywhere, in a file of the user's folder first."""
    unset = {"ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "XDG_DATA_HOME", "MATTEO_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    code = "import numpy as np, matteo; matteo.remove(np.zeros((40, 60, 3), np.uint8))"
    subprocess.run([sys.executable, "-c", code], env={**environment, "HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*")) == []
    asked = {**environment, "HOME": str(tmp_path), "ORT_DISABLE_TELEMETRY": "0"}  # who wants it is left alone
    code = "import os, matteo; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    said = subprocess.run([sys.executable, "-c", code], env=asked, check=True, capture_output=True, text=True)
    assert said.stdout == "0\n"
