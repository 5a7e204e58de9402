"""What a folder comes to: which files, under which names, in which order."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from matteo.batch.names import settle
from matteo.batch.plan import Plan, parse_shard, plan_files, plan_folder
from matteo.errors import BatchError, UsageError

from .conftest import Tree


def targets(plan: Plan, root: Path) -> dict[str, str]:
    return {job.name: job.target.relative_to(root).as_posix() for job in plan.jobs}


def test_the_tree_is_kept_and_the_order_is_stable(tree: Tree, tmp_path: Path) -> None:
    folder = tree("b.jpg", "x/y/a.webp", "a.png", "x/b.gif", "z/b.jpg")
    plan = plan_folder(folder, tmp_path / "cut")
    assert [job.name for job in plan.jobs] == ["a.png", "b.jpg", "x/b.gif", "x/y/a.webp", "z/b.jpg"]
    assert [job.source for job in plan.jobs] == [folder / job.name for job in plan.jobs]
    assert list(targets(plan, tmp_path / "cut").values()) == ["a.png", "b.png", "x/b.png", "x/y/a.png", "z/b.png"]
    assert plan.passed_over == {}
    assert not (tmp_path / "cut").exists()  # a plan writes nothing


def test_pictures_are_known_by_their_bytes(tree: Tree, tmp_path: Path) -> None:
    folder = tree("a.jpg", "picture_without_suffix", "lies.txt")
    (folder / "notes.md").write_text("# no picture")
    (folder / "text.jpg").write_text("no picture either")
    (folder / "empty.png").touch()
    plan = plan_folder(folder, tmp_path / "cut")
    # What is called a picture and is none stays in: it fails by name, and its owner hears of it.
    assert [job.name for job in plan.jobs] == ["a.jpg", "empty.png", "lies.txt", "picture_without_suffix", "text.jpg"]
    assert plan.passed_over == {"no picture": 1}


def test_results_of_pictures_beside_them_are_passed_over(tree: Tree, tmp_path: Path) -> None:
    folder = tree("a.jpg", "a.cutout.png", "x/b.png", "x/b.png.alpha.webp", "y/b.cutout.png")
    plan = plan_folder(folder, tmp_path / "cut")
    assert [job.name for job in plan.jobs] == ["a.jpg", "x/b.png", "y/b.cutout.png"]
    assert plan.passed_over == {"result of another file given": 2}


def test_a_clash_with_a_file_that_is_no_picture_is_none(tree: Tree, tmp_path: Path) -> None:
    folder = tree("a.jpg")
    (folder / "a.txt").write_text("about a.jpg")
    assert targets(plan_folder(folder, tmp_path / "cut"), tmp_path / "cut") == {"a.jpg": "a.png"}


def test_hidden_files_and_folders_are_passed_over(tree: Tree, tmp_path: Path) -> None:
    folder = tree("a.jpg", "._a.jpg", ".DS_Store", ".git/b.jpg", "x/.thumbnails/c.png")
    plan = plan_folder(folder, tmp_path / "cut")
    assert [job.name for job in plan.jobs] == ["a.jpg"]
    assert plan.passed_over == {"hidden": 4}


def test_outputs_inside_the_input_are_no_sources(tree: Tree) -> None:
    folder = tree("a.jpg", "cut/a.png", "x/old/matteo-manifest.jsonl", "x/old/b.png")
    plan = plan_folder(folder, folder / "cut")
    assert targets(plan, folder) == {"a.jpg": "cut/a.png"}
    assert plan.passed_over == {"output folder": 2}


def test_links_lead_neither_round_in_circles_nor_out_of_the_tree(tree: Tree, tmp_path: Path) -> None:
    folder, elsewhere = tree("a.jpg", "x/b.jpg"), tree("c.jpg", root="elsewhere")
    (folder / "x" / "up").symlink_to(folder)
    (folder / "out").symlink_to(elsewhere)
    (folder / "itself").symlink_to("itself")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    (folder / "linked.jpg").symlink_to(elsewhere / "c.jpg")
    plan = plan_folder(folder, tmp_path / "cut")
    assert [job.name for job in plan.jobs] == ["a.jpg", "linked.jpg", "x/b.jpg"]
    assert plan.passed_over == {"link to a folder": 2, "broken link": 2}


def test_a_pipe_is_not_waited_for(tree: Tree, tmp_path: Path) -> None:
    folder = tree("a.jpg")
    os.mkfifo(folder / "pipe.jpg")
    assert plan_folder(folder, tmp_path / "cut").passed_over == {"no file (pipe, socket or device)": 1}


def test_clashes_of_every_kind_in_one_folder(tree: Tree, tmp_path: Path) -> None:
    folder = tree(
        "a.jpg", "a.png", "a.jpg.png", "b.jpg", "b.png/c.jpg", "d.jpg", "D.jpg", "caf\u00e9.jpg", "cafe\u0301.jpg"
    )
    made = targets(plan_folder(folder, tmp_path / "cut"), tmp_path / "cut")
    if len(list(folder.iterdir())) == 8:  # here the file system itself tells the twins apart
        assert len({name.lower() for name in made.values()}) == 9
    assert made["a.jpg"] == "a.jpg.png"
    assert made["b.jpg"] == "b.jpg.png"  # b.png is a folder among the outputs


@pytest.mark.parametrize("count", [2, 8])
def test_shards_are_disjoint_complete_and_named_alike(tree: Tree, tmp_path: Path, count: int) -> None:
    folder = tree(*(f"{number % 7}/{number // 2}{'.jpg' if number % 2 else '.png'}" for number in range(60)))
    whole = plan_folder(folder, tmp_path / "cut")
    shards = [plan_folder(folder, tmp_path / "cut", shard=(part, count)) for part in range(1, count + 1)]
    assert sorted((job for shard in shards for job in shard.jobs), key=lambda job: job.name) == list(whole.jobs)
    assert all(len(shard.jobs) + shard.passed_over["other shard"] == 60 for shard in shards)


def test_a_shard_without_pictures_is_no_error(tree: Tree, tmp_path: Path) -> None:
    lengths = [len(plan_folder(tree("a.jpg"), tmp_path / "cut", shard=(part, 4)).jobs) for part in (1, 2, 3, 4)]
    assert sorted(lengths) == [0, 0, 0, 1]


def test_folders_that_cannot_be_planned(tree: Tree, tmp_path: Path) -> None:
    folder = tree("a.jpg", "photos/b.jpg")
    (tmp_path / "bare").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_text("no picture")
    for source, output, said in [
        ("nowhere", "cut", "no such folder"),
        ("photos/a.jpg", "cut", "is no folder"),
        ("bare", "cut", "it is empty"),
        ("text", "cut", "passed over: 1 no picture"),
        ("photos", "photos", "the folder of the sources"),
        ("photos", ".", "among the sources"),  # photos/photos/b.jpg would become photos/b.png
    ]:
        with pytest.raises((BatchError, UsageError), match=said):
            plan_folder(tmp_path / source, tmp_path / output)
    shutil.rmtree(folder / "photos")
    assert targets(plan_folder(folder, tmp_path), tmp_path) == {"a.jpg": "a.png"}


def test_single_files_beside_their_sources(tree: Tree) -> None:
    folder = tree("a.jpg", "b.jpg", "b.png", "x/a.jpg")
    plan = plan_files([folder / name for name in ("a.jpg", "b.jpg", "b.png", "x/a.jpg")])
    found = [job.target.relative_to(folder).as_posix() for job in plan.jobs]
    assert found == ["a.cutout.png", "b.jpg.cutout.png", "b.png.cutout.png", "x/a.cutout.png"]


def test_single_files_into_a_folder(tree: Tree, tmp_path: Path) -> None:
    folder = tree("a.jpg", "b.jpg", "b.png")
    files = [folder / name for name in ("a.jpg", "b.jpg", "b.png")]
    plan = plan_files(files, folder=tmp_path / "cut", suffix=".webp")
    found = [job.target.relative_to(tmp_path / "cut").as_posix() for job in plan.jobs]
    assert found == ["a.webp", "b.jpg.webp", "b.png.webp"]
    assert plan_files(files[:1], folder=folder).jobs[0].target == folder / "a.png"


def test_no_source_is_ever_an_output(tree: Tree) -> None:
    folder = tree("a.jpg", "a.png", "c.png")
    files = [folder / name for name in ("a.png", "c.png")]
    found = [job.target.name for job in plan_files(files, folder=folder).jobs]
    assert found == ["a.png.png", "c.png.png"]
    assert [job.target.name for job in plan_files(files, tail="").jobs] == ["a.png.png", "c.png.png"]


def test_a_file_given_twice_and_the_results_of_last_time(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a.png", "a.cutout.png", "a.alpha.webp", "b.cutout.png", "c.jpg", "c.png", "c.jpg.cutout.png"]
    folder = tree(*names)
    monkeypatch.chdir(folder)
    plan = plan_files([*map(Path, names), folder / "a.png"])
    found = [job.target.name for job in plan.jobs]
    assert found == ["a.cutout.png", "b.cutout.cutout.png", "c.jpg.cutout.png", "c.png.cutout.png"]
    assert plan.passed_over == {"given twice": 1, "result of another file given": 3}


def test_same_names_from_two_folders_have_no_place_in_one(tree: Tree, tmp_path: Path) -> None:
    folder = tree("x/a.jpg", "y/a.jpg", "y/a.png")
    with pytest.raises(UsageError, match=r"x/a\.jpg and .*y/a\.jpg would be one file"):
        plan_files([folder / "x/a.jpg", folder / "y/a.jpg"], folder=tmp_path / "cut")
    plan = plan_files([folder / "x/a.jpg", folder / "y/a.png"], folder=tmp_path / "cut")
    assert [job.target.name for job in plan.jobs] == ["a.jpg.png", "a.png.png"]
    with pytest.raises(UsageError, match="is a folder"):
        plan_files([folder / "x", folder / "y/a.jpg"])


def test_shards_are_written_as_which_of_how_many() -> None:
    assert parse_shard("2/8") == (2, 8)
    assert parse_shard("1/1") == (1, 1)
    for text in ("0/8", "9/8", "2", "2/", "-1/8", "a/b", "1/0", "2/8/9", "", "٢/٨"):
        with pytest.raises(UsageError, match="no shard"):
            parse_shard(text)


def test_a_hundred_thousand_names_are_settled_quickly() -> None:
    """All of them clash by suffix; a slip would make this quadratic."""
    names = [f"{number // 100}/{number // 2}{'.jpg' if number % 2 else '.png'}" for number in range(100_000)]
    start = time.process_time()
    outputs = settle(names, ".png")
    assert time.process_time() - start < 15  # 1 s, where it was written
    assert len(set(outputs.values())) == 100_000
