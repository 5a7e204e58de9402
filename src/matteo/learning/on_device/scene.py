"""OtherScene and SecondSubject in batches: subjects of the set, sampled from where they lie into other pictures."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, max_pool2d

from matteo.learning.augment_scene import LEAST, SHARE, Paste
from matteo.learning.on_device.light import gaussian_blur
from matteo.learning.on_device.place import subject_boxes, uniform


def fit_subjects(mask: Tensor, shapes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(which pictures' subjects can be moved, their masks shrunk by a pixel, the windows around them)."""
    share = (mask > 0.5).float().mean((1, 2, 3))
    shrunk = -max_pool2d(-mask, 3, stride=1, padding=1)
    boxes = subject_boxes(shrunk)
    large = (boxes[:, 1] * shapes >= LEAST).all(1)
    return (share > SHARE[0]) & (share < SHARE[1]) & large, shrunk, boxes


def paste(
    spec: Paste, canvas: tuple[Tensor, Tensor, Tensor], subject: tuple[Tensor, Tensor, Tensor, Tensor],
    rng: torch.Generator,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """canvas: rgb B x 3 x S x S, mask B x 1 x S x S, own shapes B x 2. subject: rgb, shrunk mask, own shapes, windows.

    The canvas with the subject at a random size and place, and its mask with the subject's.
    """
    rgb, mask, shapes = canvas
    new, new_mask, new_shapes, boxes = subject
    one = (len(rgb), 1)
    pixels = boxes[:, 1] * new_shapes
    lengths = pixels * (uniform(*spec.scale, one, rng) * (shapes / pixels).amin(1, keepdim=True)) / shapes
    beyond = lengths * spec.outside * (uniform(0, 1, one, rng) < spec.outside_chance)
    starts = uniform(0, 1, (len(rgb), 2), rng) * (1 - lengths + 2 * beyond) - beyond
    placed = sample_into(torch.cat([new, new_mask], 1), boxes, starts, lengths)
    alpha = gaussian_blur(placed[:, 3:], uniform(*spec.soft, (len(rgb),), rng), spec.soft[1])
    weight = (new_mask > 0.5).float()
    mean = (new * weight).sum((2, 3)) / weight.sum((2, 3)).clamp(min=1)
    shift = (rgb.mean((2, 3)) - mean) * uniform(*spec.match, one, rng)
    matched = (placed[:, :3] + shift[:, :, None, None]).clamp(0, 1)
    return matched * alpha + rgb * (1 - alpha), torch.maximum(mask, alpha)


def sample_into(x: Tensor, boxes: Tensor, starts: Tensor, lengths: Tensor) -> Tensor:
    """x's windows `boxes` laid where (starts, lengths) of the canvas say; colours go on beyond them, the mask ends."""
    side = x.shape[-1]
    at = (torch.arange(side, device=x.device) + 0.5) / side
    shares = (at[None, None] - starts[:, :, None]) / lengths[:, :, None]  # B x 2 x S: of the subject's own window
    inside = ((shares >= 0) & (shares <= 1)).float()
    source = boxes[:, 0, :, None] + boxes[:, 1, :, None] * shares.clamp(0, 1)
    rows, columns = (source[:, 0, :, None].expand(-1, side, side), source[:, 1, None].expand(-1, side, side))
    out = grid_sample(x, torch.stack([columns, rows], 3) * 2 - 1, padding_mode="border", align_corners=False)
    out[:, 3:] = out[:, 3:] * (inside[:, 0, :, None] * inside[:, 1, None])[:, None]
    return out
