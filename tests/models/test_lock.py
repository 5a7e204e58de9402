"""One holder at a time, whoever the others are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import matteo
from matteo.errors import OutputError
from matteo.models.lock import alone

ROOT = str(Path(matteo.__file__).parents[1])
HOLD = "import sys, time; from pathlib import Path; from matteo.models.lock import alone\n"
HOLD += "with alone(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"


def test_another_process_is_waited_for_and_one_that_is_killed_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "one.lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": ROOT}) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(OutputError, match=r"one\.lock: another process"), alone(path, patience_s=0.1):
            pass
        other.kill()
    with alone(path):
        pass


def test_it_is_freed_by_an_error_and_a_place_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyError), alone(tmp_path / "one.lock"):
        raise KeyError
    with alone(tmp_path / "one.lock", patience_s=0):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"), alone(tmp_path / "file" / "one.lock"):
        pass
