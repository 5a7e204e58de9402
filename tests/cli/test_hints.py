"""What belongs to the subject, said on the command line: points, strokes, boxes, painted masks, files of hints."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.cli.test_given import alpha_of
from tests.cli.test_remove import matteo
from tests.pictures import photograph, save


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save(np.ascontiguousarray(photograph("chelsea")[::2, ::2]), tmp_path / "photo.png")


def painted(shape: tuple[int, int], rows: slice, columns: slice) -> NDArray[np.uint8]:
    mask = np.zeros(shape, np.uint8)
    mask[rows, columns] = 255
    return mask


def test_outside_of_the_box_nothing_is_left_and_the_other_network_is_named(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert matteo(photo, "--box", "10,10%,60%,140", "--keep", "75,75", "--drop", "0,0,8,8", "--json") == 0
    line = json.loads(capsys.readouterr().out)
    assert line["model"] == "selector"
    assert 0 < line["confidence"] <= 1
    alpha = alpha_of(photo.with_name("photo.cutout.png"))
    height, width = alpha.shape
    assert (alpha[: round(0.1 * height)] == 0).all()
    assert (alpha[:, round(0.6 * width) :] == 0).all()
    assert (alpha[:, :10] == 0).all()
    assert (alpha[140:] == 0).all()
    assert alpha[75, 75] == 255


def test_painted_masks_are_followed_to_the_pixel(photo: Path) -> None:
    shape = alpha_shape(photo)
    keep = save(painted(shape, slice(0, 20), slice(180, 220)), photo.with_name("keep.png"))
    drop = save(painted(shape, slice(60, 90), slice(60, 90)), photo.with_name("drop.png"))
    assert matteo(photo, "--keep-mask", keep, "--drop-mask", drop) == 0
    alpha = alpha_of(photo.with_name("photo.cutout.png"))
    assert (alpha[0:20, 180:220] == 255).all()
    assert (alpha[60:90, 60:90] == 0).all()


def alpha_shape(photo: Path) -> tuple[int, int]:
    from PIL import Image as PilImage

    with PilImage.open(photo) as file:
        return file.height, file.width


def test_a_mask_of_ones_own_is_corrected(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shape = alpha_shape(photo)
    mask = save(painted(shape, slice(20, 140), slice(20, 160)), photo.with_name("m.png"))
    assert matteo(photo, "--mask", mask, "--box", "0,0,50%,100%", "--json") == 0
    assert json.loads(capsys.readouterr().out)["model"] == "selector"
    assert (alpha_of(photo.with_name("photo.cutout.png"))[:, shape[1] // 2 + 1 :] == 0).all()


def folders(photo: Path, home: Path, *names: str) -> list[Path]:
    """Folders of these names, the first with the photograph as a.png and b.png."""
    made = [home / name for name in names]
    for one in made:
        one.mkdir()
    for name in ("a", "b"):
        (made[0] / f"{name}.png").write_bytes(photo.read_bytes())
    return made


def test_a_folder_with_hints_for_some_and_a_changed_one_is_made_anew(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, hints = folders(photo, tmp_path, "in", "hints")
    save(painted(alpha_shape(photo), slice(0, 30), slice(0, 30)), hints / "painted.png")
    (hints / "a.toml").write_text('box = [0, 0, "50%", "100%"]\nkeep-mask = "painted.png"\n')
    run = (folder, "-o", tmp_path / "out", "--hints", hints, "--edges", "fast", "--json")
    assert matteo(*run) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    models = {Path(line["input"]).name: line["model"] for line in lines if "input" in line}
    assert models == {"a.png": "selector", "b.png": "matteo"}
    assert (alpha_of(tmp_path / "out" / "a.png")[:30, :30] == 255).all()
    assert alpha_of(tmp_path / "out" / "b.png")[:, 120:].any()

    assert matteo(*run) == 0
    assert {json.loads(line)["status"] for line in capsys.readouterr().out.splitlines() if "input" in line} == {
        "skipped"
    }
    save(painted(alpha_shape(photo), slice(0, 10), slice(0, 10)), hints / "painted.png")
    assert matteo(*run) == 1
    assert "made of other bytes" in capsys.readouterr().err
    assert matteo(*run, "--overwrite") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    status = {Path(line["input"]).name: line["status"] for line in lines if "input" in line}
    assert status == {"a.png": "done", "b.png": "skipped"}


def test_a_file_of_hints_that_makes_no_sense_fails_its_picture_alone(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, hints = folders(photo, tmp_path, "in", "hints")
    (hints / "a.toml").write_text("keep = [[5000, 5]]\n")
    assert matteo(folder, "-o", tmp_path / "out", "--hints", hints, "--edges", "fast") == 1
    said = capsys.readouterr().err
    assert "5000 is outside of the picture, which has 226 pixels" in said
    assert (tmp_path / "out" / "b.png").exists()
    assert not (tmp_path / "out" / "a.png").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--keep", "5"], "is no point"), (["--box", "1,2,3"], "is no box"),
        (["--keep", "9999,1"], "outside of the picture"),
        (["--hints", "none.toml"], "no such file"), (["--box", "0,0,10,10", "--keep", "50,50"], "outside of the box"),
        (["--keep", "-5,1"], "outside of the picture"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said_and_nothing_is_written(
    photo: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert matteo(photo, *options) in (1, 2)
    assert said in capsys.readouterr().err
    assert not photo.with_name("photo.cutout.png").exists()


def test_a_mask_to_keep_that_becomes_one_to_drop_is_another_result(photo: Path, tmp_path: Path) -> None:
    folder, keep, drop = folders(photo, tmp_path, "in", "keep", "drop")
    mask = painted(alpha_shape(photo), slice(0, 30), slice(0, 30))
    save(mask, keep / "a.png")
    save(mask, drop / "b.png")
    run = (folder, "-o", tmp_path / "out", "--keep-mask", keep, "--drop-mask", drop, "--edges", "fast")
    assert matteo(*run) == 0
    assert (alpha_of(tmp_path / "out" / "a.png")[:30, :30] == 255).all()
    (keep / "a.png").rename(drop / "a.png")
    save(mask, keep / "b.png")
    assert matteo(*run, "--overwrite") == 0
    assert (alpha_of(tmp_path / "out" / "a.png")[:30, :30] == 0).all()


def test_hints_beside_their_pictures_are_no_pictures(photo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").write_bytes(photo.read_bytes())
    save(painted(alpha_shape(photo), slice(0, 30), slice(0, 30)), folder / "paint.png")
    (folder / "a.toml").write_text('keep-mask = "paint.png"\n')
    assert matteo(folder, "-o", tmp_path / "out", "--hints", folder, "--edges", "fast") == 0
    assert [path.name for path in (tmp_path / "out").glob("*.png")] == ["a.png"]


def test_a_folder_of_hints_for_other_pictures_is_refused(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, hints = tmp_path / "in", tmp_path / "hints"
    folder.mkdir()
    hints.mkdir()
    (folder / "a.png").write_bytes(photo.read_bytes())
    (hints / "other.toml").write_text("keep = [[5, 5]]\n")
    assert matteo(folder, "-o", tmp_path / "out", "--hints", hints) == 2
    assert "holds no TOML file of the name of any picture" in capsys.readouterr().err


def test_a_trimap_beside_hints_is_refused(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trimap = save(painted(alpha_shape(photo), slice(0, 30), slice(0, 30)), photo.with_name("t.png"))
    assert matteo(photo, "--trimap", trimap, "--keep", "75,75") == 2
    assert "give it, or hints" in capsys.readouterr().err
