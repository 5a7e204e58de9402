"""Pairs as they come out of a set, and what is said of sets that cannot be used."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from matteo.errors import DataError
from matteo.learning.data import is_held_out, pairs_of, trainable
from tests.learning.sets import disc, piece, two_folders
from tests.pictures import save


def tarred(folder: Path, target: Path) -> Path:
    with tarfile.open(target, "w") as tar:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                tar.add(path, path.relative_to(folder).as_posix())
    return target


def test_four_layouts_give_the_same_pairs(tmp_path: Path) -> None:
    apart = two_folders(tmp_path / "apart", 3)
    beside, transparent = tmp_path / "beside", tmp_path / "transparent"
    beside.mkdir()
    transparent.mkdir()
    for index in range(3):
        save(piece(index), beside / f"a{index:02}.webp", lossless=True)
        save(disc(index), beside / f"a{index:02}.png")
        save(np.dstack([piece(index), disc(index)]), transparent / f"a{index:02}.png")
    sets = (apart, beside, transparent, tarred(apart, tmp_path / "a.tar"), tarred(beside, tmp_path / "b.tar"))
    for path in (*sets, tarred(transparent, tmp_path / "t.tar")):
        pairs = list(pairs_of(path))
        assert [pair.key for pair in pairs] == ["a00", "a01", "a02"], path
        for index, pair in enumerate(pairs):
            assert (pair.rgb == piece(index)).all()
            assert (pair.mask == disc(index)).all()


def test_keep_and_longest(tmp_path: Path) -> None:
    pairs = list(pairs_of(two_folders(tmp_path, 25), is_held_out, longest=64))
    assert [pair.key for pair in pairs] == ["a00", "a20"]
    assert {pair.rgb.shape for pair in pairs} == {(48, 64, 3)}
    assert {pair.mask.shape for pair in pairs} == {(48, 64)}


def test_a_tar_of_pictures_alone_is_a_set_of_backgrounds(tmp_path: Path) -> None:
    save(piece(1), tmp_path / "ground.jpg")
    (pair,) = pairs_of(tarred(tmp_path, tmp_path / "g.tar"))
    assert not pair.mask.any()


@pytest.mark.parametrize("mode", ["grey", "rgb", "rgba", "alpha", "sixteen", "bits"])
def test_a_mask_is_read_whatever_it_is_stored_as(tmp_path: Path, mode: str) -> None:
    mask = np.where(disc() > 127, 255, 0).astype(np.uint8) if mode == "bits" else disc()
    rgb, opaque = np.dstack([mask] * 3), np.full_like(mask, 255)
    stored = {
        "grey": mask, "rgb": rgb, "rgba": np.dstack([rgb, opaque]), "alpha": np.dstack([piece(0), mask]),
        "sixteen": mask.astype(np.uint16) * 257, "bits": mask > 0,
    }  # fmt: skip
    save(piece(0), tmp_path / "a.jpg")
    save(stored[mode], tmp_path / "a.png")
    (pair,) = pairs_of(tmp_path)
    assert pair.mask.dtype == np.uint8
    assert (pair.mask == mask).all()


def test_a_picture_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    exif = PilImage.Exif()
    exif[274] = 6  # stored lying on its side
    save(np.ascontiguousarray(np.rot90(piece(0))), tmp_path / "a.webp", lossless=True, exif=exif)
    save(disc(), tmp_path / "a.png")
    (pair,) = pairs_of(tmp_path)
    assert (pair.rgb == piece(0)).all()


def broken(root: Path, what: str) -> Path:
    path = two_folders(root)
    masks = path / "masks"
    if what == "sizes":
        save(disc()[:-8], masks / "a03.png")
    elif what == "unreadable picture":
        (path / "images" / "a03.png").write_bytes((path / "images" / "a03.png").read_bytes()[:900])
    elif what == "unreadable mask":
        (masks / "a03.png").write_bytes(b"no mask")
    elif what == "missing":
        (masks / "a03.png").unlink()
    elif what == "mask alone":
        save(disc(), masks / "b.png")
    elif what == "zero and one":
        save((disc() > 127).astype(np.uint8), masks / "a03.png")
    elif what == "colours":
        save(np.dstack([disc(), 0 * disc(), 0 * disc()]), masks / "a03.png")
    elif what == "palette":
        picture = PilImage.fromarray((disc() > 127).astype(np.uint8), "P")
        picture.putpalette([0, 0, 0, 128, 0, 0])
        picture.save(masks / "a03.png")
    return path


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("sizes", r"a03\.png: is 128 x 88, its picture 128 x 96"),
        ("unreadable picture", r"a03\.png: damaged"),
        ("unreadable mask", r"a03\.png: the mask cannot be read"),
        ("missing", "a03 is without a mask"),
        ("mask alone", "b a mask without a picture"),
        ("zero and one", r"a03\.png: the mask's brightest value is 1 of 255"),
        ("colours", r"a03\.png: the mask is coloured"),
        ("palette", r"a03\.png: the mask is coloured"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, what: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        list(pairs_of(broken(tmp_path / "set", what)))


def test_sets_that_are_none_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no pictures"):
        pairs_of(tmp_path)
    save(piece(0), tmp_path / "a.jpg")
    with pytest.raises(DataError, match="no picture has a mask"):
        pairs_of(tmp_path)
    with pytest.raises(DataError, match="no picture has a mask"):
        trainable(tarred(tmp_path, tmp_path.with_suffix(".tar")))


def test_a_set_that_is_too_small_to_split_is_refused(tmp_path: Path) -> None:
    path = two_folders(tmp_path, 12)
    assert len(trainable(path)) == 12
    with pytest.raises(DataError, match="12 pairs are too few"):
        trainable(path, least=13)


def test_a_tar_that_ends_early_says_so(tmp_path: Path) -> None:
    tar = tarred(two_folders(tmp_path / "set", 2), tmp_path / "set.tar")
    pairs = pairs_of(tar)
    with tar.open("r+b") as file:
        file.truncate(2000)
    with pytest.raises(DataError, match="the tar ends before"):
        list(pairs)


def test_pairs_are_decoded_as_they_are_asked_for(tmp_path: Path) -> None:
    """Of a hundred pictures only a few are in memory: those that are gone are not missed before their turn."""
    path = two_folders(tmp_path, 40)
    pairs = pairs_of(path)
    next(pairs)
    shutil.rmtree(path / "masks")
    with pytest.raises(DataError, match="cannot be read"):
        list(pairs)
