"""A run: order, resuming, what is refused, what fails alone, what is held in memory."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

from matteo.batch.engine import Made, Make, Record, preview, run
from matteo.batch.manifest import Manifest
from matteo.batch.plan import Job, Plan, plan_files, plan_folder
from matteo.errors import UnreadablePicture
from matteo.picture.limits import Limits

from .conftest import Tree, files_under, invert, picture

NAMES = ("a.jpg", "a.png", "b.png", "x/a.jpg", "x/y/c.webp")


class Folder:
    """A folder and its runs, each as a new start of the program would make it."""

    def __init__(self, photos: Path, output: Path) -> None:
        self.photos, self.output = photos, output
        self.calls: list[str] = []

    def plan(self) -> Plan:
        return plan_folder(self.photos, self.output)

    def run(self, make: Make = invert, **options: Any) -> list[Record]:
        return list(self.records(make, **options))

    def records(
        self,
        make: Make = invert,
        *,
        options: Mapping[str, object] | None = None,
        overwrite: bool = False,
        workers: int = 2,
        model: str = "m@1",
    ) -> Generator[Record, None, None]:
        def counted(job: Job, data: bytes) -> Made:
            self.calls.append(job.name)
            return make(job, data)

        self.calls.clear()
        self.output.mkdir(exist_ok=True)
        manifest = Manifest(self.output)
        return run(
            self.plan(),
            counted,
            workers=workers,
            manifest=manifest,
            options=options or {},
            model=model,
            overwrite=overwrite,
        )

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.output / "matteo-manifest.jsonl").read_text().splitlines()]


@pytest.fixture
def folder(tree: Tree, tmp_path: Path) -> Folder:
    return Folder(tree(*NAMES), tmp_path / "cut")


def statuses(records: list[Record]) -> list[str]:
    return [record.status for record in records]


def test_a_run_makes_every_output_once_and_says_so(folder: Folder) -> None:
    records = folder.run()
    assert [record.name for record in records] == list(NAMES)
    assert statuses(records) == ["done"] * 5
    assert files_under(folder.output) == {
        *("a.jpg.png", "a.png.png", "b.png", "x/a.png", "x/y/c.png"),
        "matteo-manifest.jsonl",
    }
    for job, record in zip(folder.plan().jobs, records, strict=True):
        assert record.output.read_bytes() == invert(job, job.source.read_bytes()).data
        assert record.facts == {"width": 8, "height": 6, "confidence": 0.5}
        assert record.seconds > 0
    assert sorted(str(line["source"]) for line in folder.lines()) == list(NAMES)
    assert all(line["confidence"] == 0.5 and line["error"] is None for line in folder.lines())


def test_a_second_run_makes_nothing(folder: Folder) -> None:
    folder.run()
    before = {path: path.stat().st_mtime_ns for path in folder.output.rglob("*")}
    assert statuses(folder.run()) == ["skipped"] * 5
    assert statuses(folder.run(overwrite=True)) == ["skipped"] * 5  # or a broken --overwrite would start from scratch
    assert folder.calls == []
    assert {path: path.stat().st_mtime_ns for path in folder.output.rglob("*")} == before


def test_only_what_is_missing_is_made_anew(folder: Folder) -> None:
    folder.run()
    (folder.output / "b.png").unlink()
    assert statuses(folder.run()) == ["done" if name == "b.png" else "skipped" for name in NAMES]
    (folder.photos / "d.jpg").write_bytes(picture(9, "JPEG"))
    folder.run()
    assert folder.calls == ["d.jpg"]


def test_changed_bytes_need_overwrite(folder: Folder) -> None:
    folder.run()
    (folder.photos / "b.png").write_bytes(picture(77))
    (record,) = (record for record in folder.run() if record.status == "failed")
    assert folder.calls == []  # refused before the expensive work
    assert record.name == "b.png"
    assert record.error is not None
    assert "made of other bytes than the source, or what is given beside it, has now" in record.error
    assert "--overwrite" in record.error
    folder.run(overwrite=True)
    assert folder.calls == ["b.png"]
    assert statuses(folder.run()) == ["skipped"] * 5


@pytest.mark.parametrize(
    ("changed", "said"), [({"options": {"background": "white"}}, "other options"), ({"model": "m@2"}, "another model")]
)
def test_changed_options_or_model_need_overwrite(folder: Folder, changed: dict[str, object], said: str) -> None:
    def make_otherwise(job: Job, data: bytes) -> Made:
        return Made(invert(job, data).data + b"other")

    folder.run()
    records = folder.run(make_otherwise, **changed)
    assert all(said in str(record.error) and "--overwrite" in str(record.error) for record in records)
    assert folder.calls == []
    assert len(folder.lines()) == 5  # where nothing was tried, there is nothing to note
    assert statuses(folder.run(make_otherwise, overwrite=True, **changed)) == ["done"] * 5
    assert statuses(folder.run(make_otherwise, **changed)) == ["skipped"] * 5
    assert statuses(folder.run()) == ["failed"] * 5  # the first way is no longer there, though the manifest knows it


def test_a_file_of_someone_elses_is_not_overwritten(folder: Folder) -> None:
    folder.output.mkdir()
    (folder.output / "b.png").write_bytes(b"precious")
    (record,) = (record for record in folder.run() if record.status == "failed")
    assert "not in the manifest; give --overwrite" in str(record.error)
    assert (folder.output / "b.png").read_bytes() == b"precious"


def test_bad_files_fail_alone(folder: Folder) -> None:
    (folder.photos / "gone.png").symlink_to("b.png")
    plan_first = folder.plan()
    (folder.photos / "gone.png").unlink()

    def make(job: Job, data: bytes) -> Made:
        match job.name:
            case "a.jpg":
                raise UnreadablePicture("a.jpg: is damaged; get it anew")
            case "a.png":
                raise ZeroDivisionError("one\nby\tzero")
            case "x/a.jpg":
                raise MemoryError
        return invert(job, data)

    manifest = Manifest(folder.output)
    folder.output.mkdir()
    records = {record.name: record for record in run(plan_first, make, workers=2, manifest=manifest, model="m@1")}
    assert records["a.jpg"].error == "a.jpg: is damaged; get it anew"
    assert "ZeroDivisionError: one by zero" in str(records["a.png"].error)
    assert "not enough memory" in str(records["x/a.jpg"].error)
    assert "no such file" in str(records["gone.png"].error)
    assert [name for name, record in records.items() if record.status == "done"] == ["b.png", "x/y/c.webp"]
    assert {line["source"] for line in folder.lines() if line["error"]} == {"a.jpg", "a.png", "x/a.jpg", "gone.png"}
    assert files_under(folder.output) == {"b.png", "x/y/c.png", "matteo-manifest.jsonl"}
    assert statuses(folder.run()) == ["done", "done", "skipped", "done", "skipped"]  # failures are tried again


def test_a_source_too_large_is_not_read(folder: Folder) -> None:
    plan = plan_files([folder.photos / "b.png"], folder=folder.output)
    (record,) = run(plan, invert, workers=1, limits=Limits(bytes=10))
    assert "larger than the limit" in str(record.error)


def test_outputs_that_cannot_be_written_fail_by_name(folder: Folder) -> None:
    folder.output.mkdir()
    (folder.output / "x").write_bytes(b"a file where a folder must be")
    records = folder.run()
    assert statuses(records) == ["done", "done", "done", "failed", "failed"]
    assert "cut/x" in str(records[3].error)
    assert not list(folder.output.glob("*.tmp"))
    (folder.output / "x").unlink()
    assert statuses(folder.run()) == ["skipped", "skipped", "skipped", "done", "done"]


def test_without_a_manifest_what_is_there_is_refused_unread(folder: Folder) -> None:
    plan = plan_files([folder.photos / "b.png", folder.photos / "nowhere.png"])
    assert statuses(list(run(plan, invert, workers=1))) == ["done", "failed"]
    (record, _) = run(plan, invert, workers=1)
    assert "b.cutout.png: is there already; give --overwrite" in str(record.error)
    assert next(run(plan, invert, workers=1, overwrite=True)).status == "done"


def test_a_dry_run_says_what_a_run_would_do_and_does_nothing(folder: Folder) -> None:
    assert [record.status for record in preview(folder.plan(), manifest=Manifest(folder.output, read_only=True))] == [
        "planned"
    ] * 5
    assert not folder.output.exists()
    folder.run()
    (folder.output / "b.png").unlink()
    (folder.photos / "a.png").write_bytes(picture(77))
    before = files_under(folder.output)
    for overwrite in (False, True):
        manifest = Manifest(folder.output, read_only=True)
        foreseen = list(preview(folder.plan(), manifest=manifest, model="m@1", overwrite=overwrite))
        expected = ["skipped", "planned" if overwrite else "failed", "planned", "skipped", "skipped"]
        assert statuses(foreseen) == expected
    assert files_under(folder.output) == before
    assert [record.status.replace("done", "planned") for record in folder.run(overwrite=True)] == expected


def test_records_come_in_order_though_the_first_is_the_slowest(folder: Folder) -> None:
    def make(job: Job, data: bytes) -> Made:
        time.sleep(0.2 if job.name == "a.jpg" else 0)
        return invert(job, data)

    assert [record.name for record in folder.run(make, workers=4)] == list(NAMES)


def test_little_is_begun_before_its_record_is_asked_for(tree: Tree, tmp_path: Path) -> None:
    """Pictures in memory: at most one a worker. Jobs ahead of the reader: few, however long the folder."""
    folder = Folder(tree(*(f"{number:03}.png" for number in range(120))), tmp_path / "cut")
    lock, at_once, most = threading.Lock(), 0, 0

    def make(job: Job, data: bytes) -> Made:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.001)
        with lock:
            at_once -= 1
        return invert(job, data)

    taken = 0
    for _ in folder.records(make, workers=3):
        taken += 1
        if taken % 20 == 0:
            time.sleep(0.1)
            assert len(folder.calls) <= taken + 20
    assert taken == 120
    assert most <= 3


def test_a_run_that_is_left_joins_its_threads_and_leaves_no_half(folder: Folder) -> None:
    for stop in (GeneratorExit, KeyboardInterrupt):
        begun = threading.Event()

        def make(job: Job, data: bytes, begun: threading.Event = begun) -> Made:
            begun.set()
            time.sleep(0.05)
            return invert(job, data)

        records = folder.records(make, workers=1)
        next(records)
        begun.wait()
        if stop is GeneratorExit:
            records.close()
        else:
            with pytest.raises(KeyboardInterrupt):
                records.throw(KeyboardInterrupt)
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("matteo-batch")]
    made = files_under(folder.output) - {"matteo-manifest.jsonl"}
    assert 2 <= len(made) <= 4
    assert {str(line["output"]) for line in folder.lines()} == made
    records = folder.records()
    assert statuses(list(records)).count("skipped") == len(made)
