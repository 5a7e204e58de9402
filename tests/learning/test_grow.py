from collections import OrderedDict
from dataclasses import replace

import pytest
import torch

from matteo.learning.grow import adopt, deepen, widen
from matteo.learning.network import Form, Network
from tests.learning.test_muon import SMALL


def trained_looking(network: Network) -> Network:
    """Norms with statistics of their own, as after training."""
    generator = torch.Generator().manual_seed(0)
    for name, value in network.state_dict().items():
        if "running_mean" in name:
            value.copy_(torch.randn(value.shape, generator=generator) * 0.1)
        elif "running_var" in name:
            value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
    return network.eval()


def test_a_deeper_network_computes_the_same() -> None:
    small = trained_looking(Network(SMALL))
    large = deepen(small, replace(SMALL, blocks=(1, 3, 4, 2))).eval()
    x = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.equal(small(x), large(x))
    assert len(list(large.parameters())) > len(list(small.parameters()))


def test_a_deeper_network_learns_in_its_new_blocks() -> None:
    large = deepen(trained_looking(Network(SMALL)), replace(SMALL, blocks=(2, 1, 1, 1))).train()
    large(torch.randn(2, 3, 64, 64)).square().mean().backward()
    scale = large.stages[0][1].body[4].weight.grad  # type: ignore[index]
    assert scale is not None
    assert scale.abs().sum() > 0


def test_a_wider_network_computes_the_same_and_learns_in_its_new_channels() -> None:
    small = trained_looking(Network(SMALL))
    wider = Form(
        stem=SMALL.stem + 4, widths=tuple(w + 8 for w in SMALL.widths), blocks=SMALL.blocks,  # type: ignore[arg-type]
        decoder=tuple(d + 4 * (i + 1) for i, d in enumerate(SMALL.decoder)), last=SMALL.last + 2,  # type: ignore[arg-type]
    )  # fmt: skip
    large = widen(small, wider).eval()
    x = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        for one, other in zip(small.heads(x), large.heads(x), strict=True):
            assert torch.allclose(one, other, atol=1e-4)
    large.train()(x).square().mean().backward()
    assert large.merges[0][0].weight.grad[:, SMALL.decoder[0]].abs().sum() > 0  # type: ignore[index]


def test_states_of_other_names_are_taken_over_in_their_order() -> None:
    network = trained_looking(Network(SMALL))
    renamed = OrderedDict((f"other.{i}", value) for i, value in enumerate(network.state_dict().values()))
    x = torch.randn(1, 3, 32, 32)
    with torch.inference_mode():
        assert torch.equal(adopt(renamed, SMALL).eval()(x), network(x))


def test_what_does_not_fit_is_refused() -> None:
    network = Network(SMALL)
    with pytest.raises(ValueError, match="fewer blocks"):
        deepen(Network(replace(SMALL, blocks=(2, 1, 1, 1))), SMALL)
    with pytest.raises(ValueError, match="fewer channels"):
        widen(network, replace(SMALL, last=SMALL.last - 1))
    with pytest.raises(ValueError, match="not that of"):
        adopt(OrderedDict(network.state_dict()), replace(SMALL, last=16))
