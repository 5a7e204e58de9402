"""The command as a user runs it, in its own process where it matters, with the shipped network."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from matteo.cli.main import main
from tests.pictures import ASTRONAUT, photograph, save


def matteo(*arguments: object) -> int:
    """The exit code of `matteo ARGUMENTS`, run in this process."""
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return Path(shutil.copy(ASTRONAUT, tmp_path / "photo.jpg"))


def opened(path: Path) -> PilImage.Image:
    with PilImage.open(path) as picture:
        picture.load()
        return picture


def test_one_picture_beside_itself(photo: Path) -> None:
    before = photo.read_bytes()
    assert matteo(photo) == 0
    cutout = opened(photo.with_name("photo.cutout.png"))
    assert cutout.mode == "RGBA"
    assert cutout.size == (512, 512)
    assert np.asarray(cutout)[100, 225, 3] > 230
    assert cutout.getpixel((300, 200)) == (0, 0, 0, 0)
    assert photo.read_bytes() == before


@pytest.mark.parametrize("suffix", ["png", "webp", "avif", "tiff"])
def test_the_suffix_is_the_format(photo: Path, suffix: str) -> None:
    target = photo.with_name(f"out.{suffix}")
    assert matteo(photo, "-o", target) == 0
    picture = opened(target)
    assert (picture.format or "").lower() == suffix
    assert picture.mode == "RGBA"


def test_jpeg_needs_a_background(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = photo.with_name("out.jpg")
    assert matteo(photo, "-o", target) == 2
    assert "--background" in capsys.readouterr().err
    assert not target.exists()
    assert matteo(photo, "-o", target, "--background", "white") == 0
    picture = opened(target)
    assert picture.format == "JPEG"
    assert np.asarray(picture)[200, 300].min() > 250


def test_a_picture_as_background(photo: Path) -> None:
    beach = save(np.full((40, 60, 3), (10, 200, 90), np.uint8), photo.with_name("beach.png"))
    target = photo.with_name("there.png")
    assert matteo(photo, "--background", beach, "-o", target) == 0
    assert opened(target).convert("RGB").getpixel((300, 200)) == (10, 200, 90)


def test_alpha_only(photo: Path) -> None:
    assert matteo(photo, "--alpha-only") == 0
    assert opened(photo.with_name("photo.alpha.png")).mode == "L"
    import cv2

    deep = photo.with_name("deep.png")
    cv2.imwrite(str(deep), photograph("chelsea").astype(np.uint16) * 257)
    assert matteo(deep, "--alpha-only") == 0
    assert opened(deep.with_name("deep.alpha.png")).mode == "I;16"


def test_nothing_is_overwritten_unless_asked(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = photo.with_name("photo.cutout.png")
    target.write_text("mine")
    assert matteo(photo) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert target.read_text() == "mine"
    assert matteo(photo, "--overwrite") == 0
    assert opened(target).mode == "RGBA"
    before = photo.read_bytes()
    assert matteo(photo, "-o", photo, "--background", "white", "--overwrite") == 1
    assert photo.read_bytes() == before


def test_several_at_once_and_one_bad(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = save(photograph("chelsea"), photo.with_name("cat.png"))
    bad = photo.with_name("bad.jpg")
    bad.write_text("no picture at all")
    assert matteo(photo, bad, other, "--json") == 1
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    assert [line["status"] for line in lines] == ["done", "failed", "done"]
    told = dict.fromkeys(("seconds", "stages", "confidence", "kind", "reasons"), 0)
    assert lines[0] | told == told | {
        "input": str(photo), "output": str(photo.with_name("photo.cutout.png")), "status": "done",
        "size": [512, 512], "model": "matteo", "notes": [], "error": None,
    }  # fmt: skip
    assert lines[1]["output"] is None
    assert "bad.jpg" in lines[1]["error"]
    assert "2 done, 1 failed" in captured.err
    assert other.with_name("cat.cutout.png").exists()


def test_a_folder_keeps_its_tree_and_is_resumed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, cut = tmp_path / "photos", tmp_path / "cut"
    (source / "a" / "b").mkdir(parents=True)
    small = photograph("chelsea")[::2, ::2]
    save(small, source / "one.png")
    save(small, source / "one.jpg")
    save(small[:, ::-1], source / "a" / "two.webp")
    save(small[::-1], source / "a" / "b" / "three.png")
    (source / "a" / "notes.txt").write_text("no picture")
    (source / "._one.jpg").write_bytes(b"\0\5\x16\7")
    assert matteo(source, "-o", cut, "--dry-run") == 0
    assert not cut.exists()
    assert "4 planned" in capsys.readouterr().err
    assert matteo(source, "-o", cut) == 0
    names = sorted(path.relative_to(cut).as_posix() for path in cut.rglob("*.png"))
    assert names == ["a/b/three.png", "a/two.png", "one.jpg.png", "one.png.png"]
    assert "passed over" in capsys.readouterr().err
    stamps = {path: path.stat().st_mtime_ns for path in cut.rglob("*.png")}
    assert matteo(source, "-o", cut, "--json") == 0
    assert {json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()} == {"skipped"}
    assert {path: path.stat().st_mtime_ns for path in cut.rglob("*.png")} == stamps
    assert matteo(source, "-o", cut, "--background", "white") == 1
    assert "--overwrite" in capsys.readouterr().err
    assert matteo(source, "-o", cut, "--background", "white", "--overwrite") == 0
    assert opened(cut / "a" / "two.png").mode == "RGB"


def test_a_pipe(photo: Path) -> None:
    command = [sys.executable, "-m", "matteo", "-"]
    run = subprocess.run(command, input=photo.read_bytes(), capture_output=True, check=True)
    assert run.stderr == b""
    assert run.stdout.startswith(b"\x89PNG")
    broken = subprocess.run(command, input=photo.read_bytes()[:5000], capture_output=True, check=False)
    assert broken.returncode == 1
    assert broken.stdout == b""
    assert broken.stderr.startswith(b"matteo: ")
    assert broken.stderr.count(b"\n") == 1


def test_verbose_tells_model_provider_sizes_and_stages(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert matteo(photo, "-v", "--threads", 1) == 0
    said = capsys.readouterr().err
    for word in ("512 x 512", "model matteo on cpu", "1 threads", "read ", "network ", "foreground "):
        assert word in said


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["none.jpg"], 1, "none.jpg"),
        (["{photo}", "-o", "out.xyz"], 2, "png"),
        (["{photo}", "--model", "nope"], 1, "no model named"),
        (["{photo}", "--provider", "abacus"], 2, "choose one of"),
        (["{photo}", "--background", "no-colour"], 2, "no-colour"),
        (["{photo}", "--alpha-only", "--background", "white"], 2, "--alpha-only"),
        (["{photo}", "--shard", "1/2"], 2, "folder"),
        (["{photo}", "{photo}x", "-o", "{photo}"], 2, "folder"),
        (["{folder}", "{photo}", "-o", "cut"], 2, "one folder at a time"),
        (["{photo}", "-o", ""], 2, "empty"),
        (["{photo}", "-o", "name"], 2, "suffix"),
        (["{folder}", "-o", "-"], 2, "one picture"),
        (["{photo}", "--quality", "50"], 2, "--quality"),
        (["{photo}", "--background", "none.jpg"], 1, "none.jpg"),
        (["{photo}", "--background", ""], 2, "empty"),
        (["{photo}", "{photo}", "-o", "two.png"], 2, "two/"),
        (["-", "--dry-run", "-o", "x.png"], 2, "--dry-run"),
        (["{photo}", "--max-megapixels", "0.1"], 1, "--max-megapixels"),
        (["{folder}"], 2, "-o"),
        (["{photo}", "--nonsense"], 2, "nonsense"),
        (["{photo}", "--format", "webp", "-o", "out.png"], 2, "disagree"),
        (["-", "{photo}"], 2, "alone"),
    ],
)
def test_wrong_use_is_one_line_with_the_remedy(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: list[str], code: int, says: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(photo.parent)
    before = sorted(photo.parent.iterdir())
    filled = [argument.format(photo=photo, folder=photo.parent) for argument in arguments]
    assert matteo(*filled) == code
    said = capsys.readouterr().err
    assert says in said
    assert said.startswith("matteo: ")
    assert said.count("\n") == 1
    assert sorted(photo.parent.iterdir()) == before


def test_models_shows_the_terms(capsys: pytest.CaptureFixture[str]) -> None:
    assert matteo("models") == 0
    said = capsys.readouterr().out
    assert "published for research" in said
    assert "u2netp" in said
    assert matteo("models", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["name"] == "matteo"


def test_metadata_is_carried_or_stripped(tmp_path: Path) -> None:
    exif = PilImage.Exif()
    exif[0x010E] = "a cat"
    exif.get_ifd(0x8825)[1] = "N"
    path = save(photograph("chelsea"), tmp_path / "cat.jpg", exif=exif)
    for options, described, placed in (
        ((), True, True),
        (("--strip-location",), True, False),
        (("--strip",), False, False),
    ):
        target = tmp_path / f"out{len(options)}{described}.png"
        assert matteo(path, "-o", target, *options) == 0
        found = opened(target).getexif()
        assert (found.get(0x010E) == "a cat") is described
        assert bool(found.get_ifd(0x8825)) is placed


def test_stdout_is_for_data(photo: Path) -> None:
    command = [sys.executable, "-m", "matteo", str(photo), "-o", "-"]
    run = subprocess.run(command, capture_output=True, check=True, cwd=photo.parent)
    assert run.stdout.startswith(b"\x89PNG")
    assert run.stderr == b""
    assert sorted(photo.parent.iterdir()) == [photo]


def test_a_pipe_to_a_file_with_json(photo: Path) -> None:
    target = photo.parent / "new" / "cut.webp"
    command = [sys.executable, "-m", "matteo", "-", "-o", str(target), "--json"]
    run = subprocess.run(command, input=photo.read_bytes(), capture_output=True, check=True)
    line = json.loads(run.stdout)
    assert line["status"] == "done"
    assert line["seconds"] > 0
    assert line["output"] == str(target)
    assert opened(target).mode == "RGBA"
    broken = subprocess.run(command, input=b"no picture", capture_output=True, check=False)
    assert broken.returncode == 1
    assert "stdin" in json.loads(broken.stdout)["error"]


def test_a_reader_that_goes_away_is_no_traceback(photo: Path) -> None:
    command = f"{sys.executable} -m matteo {photo} --json | true"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in run.stderr
    assert photo.with_name("photo.cutout.png").exists()


def test_a_folder_for_one_picture_and_a_dry_run_of_it(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = photo.parent / "cut"
    assert matteo(photo, "-o", f"{cut}/", "--dry-run") == 0
    assert "cut/photo.png" in capsys.readouterr().out
    assert not cut.exists()
    assert matteo(photo.parent / "gone.jpg", "--dry-run") == 1
    assert matteo(photo, "-o", f"{cut}/") == 0
    assert [path.name for path in cut.iterdir()] == ["photo.png"]


def test_a_background_with_holes_shows_them_and_jpeg_refuses_it(photo: Path) -> None:
    holes = photo.with_name("holes.png")
    PilImage.new("RGBA", (40, 40), (255, 0, 0, 0)).save(holes)
    assert matteo(photo, "--background", holes, "-o", photo.with_name("x.jpg")) == 2
    assert matteo(photo, "--background", holes, "-o", photo.with_name("x.png")) == 0
    assert opened(photo.with_name("x.png")).mode == "RGBA"


def test_what_a_format_cannot_hold_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import cv2

    deep = tmp_path / "deep.png"
    cv2.imwrite(str(deep), photograph("chelsea").astype(np.uint16) * 257)
    for suffix, notes in (("webp", ["written with 8 bits, as the format holds no 16"]), ("png", [])):
        assert matteo(deep, "-o", tmp_path / f"out.{suffix}", "--json") == 0
        assert json.loads(capsys.readouterr().out)["notes"] == notes


def test_a_full_stdout_is_one_line(photo: Path) -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "matteo", str(photo), "-o", "-"]
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert run.returncode == 1
    assert b"stdout cannot be written" in run.stderr
    assert b"Traceback" not in run.stderr


def test_alpha_only_is_the_alpha(photo: Path) -> None:
    import matteo as library

    assert matteo(photo, "--alpha-only") == 0
    written = np.asarray(opened(photo.with_name("photo.alpha.png")))
    assert (written == np.rint(library.alpha(photo) * 255)).all()


def test_a_terminal_sees_a_bar_and_the_failures_above_it(photo: Path) -> None:
    import os
    import pty

    bad = photo.with_name("bad.jpg")
    bad.write_text("no picture")
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "matteo", str(photo), str(bad), "--json"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=child, env={**os.environ, "TERM": "xterm"})
    os.close(child)
    seen = b""
    while chunk := _read(parent):
        seen += chunk
    lines = run.communicate()[0].splitlines()
    assert run.returncode == 1
    assert [json.loads(line)["status"] for line in lines] == ["done", "failed"]
    assert b"2/2" in seen
    assert b"pictures/s" in seen
    assert b"bad.jpg: is no picture" in seen.replace(b"\r\n", b"\n")


def _read(terminal: int) -> bytes:
    import os

    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""


def test_a_new_refiner_makes_a_folders_fine_edges_anew_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import onnx

    from matteo.models import companions
    from matteo.models.weights import digest

    source, masks = tmp_path / "photos", tmp_path / "masks"
    for folder in (source, masks):
        folder.mkdir()
    save(photograph("chelsea")[::4, ::4], source / "a.png")
    save(np.full((75, 113), 255, np.uint8), masks / "a.png")

    def statuses(*edges: str) -> list[str]:
        code = matteo(source, "-o", tmp_path / edges[-1], "--mask", masks, "--edges", *edges, "--json")
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert (code == 1) is (lines[0]["status"] == "failed")
        return [line["status"] + (": another model" if "another model" in str(line["error"]) else "") for line in lines]

    assert statuses("fine") == statuses("fast") == ["done"]
    assert statuses("fine") == statuses("fast") == ["skipped"]
    changed = Path(shutil.copytree(companions.FOLDER / "refiner", tmp_path / "refiner"))
    network = onnx.load(str(changed / "refiner.onnx"))
    network.doc_string = "another"
    onnx.save(network, str(changed / "refiner.onnx"))
    card = json.loads((changed / "refiner.json").read_text())
    card["checksum"] = "sha256:" + digest(changed / "refiner.onnx", "sha256")
    (changed / "refiner.json").write_text(json.dumps(card))
    monkeypatch.setattr(companions, "FOLDER", tmp_path)
    assert statuses("fast") == ["skipped"]
    assert statuses("fine") == ["failed: another model"]


def test_a_pipe_into_a_folder_that_is_a_file_is_told_why(photo: Path) -> None:
    command = [sys.executable, "-m", "matteo", "-", "-o", str(photo / "cut.png"), "--edges", "none"]
    run = subprocess.run(command, input=photo.read_bytes(), capture_output=True, check=False, text=False)
    assert run.returncode == 1
    assert b"photo.jpg: cannot be made" in run.stderr
    assert run.stderr.count(b"\n") == 1
