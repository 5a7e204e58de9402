"""Small sets: scikit-image's photographs, with masks that are the shipped network's own or their opposite."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matteo import Remover
from matteo.learning.evaluation.contestants import Contestant, Trial, contestants, trials
from tests.pictures import photograph, save

NAMES = ("astronaut", "chelsea", "coffee", "rocket")
BACKWARDS = "rocket"


def small(name: str) -> NDArray[np.uint8]:
    return np.ascontiguousarray(photograph(name)[::3, ::3])


@cache
def own_mask(name: str) -> NDArray[np.bool_]:
    """What the shipped network takes for the subject."""
    return np.asarray(Remover("matteo", threads=1).alpha(small(name)) > 0.5, bool)


def write_set(folder: Path, names: tuple[str, ...] = NAMES) -> Path:
    """images/ and masks/ of which the network gets all right but the rocket: there the mask is the opposite."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for name in names:
        mask = own_mask(name) ^ (name == BACKWARDS)
        save(small(name), folder / "images" / f"{name}.png")
        save(mask.astype(np.uint8) * 255, folder / "masks" / f"{name}.png")
    return folder


def trial_of(folder: Path) -> Trial:
    (trial,) = trials([folder])
    return trial


def shipped() -> Contestant:
    (contestant,) = contestants(["matteo"])
    return contestant
