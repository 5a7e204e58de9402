"""Runs that are killed, that meet each other, or that fill the disk; each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import matteo.batch

from .conftest import Tree, files_under

ROOT = Path(matteo.batch.__file__).parents[2]
PROGRAM = """
import os, sys, time
from pathlib import Path
from matteo.batch.engine import run
from matteo.batch.lock import hold
from matteo.batch.manifest import Manifest
from matteo.batch.plan import plan_folder
from matteo.errors import MatteoError
from tests.batch.conftest import invert

photos, output, calls, wait, padding = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], *map(float, sys.argv[4:6])

def kill_at(event, args, links=[]):
    if event == "os.link" and args[1].endswith(".png"):
        links.append(args)
        if len(links) == int(os.environ["KILL_AT"]):
            os.kill(os.getpid(), 9)

if "KILL_AT" in os.environ:
    sys.addaudithook(kill_at)

def make(job, data):
    side = os.open(calls, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(side, job.name.encode() + b"\\n")
    os.close(side)
    time.sleep(wait)
    made = invert(job, data)
    return type(made)(made.data + bytes(int(padding)), made.facts)

try:
    with hold(output):
        for record in run(plan_folder(photos, output), make, workers=2, manifest=Manifest(output), model="m"):
            print(record.status, record.name, record.error or "", flush=True)
except MatteoError as error:
    sys.exit(type(error).__name__ + ": " + str(error))
"""
NAMES = [f"{number % 4}/{number:02}.{'jpg' if number % 3 else 'png'}" for number in range(40)]


def command(photos: Path, output: Path, calls: Path, *, wait: float = 0.0, padding: int = 0) -> list[str]:
    return [sys.executable, "-c", PROGRAM, *map(str, (photos, output, calls, wait, padding))]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parents[2]}"}


def finish(line: list[str], **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, env={**environment(), **extra}, capture_output=True, text=True, check=False)


def outputs(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_under(folder) if name.endswith(".png")}


def test_killed_again_and_again_it_finishes_and_makes_nothing_twice(tree: Tree, tmp_path: Path) -> None:
    photos, calls = tree(*NAMES), tmp_path / "calls"
    assert finish(command(photos, tmp_path / "unbroken", tmp_path / "other")).returncode == 0
    begun: list[str] = []
    for kill in range(4):
        done = outputs(tmp_path / "cut") if kill else {}
        with subprocess.Popen(command(photos, tmp_path / "cut", calls, wait=0.02), env=environment()) as process:
            deadline = time.monotonic() + 60
            while len(begun) < 8 * (kill + 1) and time.monotonic() < deadline:
                time.sleep(0.005)
                begun = calls.read_text().split() if calls.exists() else []
            process.kill()
        begun = calls.read_text().split()
        assert done.items() <= outputs(tmp_path / "cut").items()  # nothing that was there is lost or changed
    finished = finish(command(photos, tmp_path / "cut", calls))
    assert finished.returncode == 0, finished.stderr
    assert "failed" not in finished.stdout
    assert finished.stdout.count("skipped") == 40 - (len(calls.read_text().split()) - len(begun))
    assert outputs(tmp_path / "cut") == outputs(tmp_path / "unbroken")
    again = calls.read_text().split()
    assert set(again) == set(NAMES)
    assert len(again) <= 40 + 4 * 2  # at most the two that each kill hit at work were begun again
    assert not (tmp_path / "cut" / ".matteo.lock").exists()


def test_killed_between_the_outputs_name_and_the_end_of_the_other_one(tree: Tree, tmp_path: Path) -> None:
    """The output is whole, and lies aside as well, under the name that it had before."""
    line = command(tree(*NAMES[:4]), tmp_path / "cut", tmp_path / "calls")
    assert finish(line).returncode == 0
    done = sorted(outputs(tmp_path / "cut"))
    first = tmp_path / "cut" / done[0]
    os.link(first, first.with_name(f".{first.name}.0123abcd.part"))
    finished = finish(line)
    assert finished.stdout.count("skipped") == 4
    assert files_under(tmp_path / "cut") == {*done, "matteo-manifest.jsonl"}


def test_killed_between_line_and_output_it_makes_that_output(tree: Tree, tmp_path: Path) -> None:
    """The instant at which the manifest names an output that lies still aside, under another name."""
    line = command(tree(*NAMES), tmp_path / "cut", tmp_path / "calls")
    assert finish(line, KILL_AT="5").returncode == -9
    aside = {name for name in files_under(tmp_path / "cut") if name.endswith(".part")}
    assert aside
    finished = finish(line)
    assert finished.stdout.count("skipped") in (3, 4)  # the other thread may have been as far
    assert finished.returncode == 0, finished.stdout
    assert len(outputs(tmp_path / "cut")) == 40
    assert files_under(tmp_path / "cut") == {*outputs(tmp_path / "cut"), "matteo-manifest.jsonl"}


def test_two_runs_at_once_the_second_is_refused(tree: Tree, tmp_path: Path) -> None:
    photos, calls = tree(*NAMES), tmp_path / "calls"
    with subprocess.Popen(command(photos, tmp_path / "cut", calls, wait=0.2), env=environment()) as first:
        while not calls.exists():
            time.sleep(0.01)
        second = finish(command(photos, tmp_path / "cut", tmp_path / "other"))
        first.kill()
    assert second.returncode == 1
    assert f"BatchError: {tmp_path / 'cut'}: another run is at work there (process {first.pid} on " in second.stderr
    assert not (tmp_path / "other").exists()


def test_ctrl_c_leaves_whole_outputs_only(tree: Tree, tmp_path: Path) -> None:
    photos, calls = tree(*NAMES), tmp_path / "calls"
    line = command(photos, tmp_path / "cut", calls, wait=0.05)
    with subprocess.Popen(line, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        while not calls.exists() or len(calls.read_text().split()) < 5:
            time.sleep(0.01)
        process.send_signal(2)
        assert process.stderr is not None
        assert "KeyboardInterrupt" in process.stderr.read()
    made = len(outputs(tmp_path / "cut"))
    assert len(calls.read_text().split()) == made  # what was begun was finished
    assert files_under(tmp_path / "cut") == {*outputs(tmp_path / "cut"), "matteo-manifest.jsonl"}
    assert finish(command(photos, tmp_path / "cut", calls)).stdout.count("skipped") == made


def test_a_full_disk_ends_the_run_and_leaves_no_half(tree: Tree, tmp_path: Path) -> None:
    photos, calls, disk = tree(*NAMES), tmp_path / "calls", tmp_path / "disk"
    disk.mkdir()
    line = command(photos, disk / "cut", calls, padding=60_000)
    script = (
        'mount -t tmpfs -o size=512k tmpfs "$1" || exit 77; shift; "$@" >"$KEEP/first" 2>&1; echo $? >"$KEEP/code"; '
        'cp -r "$DISK/cut" "$KEEP/full"; mount -o remount,size=16m "$DISK"; '
        '"$@" >"$KEEP/second" 2>&1; cp -r "$DISK/cut" "$KEEP/whole"'
    )
    keep = {"KEEP": str(tmp_path), "DISK": str(disk)}
    own = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(disk), *line]
    ran = subprocess.run(own, env={**environment(), **keep}, capture_output=True, text=True, check=False)
    if ran.returncode != 0 and not (tmp_path / "first").exists():
        pytest.skip(f"no small disk can be mounted here: {ran.stderr.strip()}")
    first, second = (tmp_path / "first").read_text(), (tmp_path / "second").read_text()
    assert (tmp_path / "code").read_text() == "1\n"
    assert "BatchError: 3 outputs in a row could not be written" in first
    full = outputs(tmp_path / "full")
    assert 3 <= len(full) <= 8
    assert all(len(data) > 60_000 for data in full.values())
    assert second.count("skipped") == len(full)
    assert second.count("done") == 40 - len(full)
    assert len(outputs(tmp_path / "whole")) == 40


def test_a_full_disk_under_the_manifest_leaves_it_whole(tmp_path: Path) -> None:
    """A limit on the file's size cuts a line in the middle, as a full disk does; the half is taken back."""
    program = """
import resource, signal, sys
from pathlib import Path
from matteo.batch import jsonl
from matteo.errors import OutputError
path = Path(sys.argv[1])
jsonl.append(path, {"source": "a" * 100})
whole = path.read_bytes()
resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 30, len(whole) + 30))
try:
    jsonl.append(path, {"source": "b" * 100})
except OutputError as error:
    assert path.read_bytes() == whole
    sys.exit(str(error))
"""
    ran = finish([sys.executable, "-c", program, str(tmp_path / "lines.jsonl")])
    assert "lines.jsonl: cannot be written" in ran.stderr, ran.stderr
