import pytest
import torch
from torch import Tensor

from matteo.learning.muon import QUINTIC, Muon, orthogonalise, split_parameters
from matteo.learning.network import Form, Network

SMALL = Form(stem=8, widths=(8, 16, 16, 32), blocks=(1, 1, 1, 1), decoder=(8, 8, 8, 8), last=8)


def step_by_step(matrix: Tensor, steps: int = 5) -> Tensor:
    """Newton-Schulz as the paper writes it."""
    a, b, c = QUINTIC
    x: Tensor = matrix / matrix.norm()
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + b * gram @ x + c * gram @ gram @ x
    return x


@pytest.mark.parametrize("shape", [(16, 144), (64, 64), (32, 9), (128, 1152)])
def test_the_iteration_on_the_small_square_is_the_papers(shape: tuple[int, int]) -> None:
    matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    expected = step_by_step(matrix) if shape[0] <= shape[1] else step_by_step(matrix.T).T
    assert torch.allclose(orthogonalise(matrix), expected, atol=1e-5)


def test_singular_values_land_around_one() -> None:
    matrix = torch.randn(48, 432, generator=torch.Generator().manual_seed(1))
    values = torch.linalg.svdvals(orthogonalise(matrix))
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_a_step_goes_against_the_gradient_by_the_learning_rate() -> None:
    p = torch.nn.Parameter(torch.zeros(4, 4))
    p.grad = torch.eye(4) * 5
    Muon([p], lr=0.1).step()
    assert torch.allclose(p.detach(), -0.1 * orthogonalise(torch.eye(4)), atol=1e-6)


def test_every_parameter_has_one_optimiser_and_convolutions_have_muon() -> None:
    network = Network(SMALL)
    matrices, rest = split_parameters(network)
    assert {id(p) for p in matrices} | {id(p) for p in rest} == {id(p) for p in network.parameters()}
    assert len(matrices) + len(rest) == len(list(network.parameters()))
    assert all(p.ndim == 4 for p in matrices)
    assert len(matrices) > 10


def test_weights_of_one_shape_are_stepped_as_each_alone() -> None:
    generator = torch.Generator().manual_seed(3)
    shapes = ((4, 3, 3, 3), (4, 27), (6, 2), (4, 3, 3, 3))
    begun = [torch.randn(shape, generator=generator) for shape in shapes]
    gradients = [torch.randn(shape, generator=generator) for shape in shapes]
    together, alone = ([torch.nn.Parameter(p.clone()) for p in begun] for _ in range(2))
    frozen = torch.nn.Parameter(begun[0].clone())  # has no gradient
    one, each = (
        Muon([*together, frozen], lr=0.1, weight_decay=0.1),
        [Muon([p], lr=0.1, weight_decay=0.1) for p in alone],
    )
    for _ in range(2):
        for p, q, gradient in zip(together, alone, gradients, strict=True):
            p.grad, q.grad = gradient.clone(), gradient.clone()
        for optimiser in (one, *each):
            optimiser.step()
    assert torch.equal(frozen, begun[0])
    for p, q, start in zip(together, alone, begun, strict=True):
        assert torch.allclose(p, q, atol=1e-6)
        assert not torch.allclose(p, start, atol=0.05)
