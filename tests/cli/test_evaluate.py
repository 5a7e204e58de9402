"""`matteo evaluate` as a user runs it, with the shipped network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matteo.cli.main import main
from tests.learning.evaluation.made import BACKWARDS, write_set

FAST = ("--threads", "1", "--resamples", "100")


def evaluate(*arguments: object) -> int:
    """The exit code of `matteo evaluate ARGUMENTS`, run in this process."""
    with pytest.raises(SystemExit) as end:
        main(["evaluate", *map(str, arguments), *FAST])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write_set(tmp_path / "shop")


def test_a_table_and_a_report(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report"
    assert evaluate(shop, "--side", "320", "--side", "256", "--report", report) == 0
    said = capsys.readouterr().out
    assert "shop, 4 pictures" in said
    assert "0.7500" in said
    assert "1 of 4 under IoU 0.8" in said
    assert "matteo 320: IoU 0.750" in said
    assert {path.name for path in report.iterdir()} == {"report.html", "pictures.csv", "scores.json", "worst.png"}
    assert json.loads((report / "scores.json").read_text())["sets"][0]["worst"][0] == BACKWARDS
    assert evaluate(shop, "--report", report) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert evaluate(shop, "--limit", "1", "--report", report, "--overwrite") == 0
    assert json.loads((report / "scores.json").read_text())["limit"] == 1


def test_json_alone_on_stdout(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(shop, "--json", "--every", "2", "--degrade", "none", "--degrade", "jpeg:1") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["set"], one["degradation"], one["pictures"]) for one in found["sets"]] == [
        ("shop", None, 2),
        ("shop", "jpeg:1", 2),
    ]
    assert found["every"] == 2
    assert found["models"][0]["label"] == "matteo"


def test_two_sets_and_both_as_one(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = write_set(tmp_path / "second", ("coffee",))
    assert evaluate(shop, second, "--pool", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["set"], one["pictures"]) for one in found["sets"]] == [
        ("shop", 4),
        ("second", 1),
        ("shop + second", 5),
    ]


def test_a_damaged_picture_is_named_and_makes_the_exit_code_one(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "images" / "coffee.png").write_bytes(b"no picture")
    assert evaluate(shop) == 1
    said = capsys.readouterr().out
    assert "1 picture could not be measured" in said
    assert "not measured: coffee:" in said
    assert "shop, 3 pictures" in said


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--model", "no-such"], 1, "no model named 'no-such'"),
        (["--degrade", "fog:2"], 2, "no degradation 'fog:2'"),
        (["--side", "300"], 2, "multiples of 32"),
        (["--report", "gone/report"], 1, "there is no folder"),
    ],
)
def test_wrong_use_is_said_before_the_work(
    shop: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert evaluate(shop, *arguments) == code
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""


def test_an_empty_set_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(tmp_path) == 1
    assert "holds no pictures" in capsys.readouterr().err


def test_a_contaminated_set_is_marked_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(write_set(tmp_path / "train-duts-9", ("coffee",))) == 0
    assert "CONTAMINATED: matteo was trained on this set" in capsys.readouterr().out
