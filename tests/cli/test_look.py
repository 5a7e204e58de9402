"""`matteo look`: kept in the user's folder, used by name, and never half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..pictures import photograph, save
from .test_remove import matteo


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATTEO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_save_list_show_remove(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert matteo("look", "save", "shop", "--preset", "amazon", "--outline", "4", "--fill", "80%") == 0
    assert [path.name for path in (home / "looks").iterdir()] == ["shop.toml"]
    capsys.readouterr()
    assert matteo("look", "list") == 0
    listed = capsys.readouterr().out.splitlines()
    assert any(line.startswith("amazon ") for line in listed)
    assert listed[-1].split() == ["shop", "yours"]
    assert matteo("look", "show", "shop") == 0
    shown = capsys.readouterr().out
    assert 'fill = "80%"' in shown
    assert 'size = "2000x2000"' in shown
    assert matteo("look", "remove", "shop") == 0
    assert list((home / "looks").iterdir()) == []


def test_a_shipped_one_is_shown_with_its_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert matteo("look", "show", "google") == 0
    assert "# source: https://support.google.com/merchants/answer/6324350" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["save", "amazon", "--fill", "80%"], "matteo's own"),
        (["save", "shop", "--preset", "amazn"], "did you mean amazon?"),
        (["save", "shop", "--effect", "stiker"], "did you mean sticker?"),
        (["save", "shop", "--size", "0x0"], "from 1 to 30000"),
        (["save", "shop", "--background", "whit"], "did you mean white?"),
        (["save", "shop"], "would do nothing"),
        (["lst"], "Did you mean 'list'?"),
        (["save", "shop", "--shadow", " "], "--shadow is empty"),
        (["show", "shop"], "is no preset"),
        (["remove", "shop"], "no look"),
    ],
)
def test_wrong_use_is_named_and_nothing_kept(
    home: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert matteo("look", *arguments) == 2
    assert said in capsys.readouterr().err
    assert not home.exists()


def test_a_background_picture_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ..picture.made import noise, saved

    (tmp_path / "beach.png").write_bytes(saved(noise(), "PNG"))
    monkeypatch.chdir(tmp_path)
    assert matteo("look", "save", "sea", "--background", "beach.png") == 0
    assert matteo("look", "save", "tiles", "--background", "tile:beach.png") == 0
    capsys.readouterr()
    for name, kept in (("sea", tmp_path / "beach.png"), ("tiles", f"tile:{tmp_path / 'beach.png'}")):
        assert matteo("look", "show", name) == 0
        assert f'background = "{kept}"' in capsys.readouterr().out


def test_all_effects_are_listed_with_their_values(capsys: pytest.CaptureFixture[str]) -> None:
    from matteo.effects.table import TABLE

    assert matteo("look", "effects") == 0
    out = capsys.readouterr().out
    for name, entry in TABLE.items():
        assert f"\n{name} " in f"\n{out}"
        for parameter in entry.parameters:
            assert f"  {parameter} " in out


def test_a_slip_in_a_commands_name_is_no_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert matteo("lok", "list") == 2
    assert "did you mean matteo look?" in capsys.readouterr().err
    (tmp_path / "lok").write_bytes(b"no picture")
    assert matteo(tmp_path / "lok", "-o", tmp_path / "a.png") == 1
    assert "is no picture" in capsys.readouterr().err


def test_its_pictures_are_found_from_any_folder(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save(photograph("coffee"), tmp_path / "beach.png")
    monkeypatch.chdir(tmp_path)
    assert matteo("look", "save", "a", "--background", "contain:./beach.png") == 0
    assert matteo("look", "save", "b", "--effect", "picture:beach.png,contain") == 0
    capsys.readouterr()
    for name, written in (("a", f"contain:{tmp_path}/beach.png"), ("b", f"picture:{tmp_path}/beach.png,contain")):
        assert matteo("look", "show", name) == 0
        assert written in capsys.readouterr().out
