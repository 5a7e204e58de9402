"""What is drawn of a film's cut-outs, and what a run remembers of it."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path

import pytest
from PIL import Image as PilImage

from matteo import UsageError
from matteo.effects.look import Look
from matteo.video.drawing import drawing_of
from matteo.video.plain import from_bytes, to_bytes


def test_an_unknown_effect_is_near_to_one_over_time() -> None:
    with pytest.raises(UsageError, match="did you mean follow-spot"):
        drawing_of(Look(effect=("folow-spot",)))


def test_another_picture_under_the_same_name_is_another_drawing(tmp_path: Path) -> None:
    picture, look = tmp_path / "wide.png", Look(effect=(f"parallax:picture={tmp_path / 'wide.png'}",))
    told = []
    for colour in ("red", "blue"):
        PilImage.new("RGB", (64, 48), colour).save(picture)
        told.append(drawing_of(look).told)
    assert told[0] != told[1]


def test_a_tuple_with_names_is_not_remembered_as_one_without() -> None:
    point = namedtuple("point", "x y")
    assert from_bytes(to_bytes((1, 2))) == (1, 2)
    with pytest.raises(TypeError, match="point is no plain value"):
        to_bytes(point(1, 2))
