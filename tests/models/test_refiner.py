"""The refiner that ships: small, verified, and not to be chosen as a network."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from matteo.errors import WeightsDamaged, WeightsUnavailable
from matteo.models import refiner
from matteo.models.refiner import FOLDER, refiner_card, refiner_session
from matteo.models.table import cards
from matteo.models.weights import digest


def test_it_takes_patches_and_gives_alpha() -> None:
    rng = np.random.default_rng(0)
    squares, around = rng.random((3, 80, 16, 24), np.float32), rng.random((3, 8, 8, 12), np.float32)
    alpha = refiner_session(threads=1).run(squares, around, np.array([2, 3, 14, 24]))
    assert alpha.shape == (3, 1, 48, 84)
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_it_is_under_a_megabyte_and_no_model_by_name() -> None:
    assert (FOLDER / "refiner.onnx").stat().st_size < 1_000_000
    assert "refiner" not in cards()


def test_a_changed_or_missing_file_is_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(FOLDER, tmp_path / "refiner")
    monkeypatch.setattr(refiner, "FOLDER", tmp_path / "refiner")
    weights = tmp_path / "refiner" / "refiner.onnx"
    damaged = bytearray(weights.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    weights.write_bytes(damaged)
    with pytest.raises(WeightsDamaged):
        refiner_session()
    weights.unlink()
    with pytest.raises(WeightsUnavailable):
        refiner_session()


def test_its_card_is_at_hand_without_loading_it() -> None:
    card = refiner_card()
    assert card.checksum == "sha256:" + digest(FOLDER / card.file, "sha256")
