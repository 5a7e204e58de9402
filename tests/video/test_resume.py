"""A run that was stopped, however rudely, goes on, and the film is that of an unbroken run."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from matteo.effects.look import Look
from matteo.errors import OutputError, OutputExists
from matteo.remover import Remover
from matteo.video.manifest import TAIL
from matteo.video.plan import Planned, planned
from tests.video.clips import decoded, make_film, sound_hash, times

FRAMES, SEGMENT = 21, 4


class Stopped(Exception):
    pass


def job(source: Path, target: Path, remover: Remover, look: Look | None = None, end: str | None = None) -> Planned:
    return planned(
        source,
        target,
        look=look or Look(background="blur:20"),
        quality="draft",
        remover=remover,
        segment=SEGMENT,
        asked=(None, end),
    )


@pytest.fixture(scope="module")
def remover() -> Remover:
    return Remover(threads=1)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("source") / "talk.mp4", frames=FRAMES)


@pytest.fixture(scope="module")
def unbroken(source: Path, remover: Remover, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("unbroken") / "out.mp4"
    job(source, target, remover).made()
    return target


def same(one: Path, other: Path) -> bool:
    pictures = np.array_equal(decoded(one, "rgb24"), decoded(other, "rgb24"))
    return pictures and times(one) == times(other) and sound_hash(one) == sound_hash(other)


def stop_at(plan: Planned, frame: int) -> None:
    def stop(done: int, total: int | None) -> None:
        if done == frame:
            raise Stopped

    with pytest.raises(Stopped):
        plan.made(progress=stop)


def test_a_run_goes_on_behind_its_last_whole_segment(
    source: Path, unbroken: Path, remover: Remover, tmp_path: Path
) -> None:
    target = tmp_path / "out.mp4"
    for frame, kept in ((3, 0), (9, 8), (13, 12), (FRAMES, 20)):
        stop_at(job(source, target, remover), frame)
        assert not target.exists()
        assert len(list((tmp_path / f"out.mp4{TAIL}").glob("*.json"))) == 1 + kept // SEGMENT
    made = job(source, target, remover).made()
    assert (made.frames, made.resumed) == (FRAMES, 20)
    assert same(target, unbroken)
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_other_options_or_another_film_begin_anew(source: Path, remover: Remover, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    stop_at(job(source, target, remover), 9)
    made = job(source, target, remover, Look(background="white")).made()
    assert made.resumed == 0
    assert any("other options" in note for note in made.notes)


def test_an_earlier_end_uses_what_is_there(source: Path, remover: Remover, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    stop_at(job(source, target, remover), 13)
    made = job(source, target, remover, end="0.4").made()
    assert (made.frames, made.resumed) == (10, 8)


def test_killed(source: Path, unbroken: Path, remover: Remover, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    code = (
        "import sys; from pathlib import Path; from matteo.remover import Remover\n"
        "from tests.video.test_resume import job\n"
        "job(Path(sys.argv[1]), Path(sys.argv[2]), Remover(threads=1)).made()"
    )
    folder = tmp_path / f"out.mp4{TAIL}"
    for wanted, pause in ((1, 0.0), (3, 0.07)):
        run = subprocess.Popen([sys.executable, "-c", code, str(source), str(target)], cwd=Path(__file__).parents[2])
        while len(list(folder.glob("0*.json"))) < wanted and run.poll() is None:
            time.sleep(0.005)
        time.sleep(pause)
        run.send_signal(signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL
        assert not target.exists()
    made = job(source, target, remover).made()
    assert made.resumed >= 12
    assert same(target, unbroken)


def test_two_runs_on_one_output(source: Path, remover: Remover, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"

    def begin_another(done: int, total: int | None) -> None:
        with pytest.raises(OutputError, match="another run"):
            job(source, target, remover).made()
        raise Stopped

    with pytest.raises(Stopped):
        job(source, target, remover).made(progress=begin_another)


def test_nothing_is_overwritten(source: Path, unbroken: Path, remover: Remover, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"mine")
    with pytest.raises(OutputExists):
        job(source, target, remover).made()
    assert target.read_bytes() == b"mine"
    with pytest.raises(OutputError, match="source"):
        job(source, source, remover).made(overwrite=True)


def test_what_lands_there_meanwhile_is_kept(source: Path, remover: Remover, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"

    def land(done: int, total: int | None) -> None:
        target.write_bytes(b"mine")

    with pytest.raises(OutputExists):
        job(source, target, remover).made(progress=land)
    assert target.read_bytes() == b"mine"
    target.unlink()
    assert job(source, target, remover).made().resumed == FRAMES
