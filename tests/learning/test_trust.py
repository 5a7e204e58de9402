import numpy as np
import pytest

from matteo.learning.trust import found_below, trust_of

IOU = np.array([0.9, 0.95, 0.2, 0.7, 0.85])


def test_a_confidence_that_is_the_iou_is_perfect() -> None:
    trust = trust_of(IOU, IOU)
    assert trust.auroc.value == 1
    assert trust.ece == pytest.approx(0)
    assert (trust.failures, trust.pictures) == (2, 5)


def test_one_that_is_the_same_for_all_finds_nothing() -> None:
    assert trust_of(np.full(5, 0.6), IOU).auroc.value == 0.5


def test_of_what_is_named_how_much_failed() -> None:
    share, precision, recall = found_below(np.array([0.6, 0.9, 0.3, 0.9, 0.9]), IOU, 0.7)
    assert (share, precision, recall) == (0.4, 0.5, 0.5)
