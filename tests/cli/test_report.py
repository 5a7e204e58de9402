"""What a folder's run says at its end: which pictures deserve a look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from matteo.batch.engine import Record, Status
from matteo.batch.plan import Job, Plan
from matteo.cli.report import LISTED, Reporter, deserves_a_look
from matteo.matting.confidence import ALL, WORTH_A_LOOK

SURE, UNSURE = WORTH_A_LOOK, WORTH_A_LOOK - 0.01


def record(name: str, confidence: float | None, *reasons: str, status: Status = "done") -> Record:
    facts: dict[str, object] = (
        {"confidence": confidence, "reasons": list(reasons), "notes": []} if status == "done" else {}
    )
    error = "cannot be read" if status == "failed" else None
    return Record(name, Path(f"in/{name}.jpg"), Path(f"out/{name}.png"), status, 0.1, error, facts)


def plan_of(records: list[Record]) -> Plan:
    return Plan(tuple(Job(r.source, r.output, r.name) for r in records))


def told(records: list[Record], capsys: pytest.CaptureFixture[str], as_json: bool = False) -> tuple[str, str]:
    Reporter(as_json, verbose=False).all(records, plan_of(records))
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_the_least_certain_come_first_with_their_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    records = [
        record("a", SURE), record("b", 0.5, "low light"), record("c", None),
        record("d", 0.2, "no clear subject", "low light"),
        record("e", None, status="failed"), record("f", None, status="skipped"),
    ]  # fmt: skip
    _, err = told(records, capsys)
    summary = err[err.index("these 2 of 4 deserve a look:") :].splitlines()
    assert summary[1:3] == [
        "  out/d.png, confidence 0.20: no clear subject, low light",
        "  out/b.png, confidence 0.50: low light",
    ]
    assert "out/a.png" not in "".join(summary)


def test_nothing_is_said_where_all_are_sure_and_of_one_picture(capsys: pytest.CaptureFixture[str]) -> None:
    assert "deserve" not in told([record("a", SURE), record("b", 1.0)], capsys)[1]
    assert "deserve" not in told([record("a", 0.1)], capsys)[1]


def test_a_picture_of_which_nearly_all_is_left_deserves_a_look(capsys: pytest.CaptureFixture[str]) -> None:
    _, err = told([record("a", SURE), record("b", 0.99, ALL)], capsys)
    assert f"out/b.png, confidence 0.99: {ALL}" in err[err.index("1 of 2") :]


def test_of_one_picture_that_was_done_before_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "1 skipped" in told([record("a", None, status="skipped")], capsys)[1]
    assert "done" not in told([record("a", SURE)], capsys)[1]


def test_a_long_list_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    _, err = told([record(str(i), UNSURE) for i in range(LISTED + 5)], capsys)
    assert f"these {LISTED + 5} of {LISTED + 5} deserve a look" in err
    assert "and 5 more" in err


def test_json_has_kind_and_reasons_in_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = told([record("a", SURE), record("b", UNSURE, "fine structure")], capsys, as_json=True)
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["reasons"] for line in lines] == [[], ["fine structure"]]
    assert all("kind" in line for line in lines)
    assert "these 1 of 2 deserve a look" in err


def test_what_deserves_a_look() -> None:
    assert not deserves_a_look(record("a", SURE))
    assert deserves_a_look(record("a", UNSURE))
    assert not deserves_a_look(record("a", None))
