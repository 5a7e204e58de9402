"""Editing on the command line: options, presets, layered files, folders that go on where they were."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from matteo.picture.colour import srgb_to_profile, widen
from matteo.picture.geometry import resize
from matteo.picture.image import Image, Metadata
from matteo.picture.read import read

from ..picture.made import display_p3, ellipse, noise, saved
from ..pictures import ASTRONAUT, photograph, save
from .test_remove import matteo, opened


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATTEO_HOME", str(tmp_path / "home"))
    return Path(shutil.copy(ASTRONAUT, tmp_path / "photo.jpg"))


def pixels(path: Path) -> NDArray[np.uint8]:
    return np.asarray(opened(path))


def test_product_on_white(photo: Path) -> None:
    out = photo.with_name("out.png")
    arguments = ["--background", "white", "--fill", "80%", "--size", "300x400", "--shadow", "contact"]
    assert matteo(photo, *arguments, "-o", out) == 0
    image = pixels(out)
    assert image.shape == (400, 300, 3)
    assert (image[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()
    columns = np.nonzero((image.min(2) < 200).any(0))[0]
    assert np.ptp(columns) + 1 == pytest.approx(0.8 * 300, abs=8)


def test_a_preset_names_its_format_and_its_own_options_win(photo: Path) -> None:
    assert matteo(photo, "--preset", "amazon", "--size", "500x500") == 0
    image = opened(photo.with_name("photo.cutout.jpg"))
    assert (image.format, image.size) == ("JPEG", (500, 500))
    assert (np.asarray(image)[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()  # pure white in the file, too
    assert (
        matteo(photo, "--preset", "amazon", "--background", "none", "--size", "200x200", "-o", photo.with_name("a.png"))
        == 0
    )
    assert opened(photo.with_name("a.png")).mode == "RGBA"


def test_a_look_of_ones_own(photo: Path) -> None:
    assert matteo("look", "save", "shop", "--background", "#ff0000", "--outline", "10") == 0
    assert matteo(photo, "--preset", "shop", "-o", photo.with_name("a.png")) == 0
    image = pixels(photo.with_name("a.png"))
    assert (image[5, 5] == (255, 0, 0)).all()
    assert (image == 255).all(2).sum() > 500  # the outline


def test_the_originals_own_background(photo: Path) -> None:
    out = photo.with_name("pop.png")
    assert matteo(photo, "--effect", "pop", "-o", out) == 0
    image = pixels(out).astype(int)
    assert np.ptp(image[200, 300]) == 0
    assert np.ptp(image[420, 120]) > 40
    assert matteo(photo, "--background", "blur:15", "-o", photo.with_name("blur.png")) == 0
    blurred, source = pixels(photo.with_name("blur.png")).astype(int), np.asarray(photograph("astronaut"), int)
    detail = [np.abs(np.diff(picture[20:100, 350:450], n=2, axis=1)).mean() for picture in (blurred, source)]
    assert detail[0] < detail[1] / 3


def test_a_deep_and_wide_source_stays_so_and_its_background_is_converted(photo: Path) -> None:
    wide, beach, mask = (photo.with_name(f"{name}.png") for name in ("wide", "beach", "mask"))
    Image(widen(photograph("coffee")), metadata=Metadata(icc=display_p3())).save(wide)
    save(np.full((40, 60, 3), (10, 250, 10), np.uint8), beach)
    save(np.rint(ellipse(400, 600)[..., None].repeat(3, axis=2) * 255).astype(np.uint8), mask)
    out = photo.with_name("out.png")
    drawn = ["--shadow", "drop", "--outline", "4", "--harmonize", "30%"]
    assert matteo(wide, "--mask", mask, "--background", beach, *drawn, "-o", out) == 0
    found = read(out)
    assert (found.depth, found.metadata.icc) == (16, display_p3())
    green = srgb_to_profile((10, 250, 10), display_p3(), 16)
    assert np.abs(found.rgb[0, 0].astype(int) - green).max() <= 257


def test_a_folder_comes_out_as_a_series(photo: Path) -> None:
    """Of two sizes, on one canvas: the subject as large, and on the same line."""
    folder, out = photo.parent / "in", photo.parent / "out"
    folder.mkdir()
    save(photograph("coffee"), folder / "a.png")
    save(resize(photograph("coffee"), (280, 420)), folder / "b.png")
    assert matteo(folder, "-o", out, "--background", "white", "--effect", "align:size=300x300") == 0
    edges = []
    for name in ("a", "b"):
        image = pixels(out / f"{name}.png")
        assert image.shape == (300, 300, 3)
        rows = np.flatnonzero((image.min(2) < 128).any(1))
        edges.append((rows[0], rows[-1]))
        assert rows[-1] == pytest.approx(270, abs=5)
    assert np.abs(np.subtract(edges[0], edges[1])).max() <= 6


@pytest.mark.parametrize("suffix", ["psd", "ora", "exr"])
def test_layered_files(photo: Path, suffix: str) -> None:
    target = photo.with_name(f"out.{suffix}")
    assert matteo(photo, "--background", "#204060", "--shadow", "drop", "-o", target) == 0
    if suffix == "psd":
        from psd_tools import PSDImage

        layers = list(PSDImage.open(target))
        assert [layer.name for layer in layers] == ["original", "background", "drop shadow", "subject"]
        assert layers[-1].has_mask()
        flat = photo.with_name("flat.png")
        assert matteo(photo, "--background", "#204060", "--shadow", "drop", "-o", flat) == 0
        assert np.abs(pixels(flat).astype(int) - pixels(target)).max() <= 1
    assert target.stat().st_size > 10_000


def test_straight_colours_are_for_exr(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import OpenEXR

    assert matteo(photo, "--straight", "-o", photo.with_name("a.exr")) == 0
    assert OpenEXR.File(str(photo.with_name("a.exr"))).header()["comments"].startswith("straight")
    assert matteo(photo, "--straight", "-o", photo.with_name("a.png")) == 2
    assert "--straight is for EXR" in capsys.readouterr().err


def test_a_folder_run_goes_on_only_where_the_look_is_the_same(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out, beach = photo.parent / "in", photo.parent / "out", photo.parent / "beach.png"
    folder.mkdir()
    for name in ("a", "b"):
        save(photograph("chelsea"), folder / f"{name}.png")
    beach.write_bytes(saved(noise(), "PNG"))

    def statuses(*arguments: str | Path) -> list[str]:
        assert matteo(folder, "-o", out, "--json", *arguments) in (0, 1)
        return [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()]

    assert statuses("--outline", "5", "--background", beach) == ["done"] * 2
    assert statuses("--outline", "5", "--background", beach) == ["skipped"] * 2
    moved = beach.rename(beach.with_name("sea.png"))
    assert statuses("--outline", "5", "--background", moved) == ["skipped"] * 2  # its bytes count, not its name
    assert statuses("--outline", "6", "--background", moved) == ["failed"] * 2  # other options: nothing is replaced
    assert statuses("--outline", "6", "--background", moved, "--overwrite") == ["done"] * 2
    moved.write_bytes(saved(noise(seed=3), "PNG"))
    assert statuses("--outline", "6", "--background", moved, "--overwrite") == ["done"] * 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--preset", "amazn"], "did you mean amazon?"),
        (["--effect", "stiker"], "did you mean sticker?"),
        (["--effect", "outline:widht=3"], "did you mean width?"),
        (["--background", "whiet"], "did you mean white?"),
        (["--margin", "5"], "margin is 5: write 5% or 0.05"),
        (["--size", "0"], "give a width and a height, as 2000x2000"),
        (["--grow", "abc"], "is no distance"),
        (["--feather", "30%"], "more than a tenth"),
        (["--position", "botom"], "did you mean bottom?"),
        (["--shadow", "dropp"], "did you mean drop?"),
        (["--size", "0x100"], "from 1 to 30000"),
        (["--size", "1000000x1000000"], "from 1 to 30000"),
        (["--outline", "thick"], "is no length"),
        (["--fill", "85%", "--margin", "5%"], "give one of them"),
        (["--harmonize"], "give a background too"),
        (["--glow", ""], "--glow is empty"),
        (["--alpha-only", "--outline", "4"], "leave one of the two out"),
        (["--effect", "avatar", "--background", "red"], "leave out the background"),
    ],
)
def test_wrong_use_is_named_and_nothing_written(
    photo: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert matteo(photo, *arguments) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in photo.parent.iterdir()] == ["photo.jpg"]


def test_a_missing_background_fails_and_writes_nothing(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert matteo(photo, "--background", photo.with_name("beach.jpg")) == 1
    assert "no such file" in capsys.readouterr().err
    assert [path.name for path in photo.parent.iterdir()] == ["photo.jpg"]


def test_an_edited_picture_without_a_subject_fails_and_is_not_written(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A white square for a shop that shows nothing is no success. The empty cut-out itself still is made, with a
    note."""
    plain = photo.with_name("plain.png")
    save(np.full((120, 160, 3), 128, np.uint8), plain)
    for arguments in (["--preset", "amazon"], ["--outline", "9"]):
        assert matteo(plain, *arguments, "-o", photo.with_name("out.png"), "--overwrite") == 1
        assert "no subject was found" in capsys.readouterr().err
        assert not photo.with_name("out.png").exists()
    assert matteo(plain, "-o", photo.with_name("out.png")) == 0
    assert "no subject found: the cut-out is empty" in capsys.readouterr().err


def test_a_limit_that_was_raised_reaches_every_picture(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    beach = save(noise(400, 900), photo.with_name("beach.png"))
    out = photo.with_name("out.png")
    for arguments in (["--background", beach], ["--effect", f"picture:{beach}"]):
        assert matteo(photo, *arguments, "--max-megapixels", "0.3", "-o", out) == 1
        assert "more than the limit" in capsys.readouterr().err
    wide = ["--effect", f"picture:{beach}", "--size", "1000x900", "-o", out]
    assert matteo(photo, *wide, "--max-megapixels", "0.8") == 1
    assert "0.8 megapixels" in capsys.readouterr().err
    assert matteo(photo, *wide, "--max-megapixels", "1") == 0
