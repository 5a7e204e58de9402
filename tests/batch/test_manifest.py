"""The manifest says what has been made, through crashes, full disks and moves."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from matteo.batch.manifest import Manifest, Recipe, Source
from matteo.batch.plan import Job
from matteo.errors import BatchError, OutputError

DATA = Source.of(b"the source")
RECIPE = Recipe({"background": "white", "edges": 2}, "matteo@1f3a")


def job(folder: Path, name: str = "a.jpg") -> Job:
    return Job(folder / name, (folder / name).with_suffix(".png"), name)


def make(
    manifest: Manifest, work: Job, *, data: bytes = b"made", source: Source = DATA, recipe: Recipe = RECIPE
) -> None:
    manifest.add_made(work, source, recipe, data, 0.25, {"confidence": np.float32(0.5), "notes": ("first of 2",)})
    work.target.write_bytes(data)


def test_a_line_says_all_there_is_to_say(tmp_path: Path) -> None:
    make(Manifest(tmp_path), job(tmp_path))
    line = json.loads((tmp_path / "matteo-manifest.jsonl").read_text())
    assert line.pop("time").startswith("20")
    assert line.pop("version")
    assert line == {
        "source": "a.jpg",
        "source_sha256": DATA.sha256,
        "source_size": 10,
        "options": {"background": "white", "edges": 2},
        "options_sha256": RECIPE.options_sha256,
        "model": "matteo@1f3a",
        "output": "a.png",
        "output_sha256": Source.of(b"made").sha256,
        "output_size": 4,
        "seconds": 0.25,
        "confidence": 0.5,
        "notes": ["first of 2"],
        "error": None,
    }


def test_done_is_what_was_made_of_the_same_and_is_still_there(tmp_path: Path) -> None:
    work = job(tmp_path)
    make(Manifest(tmp_path), work)
    manifest = Manifest(tmp_path)
    assert manifest.is_done(work, DATA, RECIPE)
    assert manifest.is_done(work, DATA, Recipe({"edges": 2, "background": "white"}, "matteo@1f3a"))  # order is nothing
    assert "other bytes" in str(manifest.why_not(work, Source.of(b"other"), RECIPE))
    assert "other options" in str(manifest.why_not(work, DATA, Recipe({"edges": 2}, "matteo@1f3a")))
    assert "another model" in str(manifest.why_not(work, DATA, Recipe(RECIPE.options, "matteo@2b")))
    assert "not in the manifest" in str(manifest.why_not(job(tmp_path, "b.jpg"), DATA, RECIPE))
    moved = Job(work.source, tmp_path / "a.jpg.png", work.name)
    assert "not in the manifest" in str(manifest.why_not(moved, DATA, RECIPE))
    work.target.write_bytes(b"longer than before")
    assert "changed" in str(manifest.why_not(work, DATA, RECIPE))
    work.target.unlink()
    assert not manifest.is_done(work, DATA, RECIPE)


def test_made_in_two_ways_the_bytes_decide(tmp_path: Path) -> None:
    """Killed between line and output of a second way: both lines are there, and the output is still the first's."""
    work, other = job(tmp_path), Recipe({"background": "black"}, "matteo@1f3a")
    manifest = Manifest(tmp_path)
    make(manifest, work, data=b"1st ")
    make(manifest, work, data=b"2nd ", recipe=other)
    work.target.write_bytes(b"1st ")
    for read in (manifest, Manifest(tmp_path)):
        assert read.is_done(work, DATA, RECIPE)
        assert not read.is_done(work, DATA, other)


def test_the_output_folder_may_be_moved(tmp_path: Path) -> None:
    (tmp_path / "cut").mkdir()
    make(Manifest(tmp_path / "cut"), job(tmp_path / "cut"))
    (tmp_path / "cut").rename(tmp_path / "moved")
    assert Manifest(tmp_path / "moved").is_done(job(tmp_path / "moved"), DATA, RECIPE)


