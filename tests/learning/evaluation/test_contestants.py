from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from matteo.errors import DataError, ModelError, UnknownModel, UsageError
from matteo.learning.evaluation.contestants import contestants, trials
from matteo.learning.evaluation.degrade import Degradation
from matteo.models.table import SHIPPED
from tests.learning.evaluation.made import write_set
from tests.models.small import write_network
from tests.pictures import save


def copy_of_the_network(folder: Path) -> Path:
    for suffix in ("onnx", "json"):
        shutil.copy(SHIPPED / f"matteo.{suffix}", folder)
    return folder / "matteo.onnx"


def test_each_model_at_each_side_and_fit() -> None:
    found = contestants(["matteo"], [256, 320], ["pad", "stretch"])
    assert [c.label for c in found] == [f"matteo {s} {f}" for s in (256, 320) for f in ("pad", "stretch")]
    assert (found[0].card.side, found[0].card.fit) == (256, "pad")
    remover = found[0].remover(threads=1)
    assert remover.card.side == 256
    (plain,) = contestants(["matteo"])
    assert plain.label == "matteo"
    assert plain.card.side == 320


def test_each_kind_of_edges_is_a_contestant() -> None:
    found = contestants(["matteo"], edges=["fast", "none"])
    assert [(c.label, c.treatment) for c in found] == [
        ("matteo fast", {"edges": "fast"}),
        ("matteo none", {"edges": "none"}),
    ]
    assert contestants(["matteo"])[0].treatment == {}
    with pytest.raises(UsageError, match="no edges named 'coarse'"):
        contestants(["matteo"], edges=["coarse"])


def test_two_files_with_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    copy = copy_of_the_network(tmp_path)
    assert [c.label for c in contestants(["matteo", str(copy)])] == ["matteo", str(copy)]
    with pytest.raises(UsageError, match="matteo would be measured twice"):
        contestants(["matteo", "matteo"])


def test_what_cannot_run_is_said_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel):
        contestants(["matteo", "nothing-of-the-kind"])
    damaged = copy_of_the_network(tmp_path)
    damaged.write_bytes(damaged.read_bytes()[:-9])
    with pytest.raises(ModelError, match="checksum"):
        contestants([str(damaged)])
    with pytest.raises(UsageError, match="multiples of 32, not 300"):
        contestants(["matteo"], [300])
    assert contestants(["matteo"], [300], ["pad"])[0].card.side == 300
    with pytest.raises(UsageError, match=r"choose (stretch or pad|pad or stretch)"):
        contestants(["matteo"], fits=["crop"])


def test_any_onnx_file_with_its_card_takes_part(tmp_path: Path) -> None:
    (found,) = contestants([str(write_network(tmp_path))])
    assert found.label == "mean"
    picture = np.full((40, 50, 3), 255, np.uint8)
    picture[:20] = 250  # as an empty surface has no subject
    assert found.remover().alpha(picture).min() > 0.8


def test_every_and_limit_choose_pairs(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", ("astronaut", "chelsea", "coffee"))
    keys = [[entry.key for entry in trials([folder], *options)[0].entries] for options in ((1,), (2,), (1, 2), (2, 1))]
    assert keys == [
        ["astronaut", "chelsea", "coffee"],
        ["astronaut", "coffee"],
        ["astronaut", "chelsea"],
        ["astronaut"],
    ]


def test_a_trial_for_each_degradation_and_names_that_differ(tmp_path: Path) -> None:
    one, other = write_set(tmp_path / "a" / "shop", ("coffee",)), write_set(tmp_path / "b" / "shop", ("coffee",))
    found = trials([one], degradations=[None, Degradation("noise", 2)])
    assert [trial.title for trial in found] == ["shop", "shop, noise:2"]
    assert [trial.name for trial in trials([one, other])] == [str(one), str(other)]
    with pytest.raises(UsageError, match="measured twice"):
        trials([one, one])


def test_a_set_without_pairs_is_an_error_that_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no pictures; give images/ and masks/"):
        trials([tmp_path])
    save(np.zeros((9, 9, 3), np.uint8), tmp_path / "a.jpg")
    with pytest.raises(DataError, match="no picture has a mask"):
        trials([tmp_path])
    with pytest.raises(DataError, match="no such set"):
        trials([tmp_path / "gone"])


def test_a_picture_without_its_mask_is_passed_over_by_name(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", ("coffee",))
    save(np.zeros((9, 9, 3), np.uint8), folder / "images" / "alone.png")
    (trial,) = trials([folder])
    assert [entry.key for entry in trial.entries] == ["coffee"]
    assert list(trial.passed_over) == ["alone"]
    assert "has no mask" in trial.passed_over["alone"]
