"""The measures of salient object detection, of one picture, by PySODMetrics: F, weighted F, S, E and MAE.

Predictions are taken as they are (`normalize=False`). The usual stretching of each to 0..1 would hide a network that
is unsure, and would make a subject of an empty picture's noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.errors import MissingExtra

THRESHOLDS = 256


@dataclass(frozen=True)
class Saliency:
    """One picture's scores, all 0 to 1.

    Curves are over 256 thresholds, falling: entry i counts what has alpha of at least (255 - i) / 255 as subject.
    """

    mae: float  # mean absolute error against the mask (Perazzi 2012)
    weighted_f: float  # F whose errors weigh more where they are far from the subject, beta 1 (Margolin 2014)
    s: float  # S, likeness of structure, by regions and by object (Fan 2017)
    precision: NDArray[np.float32]
    recall: NDArray[np.float32]
    f: NDArray[np.float32]  # F, beta squared 0.3 (Achanta 2009)
    e: NDArray[np.float32]  # E, enhanced alignment (Fan 2018)


def saliency(pred: NDArray[np.float32], true: NDArray[np.bool_]) -> Saliency:
    """pred: H x W alpha in [0, 1]; true: H x W mask. MissingExtra where PySODMetrics is not installed."""
    sod = _library()
    over_thresholds = {"with_dynamic": True, "with_adaptive": False}
    handlers = {
        "precision": sod.PrecisionHandler(**over_thresholds),
        "recall": sod.RecallHandler(**over_thresholds),
        "f": sod.FmeasureHandler(**over_thresholds, beta=0.3),
    }
    curves, mae, weighted_f = sod.FmeasureV2(handlers), sod.MAE(), sod.WeightedFmeasure()
    s, e = sod.Smeasure(), sod.Emeasure()
    for measure in (curves, mae, weighted_f, s, e):
        measure.step(pred=pred, gt=true, normalize=False)
    found = curves.get_results()
    return Saliency(
        mae=float(mae.get_results()["mae"]),
        weighted_f=float(weighted_f.get_results()["wfm"]),
        s=float(s.get_results()["sm"]),
        precision=_curve(found["precision"]["dynamic"]),
        recall=_curve(found["recall"]["dynamic"]),
        f=_curve(found["f"]["dynamic"]),
        e=_curve(e.get_results()["em"]["curve"]),
    )


def _curve(values: Any) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)


def _library() -> Any:
    try:
        import py_sod_metrics
    except ImportError:
        raise MissingExtra('evaluating needs PySODMetrics: pip install "matteo[train]"') from None
    return py_sod_metrics