def test_failures_are_lines_that_count_for_nothing(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    manifest.add_failure(job(tmp_path), None, RECIPE, 0.1, "a.jpg: is damaged; get it anew")
    assert json.loads(manifest.path.read_text())["error"] == "a.jpg: is damaged; get it anew"
    assert len(Manifest(tmp_path)) == 0


@pytest.mark.parametrize("length", [1, 2, 40, 200, -2, -1])
def test_a_torn_last_line_is_mended(tmp_path: Path, length: int) -> None:
    manifest = Manifest(tmp_path)
    make(manifest, job(tmp_path, "a.jpg"))
    whole = manifest.path.read_bytes()
    make(manifest, job(tmp_path, "b.jpg"))
    second = manifest.path.read_bytes()[len(whole) :]
    manifest.path.write_bytes(whole + second[:length])
    Manifest(tmp_path, read_only=True)
    assert manifest.path.read_bytes() == whole + second[:length]
    mended = Manifest(tmp_path)
    assert manifest.path.read_bytes() == (whole + second if length == -1 else whole)
    assert mended.is_done(job(tmp_path, "a.jpg"), DATA, RECIPE)
    make(mended, job(tmp_path, "c.jpg"))
    assert len(Manifest(tmp_path)) == (3 if length == -1 else 2)


def test_a_tail_of_zeros_as_a_power_cut_leaves_it_is_mended(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    make(manifest, job(tmp_path))
    whole = manifest.path.read_bytes()
    for tail in (bytes(5000), bytes(200_000), bytes(80) + b"\n"):
        manifest.path.write_bytes(whole + tail)
        assert len(Manifest(tmp_path)) == 1
        assert manifest.path.read_bytes() == whole
    for alone in (b"", b"{", bytes(100)):
        manifest.path.write_bytes(alone)
        assert len(Manifest(tmp_path)) == 0
        assert manifest.path.read_bytes() == b""


@pytest.mark.parametrize("damage", [b"{half a li\n", b"[]\n", b'{"source": "a.jpg"}\n', b"\xff\xfe\n", b"\n"])
def test_a_line_damaged_in_the_middle_is_named(tmp_path: Path, damage: bytes) -> None:
    manifest = Manifest(tmp_path)
    for name in ("a.jpg", "b.jpg"):
        make(manifest, job(tmp_path, name))
    first, second = manifest.path.read_bytes().splitlines(keepends=True)
    manifest.path.write_bytes(first + damage + second)
    with pytest.raises(BatchError, match=r"matteo-manifest\.jsonl: line 2 is damaged; delete that line"):
        Manifest(tmp_path)
    assert manifest.path.read_bytes() == first + damage + second


def test_shards_write_apart_and_read_together(tmp_path: Path) -> None:
    second, third = Manifest(tmp_path, shard=(2, 8)), Manifest(tmp_path, shard=(3, 8))
    make(second, job(tmp_path, "a.jpg"))
    make(third, job(tmp_path, "b.jpg"))
    third.path.write_bytes(third.path.read_bytes() + b'{"sou')  # it is just being written by another machine
    names = sorted(path.name for path in tmp_path.glob("*.jsonl"))
    assert names == ["matteo-manifest-2-of-8.jsonl", "matteo-manifest-3-of-8.jsonl"]
    before = third.path.read_bytes()
    for shard in (None, (2, 8), (1, 2)):
        assert len(Manifest(tmp_path, shard=shard)) == 2
    assert third.path.read_bytes() == before  # only its own run mends it


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    works = [job(tmp_path, f"{number}.jpg") for number in range(80)]

    def some(part: int) -> None:
        for work in works[part::4]:
            make(manifest, work)

    threads = [threading.Thread(target=some, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Manifest(tmp_path)) == 80


def test_names_that_are_no_unicode_survive(tmp_path: Path) -> None:
    make(Manifest(tmp_path), job(tmp_path, "\udcff.jpg"))
    assert Manifest(tmp_path).is_done(job(tmp_path, "\udcff.jpg"), DATA, RECIPE)


def test_a_manifest_that_cannot_be_written_or_read(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        make(Manifest(tmp_path / "nowhere"), job(tmp_path))
    (tmp_path / "matteo-manifest.jsonl").mkdir()
    with pytest.raises(BatchError, match=r"matteo-manifest\.jsonl: cannot be"):
        Manifest(tmp_path)
