import numpy as np
import pytest
import torch

from matteo.learning.fit_heads import fit_kind, fit_quality, platt, quality_of
from matteo.learning.seen import UNTOLD, Seen
from matteo.learning.verdict import EXPECTED, KINDS, LOGIT

PARTS = ("inputs", "iou", "kind", "picture")


def made(count: int = 600, seed: int = 0) -> Seen:
    """Inputs whose first numbers tell the kind, and whose logit is wrong by a scale of 2 and a shift of -1."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(len(KINDS), size=count)
    inputs = rng.standard_normal((count, 20)).astype(np.float32)
    inputs[np.arange(count), 10 + kind] += 6
    iou = 1 / (1 + np.exp(-(2 * inputs[:, LOGIT] - 1)))
    kind[:50] = UNTOLD
    return Seen(inputs, iou.astype(np.float32), kind, np.arange(count))


def test_platt_finds_scale_and_shift() -> None:
    seen = made()
    assert platt(seen.inputs[:, LOGIT], seen.iou) == pytest.approx((2, -1), abs=0.01)


def test_the_quality_is_the_iou_where_a_scale_is_all_that_lacks() -> None:
    assert np.abs(quality_of(fit_quality(made()), made(seed=1)) - made(seed=1).iou).max() < 0.01


def test_nothing_found_where_nothing_is_teaches_no_quality() -> None:
    seen = made()
    inputs = np.zeros((100, 20), np.float32)
    inputs[:, EXPECTED], inputs[:, LOGIT] = 0, -4.6
    nothing = Seen(inputs, np.ones(100, np.float32), np.zeros(100, np.int64), np.arange(100))
    seen.inputs[:, EXPECTED] = 1 / (1 + np.exp(-seen.inputs[:, LOGIT]))
    both = Seen(*(np.concatenate([getattr(s, name) for s in (seen, nothing)]) for name in PARTS))
    assert torch.equal(fit_quality(both).weight, fit_quality(seen).weight)
    missed = Seen(inputs, np.zeros(100, np.float32), nothing.kind, nothing.picture)
    more = Seen(*(np.concatenate([getattr(s, name) for s in (seen, missed)]) for name in PARTS))
    assert not torch.equal(fit_quality(more).weight, fit_quality(seen).weight)


def test_a_kind_that_shows_is_learned_and_the_untold_are_left_out() -> None:
    other = made(seed=1)
    head = fit_kind(made(6000))
    with torch.inference_mode():
        given = head(torch.from_numpy(other.inputs)).argmax(1).numpy()
    told = other.kind != UNTOLD
    assert (given[told] == other.kind[told]).mean() > 0.97
