"""kill -9 in the middle of a folder, with the real command and the shipped network."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.pictures import photograph, save

PICTURES = 12


def matteo(source: Path, cut: Path) -> list[str]:
    return [sys.executable, "-m", "matteo", str(source), "-o", str(cut), "--json", "--jobs", "1"]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.png")}


def test_a_killed_run_is_finished_without_redoing_or_losing_anything(tmp_path: Path) -> None:
    source = tmp_path / "photos"
    (source / "more").mkdir(parents=True)
    rgb = photograph("chelsea")
    for i in range(PICTURES):
        save(rgb[:, 5 * i :], source / ("more" if i % 2 else ".") / f"{i:02}.png")
    whole = tmp_path / "whole"
    subprocess.run(matteo(source, whole), check=True, capture_output=True)

    cut = tmp_path / "cut"
    running = subprocess.Popen(matteo(source, cut), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(contents(cut)) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    before = {path: path.stat().st_mtime_ns for path in cut.rglob("*.png")}
    assert 3 <= len(before) < PICTURES

    done = subprocess.run(matteo(source, cut), check=True, capture_output=True, text=True)
    statuses = [json.loads(line)["status"] for line in done.stdout.splitlines()]
    assert statuses.count("skipped") == len(before)
    assert statuses.count("done") == PICTURES - len(before)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert contents(cut) == contents(whole)
    assert not list(cut.rglob("*.part"))
