from __future__ import annotations

import pytest

from matteo.learning.evaluation.contamination import seen_in_training
from matteo.models.table import shipped

SEEN = [
    ("DUTS-TR", "DUTS-TR"),
    ("train-duts-0.tar", "DUTS-TR"),
    ("duts", "DUTS-TR"),
    ("train-eg1800", "eg1800 train"),
    ("train-ccp", "Clothing Co-Parsing"),
    ("train-pets", "Oxford-IIIT pets (part)"),
    ("train-horses", "Weizmann horses"),
    ("cats", "cats"),
    ("val-cats", "cats"),  # a line without a part means all of it
    ("ECSSD", "ecssd"),
    ("val-ecssd", "ECSSD"),
    ("DUTS-TE", "DUTS-TE"),
    ("DIS-TE3", "DIS-TE1-4"),
    ("my-set", "my-set"),
    ("shop_photos", "shop photos"),
]
CLEAN = [
    ("val-eg1800", "eg1800 train"),
    ("DUTS-TE", "DUTS-TR"),
    ("val-ecssd", "DUTS-TR"),
    ("my-test", "my-set"),
    ("test", "train"),
    ("train-cars", "cats"),
    ("SOD", "HRSOD"),
    ("", "DUTS-TR"),
]


@pytest.mark.parametrize(("name", "line"), SEEN)
def test_a_set_that_was_trained_on_is_known(name: str, line: str) -> None:
    assert seen_in_training(name, ["something else", line]) == line


@pytest.mark.parametrize(("name", "line"), CLEAN)
def test_another_set_or_part_is_clean(name: str, line: str) -> None:
    assert seen_in_training(name, [line]) is None


def test_the_shipped_network_is_clean_of_the_sets_it_is_judged_by() -> None:
    trained_on = shipped()["matteo"].trained_on
    assert not any(seen_in_training(name, trained_on) for name in ("val-ecssd", "val-eg1800", "DUTS-TE", "val-davis"))
    assert seen_in_training("train-duts-3", trained_on)
