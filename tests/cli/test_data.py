"""`matteo data check`, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from matteo.learning.data import pairs_of
from tests.cli.test_remove import matteo
from tests.learning.sets import two_folders

Capture = pytest.CaptureFixture[str]


def test_a_set_that_can_be_trained_on(tmp_path: Path, capsys: Capture) -> None:
    path = two_folders(tmp_path / "set")
    assert matteo("data", "check", path, "--model", "none") == 0
    said = capsys.readouterr()
    assert "12 pairs" in " ".join(said.out.split())  # a long path breaks the line
    assert "fit to train on; 12 of 12 pictures deserve a look" in said.out  # they are small
    assert said.err == ""


def test_a_set_that_cannot(tmp_path: Path, capsys: Capture) -> None:
    path = two_folders(tmp_path / "set")
    (path / "masks" / "a03.png").unlink()
    report = tmp_path / "report"
    assert matteo("data", "check", path, "--json", "--report", report) == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["fit"] is False
    assert facts["model"] == "matteo"
    assert [f["key"] for f in facts["findings"] if f["gravity"] == "error"] == ["a03"]
    assert json.loads((report / "report.json").read_text()) == facts
    assert (report / "worst.png").stat().st_size > 1000
    assert matteo("data", "check", path, "--report", report) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert matteo("data", "check", path, "--model", "none", "--report", report, "--overwrite") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("check", "none"), 1, "no such set"),
        (("check", "set", "--against", "none"), 1, "no such set"),
        (("check", "set", "--model", "nobody"), 1, "no model named"),
        (("check", "set", "--report", "set/report"), 1, "within the set"),
        (("check", "empty"), 1, "holds no pictures"),
        (("check", "set", "--limit", "0"), 2, "See matteo data check --help"),
        (("synthesize", "set", "-o", "made.zip"), 2, "ends in .tar"),
        (("synthesize", "set", "-o", "no/made.tar"), 1, "no folder no"),
        (("synthesize", "set.tar", "-o", "set.tar", "--overwrite"), 1, "never overwritten"),
        (("pack", "set", "-o", "small.zip"), 2, "ends in .tar"),
        (("pack", "empty", "-o", "small.tar"), 1, "holds no pictures"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, arguments: tuple[str, ...], code: int, says: str
) -> None:
    two_folders(tmp_path / "set", 1)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert matteo("data", *arguments) == code
    assert says in capsys.readouterr().err


def test_another_set_is_compared_with(tmp_path: Path, capsys: Capture) -> None:
    path, test = two_folders(tmp_path / "set"), two_folders(tmp_path / "test", 2)
    assert matteo("data", "check", path, "--against", test, "--model", "none", "--json", "--limit", "6") == 0
    facts = json.loads(capsys.readouterr().out)
    assert [(f["key"], f["other"]) for f in facts["findings"] if f["kind"] == "leak"] == [("a00", "a00")]
    assert facts["pairs"] == 6


def test_made_pictures_can_be_checked_and_learned_from(tmp_path: Path, capsys: Capture) -> None:
    source, made = tmp_path / "set.tar", tmp_path / "made.tar"
    two_folders(tmp_path / "set", 8)
    with tarfile.open(source, "w") as tar:
        for folder in ("images", "masks"):
            tar.add(tmp_path / "set" / folder, folder)
    arguments = ("data", "synthesize", source, "--background", source, "-o", made, "--count", 10, "--longest", 300)
    assert matteo(*arguments) == 0
    assert matteo(*arguments) == 1
    assert "--overwrite" in capsys.readouterr().err
    pairs = list(pairs_of(made))
    assert len(pairs) == 10
    assert all(((pair.mask > 0) & (pair.mask < 255)).any() for pair in pairs)
    assert matteo("data", "check", made, "--model", "none", "--json") == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 10


def test_a_packed_set_is_the_same_set_but_small(tmp_path: Path) -> None:
    source, packed = two_folders(tmp_path / "set", 8), tmp_path / "small.tar"
    assert matteo("data", "pack", source, "-o", packed, "--longest", 64) == 0
    whole, small = list(pairs_of(source, longest=64)), list(pairs_of(packed))
    assert [pair.key for pair in small] == [pair.key for pair in whole]
    for one, other in zip(whole, small, strict=True):
        assert np.array_equal(one.mask, other.mask)
        assert one.rgb.shape == other.rgb.shape
        assert np.abs(one.rgb.astype(int) - other.rgb).mean() < 12
    assert matteo("data", "pack", source, "-o", packed) == 1
    assert not list(tmp_path.glob(".*.part"))


def test_a_set_is_checked_without_the_training_code(tmp_path: Path) -> None:
    """PyTorch is an extra; looking at a set is not."""
    path = two_folders(tmp_path / "set")
    code = f"""
import sys
from matteo.cli.main import main
try:
    main(["data", "check", {str(path)!r}, "--report", {str(tmp_path / "report")!r}])
except SystemExit as end:
    assert end.code == 0
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_the_command_keeps_numpys_matrix_threads_from_waiting() -> None:
    """Their number is told before numpy is loaded, and left as it is where somebody tells it."""
    code = "import sys, os, matteo.cli.main; print('numpy' in sys.modules, os.environ['OPENBLAS_NUM_THREADS'])"
    for given, expected in (({}, "False 1"), ({"OPENBLAS_NUM_THREADS": "3"}, "False 3")):
        env = {**{k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}, **given}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
        assert done.stdout.strip() == expected
