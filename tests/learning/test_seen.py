from pathlib import Path

import numpy as np
import torch

from matteo.learning.data import Pair
from matteo.learning.network import Network
from matteo.learning.seen import UNTOLD, Seen, look_at, plain, spoil, views_of
from matteo.learning.verdict import KINDS, NUMBERS
from tests.learning.test_muon import SMALL
from tests.pictures import photograph


def pair(name: str = "chelsea") -> Pair:
    rgb = photograph(name)
    mask = np.zeros(rgb.shape[:2], np.uint8)
    mask[60:250, 60:380] = 255
    return Pair(f"n02123045_{len(name)}", rgb, mask)


def test_views_are_plain_first_then_changed_and_the_same_again() -> None:
    def views() -> list[np.ndarray]:
        made = views_of([("train-duts-0", pair())], [pair("coffee")], side=64, shown=4, share_plain=0.0, seed=3)
        return [view.rgb for view in made]

    first, *changed = views()
    assert (first == plain(pair(), 64)[0]).all()
    assert all((view != first).any() for view in changed)
    assert all((a == b).all() for a, b in zip([first, *changed], views(), strict=True))


def test_spoiling_keeps_size_and_type() -> None:
    for seed in range(12):
        spoilt = spoil(photograph("coffee"), np.random.default_rng(seed))
        assert spoilt.shape == photograph("coffee").shape
        assert spoilt.dtype == np.uint8


def test_what_is_seen_comes_back_from_its_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Network(SMALL).eval()
    tars = [("train-duts-0", pair()), ("train-duts-1", Pair("sun_x", pair("coffee").rgb, pair("coffee").mask))]
    seen = look_at(network, views_of(tars, [pair("coffee")], side=64, shown=5, share_plain=0.2, seed=0))
    channels = network.form.widths[3] + network.form.decoder[3]
    assert seen.inputs.shape == (10, 2 * channels + NUMBERS)
    assert seen.kind.tolist() == [KINDS.index("animal")] * 5 + [UNTOLD] * 5
    assert seen.picture.tolist() == [0] * 5 + [1] * 5
    assert ((seen.iou >= 0) & (seen.iou <= 1)).all()
    seen.save(tmp_path / "seen.npz")
    again = Seen.load(tmp_path / "seen.npz")
    assert np.allclose(again.inputs, seen.inputs, rtol=1e-3, atol=1e-2)
    assert (again.iou == seen.iou).all()


def test_nothing_found_where_nothing_is_counts_as_in_the_evaluation() -> None:
    torch.manual_seed(0)
    network = Network(SMALL).eval()
    with torch.no_grad():
        for to_logits in network.to_logits:
            to_logits.weight.zero_()  # type: ignore[operator]
            to_logits.bias.fill_(-20)  # type: ignore[operator]
    empty = Pair("ground", pair("coffee").rgb, np.zeros(pair("coffee").mask.shape, np.uint8))
    tars = [("backgrounds", empty), ("train-duts-0", pair())]
    seen = look_at(network, views_of(tars, (), side=64, shown=1, share_plain=1.0, seed=0))
    assert seen.iou.tolist() == [1, 0]
