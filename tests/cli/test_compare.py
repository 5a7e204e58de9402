"""`matteo compare`: two pictures in one, a folder on a sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from matteo.cli.compare import _opened

from ..picture.made import noise
from ..pictures import photograph, save
from .test_remove import matteo, opened


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    grey = photograph("chelsea").mean(2, keepdims=True).repeat(3, axis=2).astype(np.uint8)
    return save(photograph("chelsea"), tmp_path / "a.png"), save(grey, tmp_path / "b.png")


def test_split_side_and_moving(pair: tuple[Path, Path]) -> None:
    folder = pair[0].parent
    assert matteo("compare", *pair, "-o", folder / "split.png") == 0
    split = np.asarray(opened(folder / "split.png"))
    assert np.array_equal(split[40:, :220], photograph("chelsea")[40:, :220])
    assert np.ptp(split[40:, 230:].astype(int), axis=2).max() == 0
    assert matteo("compare", *pair, "-o", folder / "side.png", "--as", "side") == 0
    assert opened(folder / "side.png").width > 2 * 451
    assert matteo("compare", *pair, "-o", folder / "moving.webp") == 0
    with PilImage.open(folder / "moving.webp") as moving:
        assert moving.n_frames > 10  # type: ignore[attr-defined]


def test_a_folder_on_a_sheet(pair: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    out = tmp_path / "out"
    out.mkdir()
    assert matteo("compare", tmp_path, "-o", out / "sheet.jpg", "--columns", 2, "--tile", 100) == 0
    assert opened(out / "sheet.jpg").width == 2 * 100 + 3 * 12


def test_a_damaged_picture_of_a_folder_is_named_and_left_out(
    pair: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.png").write_bytes(pair[0].read_bytes()[:5000])
    out = tmp_path / "out"
    out.mkdir()
    assert matteo("compare", tmp_path, "-o", out / "sheet.png", "--columns", 3, "--tile", 100) == 1
    assert f"{tmp_path / 'bad.png'}" in capsys.readouterr().err
    assert opened(out / "sheet.png").width == 2 * 100 + 3 * 12
    for path in pair:
        path.unlink()
    assert matteo("compare", tmp_path, "-o", out / "none.png") == 2
    assert "no picture that can be read" in capsys.readouterr().err
    assert not (out / "none.png").exists()


def test_wrong_use(pair: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    wide = save(noise(), tmp_path / "wide.png")
    cases = [
        ([pair[0], "-o", out / "a.png", "--as", "split"], 2, "takes two pictures"),
        ([*pair, "-o", out / "a.png", "--as", "moving"], 2, "does not move"),
        ([out, "-o", out / "a.png"], 2, "holds no pictures"),
        ([*pair, "-o", out / "a.png", "--at", "50"], 2, "write 50% or 0.5"),
        ([*pair, "-o", out / "a.png", "--at", "120%"], 2, "give 0% to 100%"),
        ([pair[0], wide, "-o", out / "a.png"], 2, f"{wide} 60 x 40: before and after need one size; --as side"),
        ([*pair, "-o", pair[0], "--overwrite"], 1, "is the source itself"),
        ([pair[0], out / "missing.png", "-o", out / "a.png"], 1, "no such file"),
    ]
    for arguments, code, said in cases:
        assert matteo("compare", *arguments) == code
        assert said in capsys.readouterr().err
    assert list(out.iterdir()) == []


def test_the_pictures_of_a_sheet_are_opened_small(pair: tuple[Path, Path]) -> None:
    """A folder of them at full size is more than a memory holds."""
    assert {picture.size_hw for _, picture in _opened(list(pair), 50, skip=False)} == {(33, 50)}
    assert {picture.size_hw for _, picture in _opened(list(pair), None, skip=False)} == {(300, 451)}
