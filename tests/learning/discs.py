"""A made set that a small network learns in seconds: bright discs on dark, noisy ground."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image as PilImage

from matteo.learning.batches import Material
from matteo.learning.data import Pair
from matteo.learning.recipes import Recipe
from tests.learning.test_muon import SMALL

RECIPE = Recipe(
    form=SMALL, train=("train.tar",), backgrounds="backgrounds.tar", validate=(("val.tar", 1),),
    stages=((0.6, 32, 16), (0.4, 64, 8)), muon_lr=0.02, adam_lr=2e-3, warmup_steps=5, ema=0.9, validations=4,
    bf16=False,
)  # fmt: skip


def disc_pair(index: int) -> Pair:
    """A disc at a place and of a size of its own."""
    rng = np.random.default_rng(index)
    ys, xs = np.mgrid[0:80, 0:96]
    cy, cx, radius = rng.uniform(25, 55), rng.uniform(25, 70), rng.uniform(12, 24)
    mask = (((ys - cy) ** 2 + (xs - cx) ** 2 < radius**2) * 255).astype(np.uint8)
    rgb = rng.integers(0, 90, (80, 96, 3))
    rgb[mask > 0] += rng.integers(90, 160, 3)
    return Pair(f"disc-{index:03}", rgb.astype(np.uint8), mask)


def red_pair(index: int) -> Pair:
    """Two discs, of which the red one alone is the subject: what a network for any subject cannot know."""
    rng = np.random.default_rng(index)
    ys, xs = np.mgrid[0:80, 0:96]
    columns = rng.permutation([rng.uniform(15, 35), rng.uniform(61, 81)])
    red, blue = ((ys - rng.uniform(25, 55)) ** 2 + (xs - x) ** 2 < rng.uniform(10, 15) ** 2 for x in columns)
    rgb = rng.integers(0, 90, (80, 96, 3))
    rgb[red] += (150, 20, 20)
    rgb[blue] += (20, 20, 150)
    return Pair(f"red-{index:03}", rgb.astype(np.uint8), (red * 255).astype(np.uint8))


def ground_pair(index: int) -> Pair:
    rgb = np.random.default_rng(1000 + index).integers(0, 90, (80, 96, 3)).astype(np.uint8)
    return Pair(f"ground-{index}", rgb, np.zeros((80, 96), np.uint8))


def material(count: int = 24) -> Material:
    return Material(
        [disc_pair(i) for i in range(count)],
        [ground_pair(i) for i in range(4)],
        validation={"val": [disc_pair(i) for i in range(100, 108)]},
    )


def encoded(array: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], format_: str) -> bytes:
    buffer = io.BytesIO()
    PilImage.fromarray(array).save(buffer, format_, **({"lossless": True} if format_ == "webp" else {}))
    return buffer.getvalue()


def write_tar(path: Path, pairs: list[Pair], masks: bool = True) -> Path:
    with tarfile.open(path, "w") as tar:
        for pair in pairs:
            files = {".webp": encoded(pair.rgb, "webp")} | ({".png": encoded(pair.mask, "png")} if masks else {})
            for suffix, data in files.items():
                info = tarfile.TarInfo(pair.key + suffix)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return path


def write_folder(folder: Path, pairs: list[Pair]) -> Path:
    """images/ and masks/."""
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for pair in pairs:
        (folder / "images" / f"{pair.key}.webp").write_bytes(encoded(pair.rgb, "webp"))
        (folder / "masks" / f"{pair.key}.png").write_bytes(encoded(pair.mask, "png"))
    return folder


def write_data(folder: Path) -> Path:
    """The sets of RECIPE."""
    write_tar(folder / "train.tar", [disc_pair(i) for i in range(60)])
    write_tar(folder / "val.tar", [disc_pair(i) for i in range(100, 108)])
    write_tar(folder / "backgrounds.tar", [ground_pair(i) for i in range(4)], masks=False)
    return folder
