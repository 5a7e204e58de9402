"""Which picture belongs to which mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matteo.errors import DataError
from matteo.learning.data.listing import listing
from tests.pictures import save

GREY = np.full((4, 6), 200, np.uint8)
RGB = np.full((4, 6, 3), 200, np.uint8)
RGBA = np.dstack([RGB, GREY])


def put(root: Path, *names: str) -> Path:
    """Files of those names: RGBA where a name ends in +.png, which becomes .png; masks grey, all else RGB."""
    for name in names:
        path = root / name.replace("+.png", ".png")
        path.parent.mkdir(parents=True, exist_ok=True)
        save(RGBA if name.endswith("+.png") else RGB, path)
    return root


def names(root: Path) -> list[tuple[str, str, str | None]]:
    found = listing(root)
    assert not found.odd
    return [(e.key, e.picture.name, e.mask.name if e.mask else None) for e in (*found.entries, *found.alone)]


@pytest.mark.parametrize(
    ("files", "pairs"),
    [
        (("images/b.jpg", "masks/b.png", "images/a.jpg", "masks/a.png"), [("a", ".jpg"), ("b", ".jpg")]),
        (("train/images/x/a.jpg", "train/masks/x/a.webp"), [("train/x/a", ".jpg")]),
        (("a.jpg", "a.png", "b.JPEG", "b.PNG"), [("a", ".jpg"), ("b", ".JPEG")]),
        (("a.jpg", "a.alpha.png", "b.webp", "b.cutout+.png"), [("a", ".jpg"), ("b", ".webp")]),
        (("a.png", "a.mask.png"), [("a", ".png")]),
        (("img.2024.01.jpg", "img.2024.01.png"), [("img.2024.01", ".jpg")]),
        (("a+.png", "in/b+.png"), [("a", ".png"), ("in/b", ".png")]),
        (("a.jpg", "a.png", "a.trimap.png"), [("a", ".jpg")]),
    ],
)
def test_pairs_are_found_by_their_names(tmp_path: Path, files: tuple[str, ...], pairs: list[tuple[str, str]]) -> None:
    found = names(put(tmp_path, *files))
    assert [(key, Path(picture).suffix) for key, picture, _ in found] == pairs
    assert all(mask for _, _, mask in found)


def test_a_transparent_picture_is_its_own_mask_and_an_opaque_one_is_not(tmp_path: Path) -> None:
    assert names(put(tmp_path, "a+.png", "b.png")) == [("a", "a.png", "a.png"), ("b", "b.png", None)]


def test_what_makes_no_pair_is_said(tmp_path: Path) -> None:
    odd = listing(put(tmp_path, "images/a.jpg", "images/a.png", "masks/a.png", "masks/b.png")).odd
    assert odd["a"] == "has 2 pictures (images/a.jpg, images/a.png): keep one"
    assert odd["b"].startswith("a mask without a picture")
    two = listing(put(tmp_path / "two", "a.jpg", "a.png", "a.alpha.png")).odd
    assert two["a"].startswith("has 2 masks")


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "a.png")
    for name in (".DS_Store", "notes.txt", "._a.jpg", "a.json"):
        (tmp_path / name).write_bytes(b"other")
    assert [key for key, _, _ in names(tmp_path)] == ["a"]


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such set"):
        listing(tmp_path / "none")
    (tmp_path / "text.tar").write_text("no tar")
    with pytest.raises(DataError, match="no plain tar"):
        listing(tmp_path / "text.tar")
