from __future__ import annotations

import os
from pathlib import Path

import pytest

from matteo.errors import OutputError, OutputExists
from matteo.learning.evaluation.folder import check_free, publish

OLD, NEW = {"report.html": b"old", "worst.png": b"x"}, {"report.html": b"new", "worst-1-a.png": b"y"}


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_appears_whole(tmp_path: Path) -> None:
    publish(NEW, tmp_path / "report")
    assert held(tmp_path / "report") == NEW
    assert os.listdir(tmp_path) == ["report"]


def test_an_earlier_report_is_replaced_only_on_demand(tmp_path: Path) -> None:
    publish(OLD, tmp_path / "report")
    with pytest.raises(OutputExists, match="--overwrite"):
        publish(NEW, tmp_path / "report")
    assert held(tmp_path / "report") == OLD
    publish(NEW, tmp_path / "report", overwrite=True)
    assert held(tmp_path / "report") == NEW
    assert os.listdir(tmp_path) == ["report"]


def test_what_is_no_report_is_never_replaced(tmp_path: Path) -> None:
    folder, file = tmp_path / "photos", tmp_path / "file"
    folder.mkdir()
    (folder / "report.html").write_bytes(b"mine")
    (folder / "holiday.jpg").write_bytes(b"dear")
    file.write_bytes(b"dear")
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    for target in (folder, file, tmp_path / "link"):
        with pytest.raises(OutputExists, match="is no report"):
            publish(NEW, target, overwrite=True)
    assert (folder / "holiday.jpg").read_bytes() == file.read_bytes() == b"dear"


def test_a_folder_inside_one_that_is_missing_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no folder"):
        check_free(tmp_path / "gone" / "report", overwrite=False)


def test_a_failure_leaves_the_old_report_and_nothing_else(tmp_path: Path) -> None:
    publish(OLD, tmp_path / "report")
    with pytest.raises(OutputError, match="cannot be written"):
        publish(NEW | {"no/such/folder.png": b"z"}, tmp_path / "report", overwrite=True)
    assert held(tmp_path / "report") == OLD
    assert os.listdir(tmp_path) == ["report"]
