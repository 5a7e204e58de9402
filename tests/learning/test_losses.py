"""Losses against values computed by hand."""

import math

import torch

from matteo.learning.losses import (
    C1,
    HEAD_WEIGHTS,
    box_mean,
    edge_weight,
    matting_loss,
    ssim_loss,
    weighted_bce,
    weighted_iou,
)


def test_box_mean_is_the_mean_of_what_lies_inside() -> None:
    x = torch.arange(25.0).view(1, 1, 5, 5)
    mean = box_mean(x, 3)
    assert mean[0, 0, 2, 2] == 12
    assert torch.isclose(mean[0, 0, 0, 0], torch.tensor((0 + 1 + 5 + 6) / 4))


def test_edges_weigh_more_and_flat_parts_one() -> None:
    alpha = torch.zeros(1, 1, 40, 40)
    alpha[..., 20:] = 1
    weight = edge_weight(alpha)
    assert weight[0, 0, 20, 0] == 1
    assert torch.isclose(weight[0, 0, 20, 20], torch.tensor(1 + 4 * (7 / 15)), atol=1e-5)


def test_bce_of_an_undecided_network_is_log_2() -> None:
    logits, alpha = torch.zeros(2, 1, 4, 4), torch.rand(2, 1, 4, 4)
    assert math.isclose(weighted_bce(logits, alpha, torch.rand(2, 1, 4, 4) + 1).item(), math.log(2), rel_tol=1e-5)


def test_iou_by_hand() -> None:
    # Alpha 1/2 everywhere on 4 pixels, truth 1 on two of them: both 1, either 3; 1 - (1 + 1) / (3 + 1).
    alpha = torch.tensor([1.0, 1.0, 0.0, 0.0]).view(1, 1, 2, 2)
    assert math.isclose(weighted_iou(torch.zeros(1, 1, 2, 2), alpha, torch.ones(1, 1, 2, 2)).item(), 0.5, rel_tol=1e-6)


def test_a_perfect_answer_costs_nearly_nothing_and_its_opposite_much() -> None:
    alpha = torch.zeros(1, 1, 64, 64)
    alpha[..., :32, :32] = 1  # whole cells even of the coarsest head
    sizes = (2, 4, 8, 16, 32)

    def heads(sign: float) -> list[torch.Tensor]:
        return [sign * 20 * (torch.nn.functional.interpolate(alpha, size=(s, s), mode="area") * 2 - 1) for s in sizes]

    perfect, wrong = matting_loss(heads(1), alpha), matting_loss(heads(-1), alpha)
    assert perfect["total"] < 0.02 * sum(HEAD_WEIGHTS)
    assert wrong["total"] > 5 * sum(HEAD_WEIGHTS)
    assert torch.isclose(perfect["total"], perfect["bce"] + perfect["iou"])


def test_ssim_of_flat_alphas_by_hand() -> None:
    # Without contrast only the means are left: 1 - (2 a b + C1) / (a² + b² + C1), here for 1/2 and 1.
    flat = ssim_loss(torch.zeros(1, 1, 32, 32), torch.ones(1, 1, 32, 32))
    assert math.isclose(flat.item(), 1 - (1 + C1) / (0.25 + 1 + C1), rel_tol=1e-4)


def test_ssim_of_the_same_is_0_and_of_the_opposite_structure_above_1() -> None:
    alpha = (torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0)) > 0.5).float()
    assert abs(ssim_loss(40 * (alpha * 2 - 1), alpha).item()) < 1e-3
    assert ssim_loss(-40 * (alpha * 2 - 1), alpha) > 1.5


def test_heads_of_weight_0_are_left_out_and_terms_sum_up() -> None:
    heads = [torch.zeros(1, 1, s, s, requires_grad=True) for s in (2, 4, 8, 16, 32)]
    alpha = torch.zeros(1, 1, 64, 64)
    alpha[..., :32] = 1
    terms = matting_loss(heads, alpha, (0, 0, 0, 0, 1), ssim=0.5)
    assert math.isclose(terms["bce"].item(), math.log(2), rel_tol=0.02)
    assert torch.isclose(terms["total"], terms["bce"] + terms["iou"] + terms["ssim"])
    terms["total"].backward()  # type: ignore[no-untyped-call]
    assert [head.grad is None for head in heads] == [True, True, True, True, False]
