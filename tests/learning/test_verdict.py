from pathlib import Path

import numpy as np
import pytest
import torch

from matteo.errors import ModelError
from matteo.learning.network import Network
from matteo.learning.verdict import KINDS, NUMBERS, Head, expected_iou, load_verdict, numbers_of, overlap, pooled
from matteo.matting import confidence
from tests.learning.small_heads import heads_of
from tests.learning.test_muon import SMALL


def maps_of(alpha: torch.Tensor) -> list[torch.Tensor]:
    """The five maps of a network that is of one mind at all scales: logits of alpha, B x 1 x H x W at stride 2."""
    logits = [torch.logit(torch.nn.functional.avg_pool2d(alpha, 2**k).clamp(1e-6, 1 - 1e-6)) for k in (4, 3, 2, 1)]
    return [*logits, torch.logit(alpha.clamp(1e-6, 1 - 1e-6))]


def square(side: int = 64) -> torch.Tensor:
    alpha = torch.zeros(1, 1, side, side)
    alpha[..., 16:48, 16:48] = 1
    return alpha


def test_expected_iou_is_that_of_the_runtime() -> None:
    alpha = torch.rand(3, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    expected = [confidence.expected_iou(a.numpy()) for a in alpha[:, 0]]
    assert np.allclose(expected_iou(alpha), expected, atol=1e-3)


def test_overlap_is_the_iou_of_masks() -> None:
    a, b = torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    a[..., :2, :] = 1
    b[..., 1:3, :] = 1
    assert overlap(a, b).item() == pytest.approx(1 / 3, abs=1e-3)


def test_the_numbers_of_a_sure_square() -> None:
    numbers = numbers_of(maps_of(square()))
    assert numbers.shape == (1, NUMBERS)
    expected, _, area, _, unsure = numbers[0, :5].tolist()
    top, bottom, side, *agreement = numbers[0, 8:].tolist()
    assert expected == pytest.approx(1, abs=1e-3)
    assert area == pytest.approx(0.25, abs=1e-3)
    assert unsure == pytest.approx(0, abs=1e-3)
    assert (top, bottom, side) == pytest.approx((0, 0, 0), abs=1e-3)
    assert agreement == pytest.approx([1, 1, 1], abs=1e-2)


def test_a_subject_at_the_border_and_maps_that_disagree_show_in_the_numbers() -> None:
    maps = maps_of(torch.roll(square(), 16, 2))
    maps[0] = -maps[0]
    numbers = numbers_of(maps)[0]
    assert numbers[9].item() == pytest.approx(0.5, abs=1e-2)
    assert numbers[11].item() < 0.1


def test_pooled_is_the_mean_of_the_picture_and_of_the_subject() -> None:
    deep = torch.zeros(1, 2, 4, 4)
    deep[0, 0] = 3
    deep[0, 1, 1:3, 1:3] = 8
    mean, subject = pooled(maps_of(square()), deep)[0].reshape(2, 2)
    assert mean.tolist() == pytest.approx([3, 2], abs=1e-2)
    assert subject.tolist() == pytest.approx([3, 8], abs=1e-2)


def test_a_head_does_not_see_the_scale_of_its_inputs() -> None:
    x = torch.randn(64, 5, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    head = Head(5, 8, 1).eval()
    head.standardise(x)
    before = head(x)
    head.standardise(x * 1000 + 7)
    assert torch.allclose(head(x * 1000 + 7), before, atol=2e-2)


def test_verdicts_are_chances(tmp_path: Path) -> None:
    network = Network(SMALL).eval()
    verdict = heads_of(network, tmp_path / "heads.pt")
    with torch.inference_mode():
        kind, quality = verdict(*network.look(torch.randn(2, 3, 64, 96)))
    assert kind.shape == (2, len(KINDS))
    assert torch.allclose(kind.sum(1), torch.ones(2))
    assert quality.shape == (2,)
    assert ((quality > 0) & (quality < 1)).all()


def test_heads_come_back_and_belong_to_one_network(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network, other = Network(SMALL), Network(SMALL)
    verdict = heads_of(network, tmp_path / "heads.pt")
    again = load_verdict(tmp_path / "heads.pt", network)
    for name, value in verdict.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)
    with pytest.raises(ModelError, match="trained on another network"):
        load_verdict(tmp_path / "heads.pt", other)
