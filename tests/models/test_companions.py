"""The small networks that ship: verified, and not to be chosen as a network."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from matteo.errors import WeightsDamaged, WeightsUnavailable
from matteo.models import companions
from matteo.models.companions import FOLDER, REFINER, SELECTOR, STEADIER, companion, companion_card
from matteo.models.table import cards
from matteo.models.weights import digest


def test_it_takes_patches_and_gives_alpha() -> None:
    rng = np.random.default_rng(0)
    squares, around = rng.random((3, 80, 16, 24), np.float32), rng.random((3, 8, 8, 12), np.float32)
    alpha = companion(REFINER, threads=1).run(squares, around, np.array([2, 3, 14, 24]))
    assert alpha.shape == (3, 1, 48, 84)
    assert alpha.min() >= 0
    assert alpha.max() <= 1


@pytest.mark.parametrize("name", [REFINER, STEADIER, SELECTOR])
def test_they_are_small_and_no_model_by_name(name: str) -> None:
    most = 8_000_000 if name == SELECTOR else 1_000_000
    assert (FOLDER / name / f"{name}.onnx").stat().st_size < most
    assert name not in cards()


@pytest.mark.parametrize("name", [REFINER, STEADIER, SELECTOR])
def test_a_changed_or_missing_file_is_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    shutil.copytree(FOLDER / name, tmp_path / name)
    monkeypatch.setattr(companions, "FOLDER", tmp_path)
    weights = tmp_path / name / f"{name}.onnx"
    damaged = bytearray(weights.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    weights.write_bytes(damaged)
    with pytest.raises(WeightsDamaged):
        companion(name)
    weights.unlink()
    with pytest.raises(WeightsUnavailable):
        companion(name)


@pytest.mark.parametrize("name", [REFINER, STEADIER, SELECTOR])
def test_a_card_is_at_hand_without_loading_the_network(name: str) -> None:
    card = companion_card(name)
    assert card.checksum == "sha256:" + digest(FOLDER / name / card.file, "sha256")
