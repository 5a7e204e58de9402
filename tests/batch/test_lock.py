"""Two runs never work in one output folder; a run that dies leaves no lock behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import matteo.batch
from matteo.batch.lock import hold
from matteo.errors import BatchError, OutputError

ROOT = str(Path(matteo.batch.__file__).parents[2])
HOLD = "import sys, time; from pathlib import Path; from matteo.batch.lock import hold\n"
HOLD += "with hold(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"


def test_a_second_run_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with (
        hold(tmp_path / "cut"),
        pytest.raises(BatchError, match=rf"process {os.getpid()} on .*, since 20.*wait for it"),
        hold(tmp_path / "cut"),
    ):
        pass
    with hold(tmp_path / "cut"):
        pass
    assert list((tmp_path / "cut").iterdir()) == []  # nothing is left behind


def test_a_killed_run_frees_its_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": ROOT}) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BatchError, match=f"process {other.pid} "), hold(tmp_path):
            pass
        other.kill()
    assert (tmp_path / ".matteo.lock").exists()  # a dead run's file means nothing
    with hold(tmp_path):
        pass


def test_sister_shards_work_side_by_side_and_nobody_else(tmp_path: Path) -> None:
    with hold(tmp_path, shard=(1, 8)), hold(tmp_path, shard=(2, 8)):
        for shard in (None, (1, 8), (1, 4), (2, 4)):
            with pytest.raises(BatchError, match="another run"), hold(tmp_path, shard=shard):
                pass
    with hold(tmp_path), pytest.raises(BatchError, match="another run"), hold(tmp_path, shard=(1, 8)):
        pass


def test_an_error_inside_frees_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold(tmp_path):
        raise ZeroDivisionError
    with hold(tmp_path):
        pass


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for output in (tmp_path / "file", tmp_path / "file" / "cut", Path("/proc/cut")):
        with pytest.raises(OutputError, match="cannot be written"), hold(output):
            pass
