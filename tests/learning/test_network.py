import pytest
import torch

from matteo.learning.network import FORMS, Form, Network
from tests.learning.test_muon import SMALL


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("size_hw", [(32, 32), (64, 160)])
def test_logits_have_the_pictures_size(name: str, size_hw: tuple[int, int]) -> None:
    network = Network(FORMS[name]).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, *size_hw)).shape == (1, 1, *size_hw)
        assert [h.shape[-1] for h in network.heads(torch.zeros(1, 3, *size_hw))] == [
            size_hw[1] // s for s in (32, 16, 8, 4, 2)
        ]


@pytest.mark.parametrize("form", [SMALL, *FORMS.values()])
def test_every_parameter_learns(form: Form) -> None:
    network = Network(form).train()
    x = torch.randn(2, form.inputs, 64, 64, generator=torch.Generator().manual_seed(0))
    torch.stack([h.square().mean() for h in network.heads(x)]).sum().backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_the_context_sees_the_whole_picture() -> None:
    network = Network(SMALL).eval()
    x = torch.randn(1, 3, 256, 256, generator=torch.Generator().manual_seed(0), requires_grad=True)
    network(x)[0, 0, 0, 0].backward()
    assert x.grad is not None
    assert (x.grad[0].abs().sum(0)[-32:, -32:] > 0).any()
