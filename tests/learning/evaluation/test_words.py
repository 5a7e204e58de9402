from __future__ import annotations

import pytest

from matteo.learning.evaluation.bootstrap import Estimate
from matteo.learning.evaluation.measures import BY_NAME
from matteo.learning.evaluation.words import change_of, interval_of, verdict


@pytest.mark.parametrize(
    ("name", "difference", "expected"),
    [
        ("iou", Estimate(0.02, 0.01, 0.03), "better"),
        ("iou", Estimate(-0.02, -0.03, -0.01), "worse"),
        ("mae", Estimate(-0.02, -0.03, -0.01), "better"),
        ("mae", Estimate(0.02, 0.01, 0.03), "worse"),
        ("iou", Estimate(0.02, -0.01, 0.03), "unclear"),
        ("iou", Estimate(0.02, None, None), "unclear"),
        ("sad", Estimate(-1e-9, -2e-9, -1e-10), "unclear"),  # rounding of another instruction order
    ],
)
def test_a_difference_is_clear_only_beyond_its_interval(name: str, difference: Estimate, expected: str) -> None:
    assert verdict(BY_NAME[name], difference) == expected


def test_numbers_as_they_are_read() -> None:
    assert change_of(BY_NAME["iou"], Estimate(0.02, 0.01, 0.03)) == "▲ +0.0200 (+0.0100…+0.0300)"
    assert change_of(BY_NAME["iou"], Estimate(-1e-9, -2e-9, 0.0)) == "≈ +0.0000 (+0.0000…+0.0000)"
    assert change_of(BY_NAME["iou"], Estimate(-0.5, None, None)) == "≈ -0.5000"
    assert interval_of(BY_NAME["iou"], Estimate(0.9, 0.8812, 0.9)) == "0.881…0.900"
    assert interval_of(BY_NAME["auroc"], Estimate(0.9, None, None)) == "-"
