"""Truncate, Crop, Flip and Rotate as one sampling: a picture's pixels are looked up once, however it is moved.

Coordinates are shares of a picture's height and width, y before x. A window is B x 2 x 2: (start, length) x (y, x).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample

from matteo.learning.augment_place import Crop, Rotate, Truncate


def uniform(low: float, high: float, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=rng, device=rng.device) * (high - low) + low


def whole(count: int, device: torch.device) -> Tensor:
    return torch.tensor([[0.0, 0.0], [1.0, 1.0]], device=device).expand(count, 2, 2).clone()


def subject_boxes(mask: Tensor) -> Tensor:
    """B x 1 x S x S in [0, 1] -> windows around the subjects; zero where there is none."""
    inside, sides = mask[:, 0] > 0.5, []
    for axis in (2, 1):
        line = inside.any(axis)
        first = line.float().argmax(1)
        last = line.shape[1] - line.flip(1).float().argmax(1)
        sides.append(torch.stack([first, (last - first) * line.any(1)], 1) / line.shape[1])
    return torch.stack(sides, 2)


def truncate(spec: Truncate, mask: Tensor, rng: torch.Generator) -> Tensor:
    """Windows whose one side lies within the subject; the whole picture where too little would be left."""
    count = len(mask)
    windows, boxes = whole(count, mask.device), subject_boxes(mask)
    side = torch.randint(4, (count,), generator=rng, device=mask.device)
    cut = uniform(*spec.cut, (count,), rng)
    axis, at_end, rows = side % 2, side < 2, torch.arange(count, device=mask.device)
    start, length = boxes[rows, 0, axis], boxes[rows, 1, axis]
    kept = torch.where(at_end, start + (1 - cut) * length, 1 - start - cut * length)
    kept = torch.where((kept >= 1 / 3) & (length > 0), kept, torch.ones_like(kept))
    windows[rows, 0, axis] = torch.where(at_end, torch.zeros_like(kept), 1 - kept)
    windows[rows, 1, axis] = kept
    return windows


def crop(spec: Crop, mask: Tensor, shapes: Tensor, windows: Tensor, rng: torch.Generator) -> Tensor:
    """Windows within the given ones that keep most of the subject. shapes: B x 2, the pictures' own."""
    count, n = len(mask), spec.tries
    own = (shapes[:, 0] * windows[:, 1, 0]) / (shapes[:, 1] * windows[:, 1, 1])
    wanted = torch.full_like(own, spec.size_hw[0] / spec.size_hw[1])
    shape = torch.where(uniform(0, 1, (count,), rng) < 0.5, own, wanted)[:, None]
    aspect = shape * torch.exp(uniform(-spec.stretch, spec.stretch, (count, n), rng)) / own[:, None]
    area = uniform(*spec.area, (count, n), rng)
    lengths = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()], 2).clamp(1 / 3, 1)
    starts = uniform(0, 1, (count, n, 2), rng) * (1 - lengths)
    boxes = torch.stack([starts, lengths], 2)
    boxes = torch.stack(
        [windows[:, None, 0] + boxes[:, :, 0] * windows[:, None, 1], boxes[:, :, 1] * windows[:, None, 1]], 2
    )
    candidates = torch.cat([boxes, windows[:, None]], 1)  # the last one, the whole, always serves
    held = subject_inside(mask, candidates)
    serves = held >= spec.keep * held[:, -1:]
    chosen = serves.float().argmax(1)
    chosen = torch.where(uniform(0, 1, (count,), rng) < spec.whole, torch.full_like(chosen, n), chosen)
    return candidates[torch.arange(count, device=mask.device), chosen]


def subject_inside(mask: Tensor, windows: Tensor) -> Tensor:
    """B x 1 x S x S, B x n x 2 x 2 -> B x n: the subject's pixels in each window, by a table of sums."""
    side = mask.shape[-1]
    sums = torch.nn.functional.pad((mask[:, 0] > 0.5).float().cumsum(1).cumsum(2), (1, 0, 1, 0))
    first = (windows[:, :, 0] * side).round().long().clamp(0, side)
    last = ((windows[:, :, 0] + windows[:, :, 1]) * side).round().long().clamp(0, side)
    rows = torch.arange(len(mask), device=mask.device)[:, None]
    at = [sums[rows, y[..., 0], x[..., 1]] for y, x in ((last, last), (first, last), (last, first), (first, first))]
    return at[0] - at[1] - at[2] + at[3]


def angles(spec: Rotate, count: int, rng: torch.Generator) -> Tensor:
    return uniform(-spec.degrees, spec.degrees, (count,), rng) * (math.pi / 180)


def sample(
    x: Tensor, windows: Tensor, flipped: Tensor, turns: Tensor, size_hw: tuple[int, int], finer: int = 1
) -> Tensor:
    """x, B x C x S x S, through its windows, flipped and turned (radians), at size_hw; the border is mirrored.

    finer: samples a pixel in each direction, whose mean is taken.
    """
    height, width = size_hw[0] * finer, size_hw[1] * finer
    y = (torch.arange(height, device=x.device) + 0.5) / finer - size_hw[0] / 2
    x_ = (torch.arange(width, device=x.device) + 0.5) / finer - size_hw[1] / 2
    cos, sin = turns.cos()[:, None, None], turns.sin()[:, None, None]
    rows = (cos * y[None, :, None] + sin * x_[None, None, :]) / size_hw[0] + 0.5
    columns = (cos * x_[None, None, :] - sin * y[None, :, None]) / size_hw[1] + 0.5
    rows, columns = mirrored(rows), mirrored(columns)
    columns = torch.where(flipped[:, None, None], 1 - columns, columns)
    rows = windows[:, 0, 0, None, None] + windows[:, 1, 0, None, None] * rows
    columns = windows[:, 0, 1, None, None] + windows[:, 1, 1, None, None] * columns
    grid = torch.stack([columns, rows], 3) * 2 - 1
    out = grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return avg_pool2d(out, finer) if finer > 1 else out


def mirrored(share: Tensor) -> Tensor:
    """Back into [0, 1] by reflection at both ends."""
    return 1 - (1 - share.remainder(2)).abs()
