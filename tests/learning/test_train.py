"""A training of seconds: it learns, is resumed, and what it exports runs in the pipeline."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from matteo import Remover
from matteo.learning.augment import augment, compose, subject_of
from matteo.learning.data import Pair, is_held_out, pairs_of
from matteo.learning.export import export
from matteo.learning.train import Recipe, batch_shape, learning_rate, load_weights, stage_at, train
from tests.learning.test_muon import SMALL


def disc_pair(index: int) -> Pair:
    """A bright disc on a dark, noisy ground, at a place and size of its own."""
    rng = np.random.default_rng(index)
    ys, xs = np.mgrid[0:80, 0:96]
    cy, cx, radius = rng.uniform(25, 55), rng.uniform(25, 70), rng.uniform(12, 24)
    mask = (((ys - cy) ** 2 + (xs - cx) ** 2 < radius**2) * 255).astype(np.uint8)
    rgb = rng.integers(0, 90, (80, 96, 3))
    rgb[mask > 0] += rng.integers(90, 160, 3)
    return Pair(f"disc-{index:03}", rgb.astype(np.uint8), mask)


def write_tar(path: Path, pairs: list[Pair]) -> None:
    with tarfile.open(path, "w") as tar:
        for pair in pairs:
            for suffix, array, format_ in ((".webp", pair.rgb, "webp"), (".png", pair.mask, "png")):
                buffer = io.BytesIO()
                PilImage.fromarray(array).save(buffer, format_, **({"lossless": True} if format_ == "webp" else {}))
                info = tarfile.TarInfo(pair.key + suffix)
                info.size = len(buffer.getvalue())
                tar.addfile(info, io.BytesIO(buffer.getvalue()))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_tar(folder / "train.tar", [disc_pair(i) for i in range(60)])
    write_tar(folder / "val.tar", [disc_pair(i) for i in range(100, 108)])
    rng = np.random.default_rng(0)
    empty = [
        Pair(f"ground-{i}", rng.integers(0, 90, (80, 96, 3)).astype(np.uint8), np.zeros((80, 96), np.uint8))
        for i in range(4)
    ]
    write_tar(folder / "backgrounds.tar", empty)
    return folder


RECIPE = Recipe(
    train=("train.tar",), validate=(("val.tar", 1),), stages=((0.6, 32, 16), (0.4, 64, 8)), warmup_steps=5, ema=0.9
)


def test_pairs_come_back_from_a_tar(data: Path) -> None:
    pairs = list(pairs_of(data / "train.tar"))
    assert [p.key for p in pairs] == [f"disc-{i:03}" for i in range(60)]
    assert (pairs[7].rgb == disc_pair(7).rgb).all()
    assert (pairs[7].mask == disc_pair(7).mask).all()
    kept = list(pairs_of(data / "train.tar", lambda i: not is_held_out(i)))
    assert len(kept) == 57
    assert "disc-020" not in {p.key for p in kept}


def test_augmentation_is_decided_by_its_seed_and_keeps_picture_and_mask_together() -> None:
    pair, grounds = disc_pair(3), [disc_pair(4)]
    for seed in range(40):
        rgb, mask = augment(pair, grounds, (64, 96), np.random.default_rng(seed))
        again, _ = augment(pair, grounds, (64, 96), np.random.default_rng(seed))
        assert rgb.shape == (64, 96, 3)
        assert mask.shape == (64, 96)
        assert (rgb == again).all()


def test_a_composed_subject_lies_where_its_mask_says() -> None:
    pair = disc_pair(5)
    black = Pair("black", np.zeros((100, 100, 3), np.uint8), np.zeros((100, 100), np.uint8))
    for seed in range(20):
        rgb, mask = compose(pair, [black], np.random.default_rng(seed))
        assert (rgb[mask == 0] == 0).all()
        assert rgb[mask > 250].min(axis=0).max() > 0


def test_a_picture_without_a_subject_to_move_stays_itself() -> None:
    empty = Pair("empty", np.full((40, 40, 3), 9, np.uint8), np.zeros((40, 40), np.uint8))
    assert subject_of(empty) is None
    assert compose(empty, [disc_pair(1)], np.random.default_rng(0))[0] is empty.rgb


def test_schedule() -> None:
    assert [stage_at(p, ((0.5, 96, 32), (0.5, 128, 16))) for p in (0, 0.49, 0.51, 1.0)] == [
        (96, 32), (96, 32), (128, 16), (128, 16),
    ]  # fmt: skip
    assert learning_rate(0, 0, 100) == pytest.approx(0.01)
    assert learning_rate(0.5, 1000, 100) == pytest.approx(0.5)
    assert learning_rate(1.0, 5000, 100) == pytest.approx(0)
    shapes = {batch_shape(160, np.random.default_rng(i)) for i in range(50)}
    assert all(h % 32 == w % 32 == 0 for h, w in shapes)
    assert len(shapes) == 3


def test_a_short_training_learns_resumes_and_ships(data: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    run = tmp_path / "run"
    train(RECIPE, data, run, form=SMALL, steps=40)
    assert torch.load(run / "checkpoint.pt", weights_only=True)["step"] == 40
    train(RECIPE, data, run, form=SMALL, steps=120)
    assert torch.load(run / "checkpoint.pt", weights_only=True)["step"] == 120
    assert load_weights(run / "weights.pt").form == SMALL

    card = export(run / "weights.pt", "discs", 96, tmp_path)
    assert card.name == "discs"
    remover = Remover(tmp_path / "discs.onnx")
    ious = []
    for pair in pairs_of(data / "val.tar"):
        alpha, true = remover.alpha(pair.rgb) > 0.5, pair.mask > 127
        ious.append((alpha & true).sum() / (alpha | true).sum())
    assert np.mean(ious) > 0.8
