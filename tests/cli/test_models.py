"""`matteo models`: listing, showing, taking in and out, as a user does it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from matteo.models.table import SHIPPED
from tests.cli.test_remove import matteo
from tests.models.small import write_network
from tests.pictures import ASTRONAUT


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATTEO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MATTEO_OFFLINE", "1")
    return tmp_path / "home"


Capture = pytest.CaptureFixture[str]


def test_the_list_is_the_list(capsys: Capture) -> None:
    assert matteo("models") == 0
    plain = capsys.readouterr().out
    assert matteo("models", "list") == 0
    assert capsys.readouterr().out == plain
    assert plain.startswith("matteo\n")
    for arguments in (("models", "--json"), ("models", "list", "--json")):
        assert matteo(*arguments) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert lines[0]["name"] == "matteo"
        assert lines[0]["path"] == str(SHIPPED / "matteo.onnx")
        assert [line["own"] for line in lines] == [False] * len(lines)


def test_there_and_back(tmp_path: Path, capsys: Capture) -> None:
    """Exported from one machine, imported on another: the same cut-out, bit for bit."""
    photo = shutil.copy(ASTRONAUT, tmp_path / "photo.jpg")
    assert matteo("models", "export", "matteo", "-o", tmp_path / "usb") == 0
    assert matteo("models", "import", tmp_path / "usb" / "matteo.onnx", "--name", "shop") == 0
    assert matteo(photo, "--model", "shop", "-o", tmp_path / "a.png") == 0
    assert matteo(photo, "-o", tmp_path / "b.png") == 0
    with PilImage.open(tmp_path / "a.png") as a, PilImage.open(tmp_path / "b.png") as b:
        assert (np.asarray(a) == np.asarray(b)).all()
    capsys.readouterr()
    assert matteo("models", "show", "shop") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("shop (yours)\n")
    assert "DUTS-TR" in shown
    assert matteo("models", "remove", "shop") == 0
    assert matteo("models", "show", "shop") == 1


def test_a_network_without_a_card_gets_one_that_claims_nothing(tmp_path: Path, capsys: Capture) -> None:
    path = write_network(tmp_path)
    path.with_suffix(".json").unlink()
    assert matteo("models", "import", path) == 2
    assert "--side" in capsys.readouterr().err
    assert matteo("models", "import", path, "--side", 64, "--mean", "0.5", "--std", "1,1,0.5") == 0
    capsys.readouterr()
    assert matteo("models", "show", "mean", "--json") == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["licence"], card["trained_on"], card["commercial"]) == ("not stated", [], False)
    assert (card["side"], card["mean"], card["std"]) == (64, [0.5, 0.5, 0.5], [1, 1, 0.5])
    assert card["own"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("import", "mean.onnx", "--name", "matteo"), 1, "comes with matteo"),
        (("import", "mean.onnx", "--side", "64"), 2, "is its card"),
        (("import", "mean.onnx", "--name", "a.b"), 2, "no name for a model"),
        (("import", "gone.onnx"), 1, "no such file"),
        (("import", "half.onnx", "--side", "64"), 1, "cannot be loaded"),
        (("import", "mean.onnx", "--mean", "1,2"), 2, "one number or three"),
        (("import", "other.onnx"), 1, "checksum"),
        (("remove", "matteo"), 1, "comes inside matteo"),
        (("remove", "u2net"), 1, "no model of yours"),
        (("remove", "shop"), 1, "no model of yours is named"),
        (("export", "u2net", "-o", "out"), 1, "MATTEO_OFFLINE"),
        (("show", "shop"), 1, "there are matteo"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture,
    arguments: tuple[str, ...], code: int, says: str,
) -> None:  # fmt: skip
    path = write_network(tmp_path)
    (tmp_path / "half.onnx").write_bytes(path.read_bytes()[:60])
    (tmp_path / "other.onnx").write_bytes(path.read_bytes() + b"\0")
    shutil.copy(path.with_suffix(".json"), tmp_path / "other.json")
    monkeypatch.chdir(tmp_path)
    assert matteo("models", *arguments) == code
    assert says in capsys.readouterr().err
    assert not home.exists() or not list(home.rglob("*.onnx"))
    assert not (tmp_path / "out").exists()


def test_one_damaged_card_hides_no_other_network(tmp_path: Path, home: Path, capsys: Capture) -> None:
    path = write_network(tmp_path)
    assert matteo("models", "import", path, "--name", "one") == 0
    assert matteo("models", "import", path, "--name", "two") == 0
    (home / "my-models" / "one.json").write_text("[")
    capsys.readouterr()
    assert matteo("models") == 1
    said = capsys.readouterr()
    assert "two (yours)" in said.out
    assert "matteo models remove one" in said.err
    assert matteo("models", "remove", "one") == 0
    assert matteo("models") == 0
