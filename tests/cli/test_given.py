"""--mask, --trimap and what is done to edges, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PilImage

from tests.cli.test_remove import matteo, opened
from tests.pictures import photograph, save

MASK = np.zeros((60, 90), np.uint8)
MASK[20:40, 20:60] = 255


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save(np.ascontiguousarray(photograph("chelsea")[:120, :180]), tmp_path / "photo.png")


def alpha_of(path: Path) -> NDArray[np.uint8]:
    return np.asarray(opened(path), np.uint8)[..., 3]


def test_a_mask_in_place_of_the_network(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mask = save(MASK, photo.with_name("m.png"))
    assert matteo(photo, "--mask", mask, "--edges", "none", "--json") == 0
    line = json.loads(capsys.readouterr().out)
    assert line["model"] == "mask"
    assert line["confidence"] is None
    alpha = alpha_of(photo.with_name("photo.cutout.png"))
    assert (alpha[45:75, 45:115] == 255).all()
    assert (alpha[:35] == 0).all()


def test_a_trimap_and_grow_and_feather(photo: Path) -> None:
    trimap = np.full((120, 180), 128, np.uint8)
    trimap[:30], trimap[80:] = 0, 255
    known = save(trimap, photo.with_name("t.png"))
    target = photo.with_name("out.png")
    assert matteo(photo, "--trimap", known, "--edges", "fast", "-o", target) == 0
    plain = alpha_of(target)
    assert (plain[:30] == 0).all()
    assert (plain[80:] == 255).all()
    options = ["--trimap", known, "--edges", "fast", "-o", target, "--overwrite"]
    assert matteo(photo, *options, "--grow", "2.5") == 0
    assert alpha_of(target).astype(int).sum() > plain.astype(int).sum()
    assert matteo(photo, *options, "--shrink", "1%", "--feather", "4") == 0
    assert alpha_of(target).astype(int).sum() < plain.astype(int).sum()


def test_a_folder_of_masks_by_the_same_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, masks, cut = tmp_path / "photos", tmp_path / "masks", tmp_path / "cut"
    for name in ("a/one.jpg", "two.png", "three.png"):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        save(np.ascontiguousarray(photograph("chelsea")[:120, :180]), photos / name)
    (masks / "a").mkdir(parents=True)
    save(MASK, masks / "a" / "one.png")
    save(MASK, masks / "two.png")
    options = [photos, "--mask", masks, "-o", cut, "--edges", "none", "--json"]
    assert matteo(*options) == 1
    captured = capsys.readouterr()
    lines = {Path(line["input"]).name: line for line in map(json.loads, captured.out.splitlines())}
    assert {name: line["status"] for name, line in lines.items()} == {
        "one.jpg": "done", "two.png": "done", "three.png": "failed",
    }  # fmt: skip
    assert "masks/three.png" in lines["three.png"]["error"]
    # With the missing mask there, the rest is not done anew; another mask is another picture.
    save(MASK, masks / "three.tif")
    save(np.roll(MASK, 15, 0), masks / "two.png")
    assert matteo(*options) == 1
    lines = {Path(line["input"]).name: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {name: line["status"] for name, line in lines.items()} == {
        "one.jpg": "skipped", "two.png": "failed", "three.png": "done",
    }  # fmt: skip
    assert matteo(*options, "--overwrite") == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--mask", "none.png"], 1, "none.png"),
        (["--mask", "{wide}"], 2, "aspect"),
        (["--trimap", "{photo}"], 2, "colour picture"),
        (["--edges", "sharp"], 2, "sharp"),
        (["--grow", "far"], 2, "per cent"),
        (["--feather", "90%"], 2, "tenth"),
        (["{photo}x", "--mask", "{wide}", "-o", "cut/"], 2, "folder"),
    ],
)
def test_wrong_use_is_one_line(
    photo: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, says: str
) -> None:
    wide = save(np.zeros((60, 140), np.uint8), photo.with_name("wide.png"))
    filled = [argument.format(photo=photo, wide=wide) for argument in arguments]
    got = matteo(photo, *filled)
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert got in (1, code)
    assert not photo.with_name("photo.cutout.png").exists()


def test_a_mask_in_a_pipe(photo: Path) -> None:
    mask = PilImage.fromarray(MASK)
    mask.save(photo.with_name("m.png"))
    out = photo.with_name("piped.png")
    import subprocess
    import sys

    command = [sys.executable, "-m", "matteo", "-", "-o", out, "--mask", photo.with_name("m.png"), "--edges", "none"]
    done = subprocess.run([str(part) for part in command], input=photo.read_bytes(), capture_output=True, check=True)
    assert b"piped.png" in done.stderr
    assert (alpha_of(out)[45:75, 45:115] == 255).all()


def test_in_the_folder_itself_masks_go_by_their_place_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`matteo . --mask ../masks`: sub/a.png has a mask of its own, a.png another."""
    photos, masks, cut = tmp_path / "photos", tmp_path / "masks", tmp_path / "cut"
    for folder in (photos / "sub", masks / "sub"):
        folder.mkdir(parents=True)
    for name in ("a.png", "sub/a.png"):
        save(np.ascontiguousarray(photograph("chelsea")[:60, :90]), photos / name)
    save(MASK, masks / "a.png")
    save(255 - MASK, masks / "sub" / "a.png")
    monkeypatch.chdir(photos)
    assert matteo(".", "--mask", "../masks", "-o", cut, "--edges", "none") == 0
    assert alpha_of(cut / "a.png")[30, 40] == 255
    assert alpha_of(cut / "sub" / "a.png")[30, 40] == 0


def test_a_mask_is_never_replaced_by_a_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos, masks = tmp_path / "photos", tmp_path / "masks"
    photos.mkdir()
    masks.mkdir()
    picture = save(np.ascontiguousarray(photograph("chelsea")[:60, :90]), photos / "a.png")
    mask = save(MASK, masks / "a.png")
    before = mask.read_bytes()
    assert matteo(photos, "--mask", masks, "-o", masks, "--overwrite", "--edges", "none") == 2
    assert "the folder of --mask" in capsys.readouterr().err
    assert matteo(picture, "--mask", mask, "-o", mask, "--overwrite", "--edges", "none") == 1
    behind = save(np.ascontiguousarray(photograph("coffee")[:60, :90]), tmp_path / "behind.png")
    held = behind.read_bytes()
    options = ["--background", behind, "--edges", "none", "--mask", mask, "-o", behind, "--overwrite"]
    assert matteo(picture, *options) == 1
    assert (mask.read_bytes(), behind.read_bytes()) == (before, held)
