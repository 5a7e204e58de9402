"""The browser's runtime: pinned, verified, whole or not there at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from matteo.errors import WeightsDamaged, WeightsUnavailable
from matteo.server import page_runtime
from matteo.server.page_runtime import FILES, LICENCES, fetch, is_built, main, packed

from .test_access import AXE


def test_what_was_fetched_is_all_of_it_with_its_licence() -> None:
    folder = fetch()
    assert is_built()
    assert (folder / FILES[1]).read_bytes()[:4] == b"\0asm"
    assert "MIT License" in (folder / LICENCES[0]).read_text(encoding="utf-8")
    assert sum(one.stat().st_size for one in folder.iterdir()) < 16e6


def test_a_package_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsDamaged, match="not the one that was pinned"):
        packed(AXE[0], AXE[1], "sha512-" + "A" * 86 + "==", tmp_path)


def test_without_npm_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WeightsUnavailable, match=r"install Node\.js"):
        fetch(tmp_path / "vendor")
    assert list(tmp_path.iterdir()) == []


def test_half_of_it_is_not_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILES[0]).write_bytes(b"")
    assert not is_built(tmp_path)
    monkeypatch.setattr(page_runtime, "VENDOR", tmp_path)
    assert not is_built()


def test_the_command_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "page_runtime fetch" in capsys.readouterr().err
