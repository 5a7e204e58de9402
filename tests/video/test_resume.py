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


def job(
    source: Path, target: Path, remover: Remover, look: Look | None = None, end: str | None = None,
    matte: Path | None = None,
) -> Planned:  # fmt: skip
    return planned(
        source, target, look=look or Look(background="blur:20"), quality="draft", remover=remover, segment=SEGMENT,
        asked=(None, end), matte=matte,
    )  # fmt: skip


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


CHILD = """
import os, signal, sys
from pathlib import Path
from matteo.remover import Remover
from tests.video.test_resume import job
plan = job(Path(sys.argv[1]), Path(sys.argv[2]), Remover(threads=1), matte=Path(sys.argv[3]) if sys.argv[3] else None)
links, link = [0], os.link
def dying(made, target):
    link(made, target)
    links[0] += 1
    if links[0] == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
os.link = dying
print("ready", flush=True)
plan.made()
"""


def child(source: Path, target: Path, matte: Path | str = "", dies_at: int = 0) -> subprocess.Popen[str]:
    """A run of its own process, which says when it begins. dies_at: it kills itself when it has given so many files
    their names, before it does anything else."""
    command = [sys.executable, "-c", CHILD, str(source), str(target), str(matte), str(dies_at)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)


def died_of_it(run: subprocess.Popen[str]) -> None:
    run.communicate()
    assert run.returncode == -signal.SIGKILL


def test_killed_ten_times_at_random(source: Path, unbroken: Path, remover: Remover, tmp_path: Path) -> None:
    """Wherever a run is killed, the next goes on, and what comes of it in the end is the film of an unbroken run."""
    target, rng = tmp_path / "out.mp4", np.random.default_rng(7)
    begun = time.perf_counter()
    job(source, tmp_path / "timed.mp4", remover).made()
    whole = time.perf_counter() - begun
    killed, kept = 0, [0]
    while killed < 10:
        run = child(source, target)
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0, 0.6) * whole)
        run.send_signal(signal.SIGKILL)
        run.stdout.close()
        if run.wait() != -signal.SIGKILL:  # it was faster
            assert same(target, unbroken)
            target.unlink()
            continue
        killed += 1
        kept.append(len(list((tmp_path / f"out.mp4{TAIL}").glob("0*.json"))))
        if target.exists():  # killed behind its last step
            assert same(target, unbroken)
            target.unlink()
            kept.append(0)
    assert max(kept) > 0, "no run came as far as its first segment"
    made = job(source, target, remover).made()
    assert made.resumed >= min(kept[-1] * SEGMENT, FRAMES)
    assert same(target, unbroken)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4", "timed.mp4"]


@pytest.mark.parametrize("dies_at", [1, 2])
def test_killed_between_the_matte_and_the_film(
    source: Path, unbroken: Path, remover: Remover, tmp_path: Path, dies_at: int
) -> None:
    target, matte = tmp_path / "out.mp4", tmp_path / "matte.mp4"
    died_of_it(child(source, target, matte, dies_at))
    assert [matte.exists(), target.exists()] == [True, dies_at == 2]
    first = matte.read_bytes()
    with pytest.raises(OutputExists):  # of another run it is another's
        job(source, target, remover, Look(background="white"), matte=matte).made()
    with pytest.raises(OutputExists):  # with another end it is another film
        job(source, target, remover, end="0.4", matte=matte).made()
    assert job(source, target, remover, matte=matte).made().resumed == FRAMES
    assert matte.read_bytes() == first
    assert same(target, unbroken)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["matte.mp4", "out.mp4"]


def test_killed_while_numbered_pictures_go_to_their_places(source: Path, remover: Remover, tmp_path: Path) -> None:
    target, whole = tmp_path / "f" / "%03d.png", tmp_path / "whole" / "%03d.png"
    job(source, whole, remover).made()
    for dies_at in (3, 6):
        died_of_it(child(source, target, dies_at=dies_at))
    assert len(list(target.parent.glob("*.png"))) == 9
    assert job(source, target, remover).made().resumed == FRAMES
    names = [f"{number + 1:03d}.png" for number in range(FRAMES)]
    assert sorted(path.name for path in target.parent.iterdir()) == names
    for name in names:
        assert (target.parent / name).read_bytes() == (whole.parent / name).read_bytes()


def test_pictures_of_an_earlier_run_are_neither_mixed_in_nor_removed(
    source: Path, remover: Remover, tmp_path: Path
) -> None:
    target = tmp_path / "%03d.png"
    (tmp_path / "007.png").write_bytes(b"mine")
    with pytest.raises(OutputExists, match="007"):
        job(source, target, remover).made()
    (tmp_path / "030.png").write_bytes(b"mine too")
    made = job(source, target, remover).made(overwrite=True)
    assert any("030.png and what is after it are of an earlier run" in note for note in made.notes)
    assert (tmp_path / "030.png").read_bytes() == b"mine too"
    assert made.frames == FRAMES


def test_no_source_is_ever_overwritten(source: Path, remover: Remover, tmp_path: Path) -> None:
    pictures = tmp_path / "%03d.png"
    job(source, pictures, remover, end="0.2").made()
    behind = make_film(tmp_path / "behind.mp4", frames=3)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(OutputError, match="never overwritten"):
        job(pictures, pictures, remover).made(overwrite=True)
    with pytest.raises(OutputError, match="never overwritten"):
        job(source, behind, remover, Look(background=str(behind))).made(overwrite=True)
    with pytest.raises(OutputError, match="never overwritten"):
        job(source, tmp_path / "o.mp4", remover, Look(background=str(behind)), matte=behind).made(overwrite=True)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


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


def test_memory_is_given_back_after_every_segment(
    monkeypatch: pytest.MonkeyPatch, source: Path, remover: Remover, tmp_path: Path
) -> None:
    given: list[int] = []
    monkeypatch.setattr("matteo.video.pipeline.give_back", lambda: given.append(1))
    job(source, tmp_path / "out.mp4", remover).made()
    assert len(given) == -(-FRAMES // SEGMENT)
