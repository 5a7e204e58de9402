"""A set's scores from its pictures': against the library's own average, and against formulas."""

from __future__ import annotations

import cv2
import numpy as np
import py_sod_metrics as sod
import pytest

from matteo import Cutout
from matteo.learning.data import Pair
from matteo.learning.evaluation.measures import BY_NAME, MEASURES
from matteo.learning.evaluation.scores import Columns, Scored, columns, is_soft, score

YS, XS = np.mgrid[0:60, 0:80]


def scored(index: int, confidence: float = 0.5, soft: bool = False) -> tuple[Scored, np.ndarray, np.ndarray]:
    """A disc, and a blurred guess of it that is off by `index` pixels."""
    mask = (((YS - 30) ** 2 + (XS - 40) ** 2 < 15**2) * 255).astype(np.uint8)
    guess = ((YS - 30) ** 2 + (XS - 40 - index) ** 2 < 15**2).astype(np.float32)
    alpha = np.asarray(np.clip(cv2.GaussianBlur(guess, (0, 0), 2), 0, 1), np.float32)
    rgb = np.zeros((60, 80, 3), np.uint8)
    cutout = Cutout(rgb=rgb, alpha=alpha, confidence=confidence, seconds={"network": 0.01})
    return score(Pair(f"disc-{index}", rgb, mask), cutout, 0.02, soft), alpha, mask > 127


def value(name: str, table: Columns, weights: list[float]) -> float:
    return float(BY_NAME[name].statistic(table, np.array([weights], np.float64))[0])


def test_a_set_scores_as_the_library_averages() -> None:
    made = [scored(index) for index in (0, 3, 9)]
    f = sod.FmeasureV2({"f": sod.FmeasureHandler(with_dynamic=True, with_adaptive=False, beta=0.3)})
    e, s, wf, mae = sod.Emeasure(), sod.Smeasure(), sod.WeightedFmeasure(), sod.MAE()
    for _, alpha, true in made:
        for measure in (f, e, s, wf, mae):
            measure.step(pred=alpha, gt=true, normalize=False)
    table, once = columns([one for one, _, _ in made]), [1.0, 1.0, 1.0]
    curve = f.get_results()["f"]["dynamic"]
    assert value("max_f", table, once) == pytest.approx(curve.max(), abs=1e-6)
    assert value("mean_f", table, once) == pytest.approx(curve.mean(), abs=1e-6)
    assert value("mean_e", table, once) == pytest.approx(e.get_results()["em"]["curve"].mean(), abs=1e-6)
    assert value("max_e", table, once) == pytest.approx(e.get_results()["em"]["curve"].max(), abs=1e-6)
    assert value("s", table, once) == pytest.approx(s.get_results()["sm"])
    assert value("weighted_f", table, once) == pytest.approx(wf.get_results()["wfm"])
    assert value("mae", table, once) == pytest.approx(mae.get_results()["mae"])


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_a_picture_that_counts_twice_is_a_picture_given_twice(measure: object) -> None:
    pictures = [scored(index, confidence=1 - index / 10, soft=True)[0] for index in (0, 2, 9)]
    name = getattr(measure, "name", "")
    twice = value(name, columns([pictures[0], *pictures[1:], pictures[1]]), [1, 1, 1, 1])
    assert value(name, columns(pictures), [1, 2, 1]) == pytest.approx(twice)
    assert np.isfinite(twice)


def test_confidence_is_judged_by_failures() -> None:
    good, bad = scored(0, confidence=0.9)[0], scored(12, confidence=0.2)[0]
    assert good.numbers["iou"] > 0.8 > bad.numbers["iou"]
    assert value("auroc", columns([good, bad]), [1, 1]) == 1
    wrong_way = [scored(0, confidence=0.2)[0], scored(12, confidence=0.9)[0]]
    assert value("auroc", columns(wrong_way), [1, 1]) == 0
    assert np.isnan(value("auroc", columns([good]), [1]))


def test_soft_errors_are_measured_where_the_truth_is_soft() -> None:
    assert np.isnan(value("sad", columns([scored(0)[0]]), [1]))
    assert value("sad", columns([scored(0, soft=True)[0]]), [1]) > 0
    mask = (((YS - 30) ** 2 + (XS - 40) ** 2 < 15**2) * 255).astype(np.uint8)
    large = cv2.resize(mask, (320, 240), interpolation=cv2.INTER_LINEAR)
    smooth_edge = cv2.resize(large, (160, 120), interpolation=cv2.INTER_AREA)
    assert not is_soft(mask)
    assert not is_soft(smooth_edge)
    assert is_soft(np.asarray(cv2.GaussianBlur(mask, (0, 0), 4), np.uint8))
    assert is_soft(np.where(mask > 0, 128, 0).astype(np.uint8))  # glass: one even half
