"""Hints as they are said: points, strokes, boxes, files; and what is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from matteo import Hints, UsageError
from matteo.selecting.hints import box_of, hints_of, mark_of

SIZE = (400, 800)  # height, width


def test_points_and_strokes_in_pixels_and_per_cent_are_shares_of_the_picture() -> None:
    hints = Hints(keep=[(200, 100), ("25%", "75%")], drop=[[(0, 0), ("100%", 400)]])
    assert hints.places("keep", SIZE) == (((0.25, 0.25),), ((0.25, 0.75),))
    assert hints.places("drop", SIZE) == (((0, 0), (1, 1)),)


def test_texts_of_options_are_the_same_marks() -> None:
    assert Hints(keep=[mark_of("200,100"), mark_of("25%, 75%")]).places("keep", SIZE) == (
        ((0.25, 0.25),), ((0.25, 0.75),),
    )  # fmt: skip
    assert Hints(drop=[mark_of("0,0,100%,400px")]).places("drop", SIZE) == (((0, 0), (1, 1)),)
    assert Hints(box=box_of("80,10%,720.0,90%")).box_in(SIZE) == pytest.approx((0.1, 0.1, 0.9, 0.9))


def test_a_box_is_cut_at_the_picture() -> None:
    assert Hints(box=(-50, -10, 400, 9000)).box_in(SIZE) == (0, 0, 0.5, 1)
    assert Hints().box_in(SIZE) is None


@pytest.mark.parametrize("text", ["", "5", "1,2,3", "a,b", "1;2", "50%,", "nan,1", "1,2px%"])
def test_what_is_no_mark_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Hints(keep=[mark_of(text)])


@pytest.mark.parametrize(
    "wrong",
    [
        {"keep": "12,5"}, {"keep": [5]}, {"keep": [()]}, {"keep": [(1, 2, 3)]}, {"drop": [[(1, 2), (3,)]]},
        {"drop": [(True, 1)]}, {"drop": [(float("inf"), 1)]}, {"box": (1, 2, 3)}, {"box": "1,2,3,4"},
        {"box": (1, 2, None, 4)}, {"keep": 7}, {"keep": [None]}, {"keep": ["1,2"]},
    ],
)  # fmt: skip
def test_what_is_none_of_it_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="give"):
        Hints(**wrong)


@pytest.mark.parametrize("point", [(801, 5), (-1, 5), (5, "101%")])
def test_a_mark_outside_of_the_picture_is_refused(point: tuple[Any, Any]) -> None:
    with pytest.raises(UsageError, match="outside of the picture, which has"):
        Hints(keep=[point]).places("keep", SIZE)


def test_a_box_that_holds_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="holds nothing of a picture of 800 x 400"):
        Hints(box=(900, 0, 950, 10)).box_in(SIZE)
    with pytest.raises(UsageError, match="holds nothing"):
        Hints(box=(50, 0, 40, 10)).box_in(SIZE)


def test_nothing_said_is_false() -> None:
    assert not Hints()
    assert Hints(keep=[(1, 1)])
    assert Hints(box=(0, 0, 1, 1))
    assert Hints(drop_mask="m.png")


def test_two_are_one_and_the_others_box_counts() -> None:
    both = Hints(keep=[(1, 2)], box=(0, 0, 5, 5), keep_mask="a").and_also(Hints(drop=[(3, 4)], box=(1, 1, 2, 2)))
    assert both == Hints(keep=[(1, 2)], drop=[(3, 4)], box=(1, 1, 2, 2), keep_mask="a")


def test_a_file_of_hints(tmp_path: Path) -> None:
    path = tmp_path / "photo.toml"
    (tmp_path / "m.png").write_bytes(b"")
    path.write_text('keep = [[1, "50%"], [[2, 3], [4.5, 5]]]\nbox = [0, 0, "100%", 9]\ndrop-mask = "m.png"\n')
    assert hints_of(path) == Hints(
        keep=[(1, "50%"), [(2, 3), (4.5, 5)]], box=(0, 0, "100%", 9), drop_mask=tmp_path / "m.png"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keep = [[1, 2]", "photo.toml"), ("keeps = []", "unknown: keeps; hints are keep"),
        ("keep = 3", "keep is a list"),
        ("keep-mask = 3", "is a file's name"), ("box = [1, 2]", "no box"), ("\xff", "photo.toml"),
        (f"keep = [[1{'0' * 400}, 5]]", "no length"), ('keep-mask = "/etc/passwd"', "lies elsewhere"),
        ('drop-mask = "../m.png"', "lies elsewhere"), ('drop-mask = "none.png"', "is no file"),
    ],
)  # fmt: skip
def test_a_file_that_makes_no_sense_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "photo.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=said) as caught:
        hints_of(path)
    assert "photo.toml" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="check the path"):
        hints_of(tmp_path / "none.toml")
