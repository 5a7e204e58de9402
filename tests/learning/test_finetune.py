"""How a set is split, what counts as better, and what is rehearsed. The whole of it runs in tests/cli/test_train.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matteo import UsageError
from matteo.learning.batches import load_material
from matteo.learning.data import Pair, trainable
from matteo.learning.finetune import Comparison, digest, kept_apart, rehearsed, split
from matteo.learning.recipes import RECIPES, Recipe, differences, from_facts, recipe_of
from matteo.learning.schedule import learning_rate
from tests.learning.discs import RECIPE, disc_pair, write_folder, write_tar


def test_a_split_has_no_picture_twice_and_is_the_same_again(tmp_path: Path) -> None:
    entries = trainable(write_folder(tmp_path / "set", [disc_pair(i) for i in range(16)]))
    parts = split(entries, None, 0)
    assert [len(part) for part in (parts.learn, parts.stop, parts.held_out)] == [10, 2, 4]
    assert {e.key for part in (parts.learn, parts.stop, parts.held_out) for e in part} == {e.key for e in entries}
    assert split(entries, None, 0) == parts
    assert len(split(entries, 6, 0).held_out) == 6
    assert split(entries, None, 1) != parts


@pytest.mark.parametrize("held_out", [1, 13, 16, 40])
def test_a_split_that_leaves_too_little_is_refused(held_out: int, tmp_path: Path) -> None:
    entries = trainable(write_folder(tmp_path / "set", [disc_pair(i) for i in range(16)]))
    with pytest.raises(UsageError, match=f"{held_out} of 16 pictures held out"):
        split(entries, held_out, 0)


def compared(before: list[tuple[float, float]], after: list[tuple[float, float]]) -> Comparison:
    return Comparison(np.array(before), np.array(after))


def test_better_is_a_higher_iou_at_no_higher_error() -> None:
    base = [(0.8, 0.1), (0.9, 0.1)]
    assert compared(base, [(0.9, 0.1), (0.9, 0.1)]).is_better
    assert not compared(base, base).is_better
    assert not compared(base, [(0.9, 0.2), (0.9, 0.1)]).is_better
    assert not compared(base, [(0.7, 0.0), (0.9, 0.0)]).is_better


def test_the_gain_is_of_pairs_and_lies_in_its_interval() -> None:
    found = compared([(0.5, 0.1)] * 8, [(0.6, 0.1)] * 4 + [(0.5, 0.05)] * 4)
    assert found.gain.value == pytest.approx(0.05)
    assert found.gain.low is not None
    assert found.gain.high is not None
    assert 0 <= found.gain.low < 0.05 < found.gain.high <= 0.1
    assert str(found).startswith("IoU 0.5000 before, 0.5500 after, +0.0500 (95 %: +0.0")
    assert str(found).endswith("MAE 0.1000 before, 0.0750 after")


def test_what_is_rehearsed_is_not_what_is_judged_on(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "known.tar", [disc_pair(i) for i in range(45)])
    learned, apart = ({pair.key for pair in pairs} for pairs in (rehearsed(path, 64), kept_apart(path)))
    assert apart == {"disc-000", "disc-020", "disc-040"}
    assert len(learned) == 42
    assert not learned & apart


def test_recipes_are_plain_facts_and_their_differences_are_named(tmp_path: Path) -> None:
    recipe = RECIPES["matteo"]
    assert from_facts({"train": list(recipe.train), "stages": [[1.0, 64, 2]]}) == Recipe(
        train=recipe.train, stages=((1.0, 64, 2),)
    )
    assert differences(recipe, replace(recipe, ema=0.5)) == "ema 0.999 and 0.5"
    assert not differences(recipe, recipe_of("matteo"))
    (tmp_path / "own.toml").write_text('form = "matteo"\nema = 0.5\nlearning = 3')
    with pytest.raises(UsageError, match=r"own\.toml: unknown: learning"):
        recipe_of(str(tmp_path / "own.toml"))


def test_pictures_are_told_apart_by_what_is_in_them() -> None:
    def pair(key: str, mask: int) -> Pair:
        return Pair(key, np.zeros((4, 4, 3), np.uint8), np.full((4, 4), mask, np.uint8))

    given = digest([pair("a", 0), pair("b", 255)])
    assert given == digest([pair("a", 0), pair("b", 255)])
    assert given != digest([pair("a", 0), pair("b", 254)])  # a mask that was mended
    assert given != digest([pair("a", 0), pair("c", 255)])
    assert given != digest([pair("a", 0)])


@pytest.mark.parametrize(
    ("line", "said"), [("validations = 0", "validations"), ("head_weights = [1.0]", "head_weights")]
)
def test_recipes_that_cannot_be_run_are_refused_before_the_data_is_read(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(line)
    with pytest.raises(UsageError, match=said):
        recipe_of(str(tmp_path / "own.toml"))


def test_no_warm_up_is_a_rate_of_one_at_once() -> None:
    assert learning_rate(0.0, 0, 0) == 1.0


def test_a_set_that_is_learned_from_is_looked_at_where_it_is_held_out(tmp_path: Path) -> None:
    write_tar(tmp_path / "mine.tar", [disc_pair(i) for i in range(45)])
    recipe = replace(RECIPE, train=("mine.tar",), backgrounds="", validate=(("mine.tar", 1),))
    material = load_material(recipe, tmp_path)
    assert [pair.key for pair in material.validation["mine"]] == ["disc-000", "disc-020", "disc-040"]
    assert len(material.pairs) == 42
