"""A second card for a network's file, at another size."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from matteo.errors import ModelError, UsageError
from matteo.learning.other_side import write_other_side
from matteo.models.card import from_json
from matteo.models.table import DEFAULT, SHIPPED
from matteo.remover import Remover

from ..pictures import photograph


def beside(folder: Path) -> Path:
    for name in (f"{DEFAULT}.json", f"{DEFAULT}.onnx"):
        shutil.copy(SHIPPED / name, folder)
    return folder / f"{DEFAULT}.json"


def test_it_is_the_same_file_and_finds_the_same_subject(tmp_path: Path) -> None:
    card = write_other_side(beside(tmp_path), "tiny", 160, {"ECSSD max F": 0.5})
    assert card == from_json(tmp_path / "tiny.json")
    assert (card.name, card.side, card.file, card.scores) == ("tiny", 160, f"{DEFAULT}.onnx", {"ECSSD max F": 0.5})
    shutil.copy(tmp_path / f"{DEFAULT}.onnx", tmp_path / "tiny.onnx")  # a path names the ONNX file
    removers = Remover(tmp_path / "tiny.onnx"), Remover()
    small, large = (remover.alpha(photograph("astronaut"), edges="none") for remover in removers)
    both = np.minimum(small, large).sum() / np.maximum(small, large).sum()
    assert 0.8 < both < 1


def test_what_cannot_be_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    path = beside(tmp_path)
    before = sorted(tmp_path.iterdir()), path.read_bytes()
    for name, side in (("tiny", 100), ("tiny", 0), (DEFAULT, 256)):
        with pytest.raises(UsageError):
            write_other_side(path, name, side, {})
    with pytest.raises(ModelError):
        write_other_side(tmp_path / "none.json", "tiny", 256, {})
    assert (sorted(tmp_path.iterdir()), path.read_bytes()) == before
