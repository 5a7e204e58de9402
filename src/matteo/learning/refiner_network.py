"""The refiner of matteo: one small dense CNN, patches of a picture with their coarse alpha -> alpha.

    rgb, coarse alpha, unknown band: 5 x h x w
      | known foreground's and background's mean colours around, at 1/8; where between them each pixel's colour lies
      | all of it as 1/2 (pixel-unshuffle), 3x3 ---------------------------> fine
      | residual block at 1/4 ----------------------------------> side        |
      | residual blocks at 1/8 ------------------------------->  + -> block   |
      |                                                               -> + -> 3x3 -> 3x3 with the input -> h x w

It costs 13 thousand multiply-adds a pixel; its largest maps are of half the size.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, pixel_shuffle, pixel_unshuffle

from matteo.learning.network import ResidualBlock, conv_relu

CHANNELS = 5
MULTIPLE = 8  # of the patch's height and width
EVIDENCE = 0.001  # share of known pixels around that counts as nothing seen
FAR = 0.05  # weight of what is farther than some 12 pixels, against what is nearer
CONTRAST = 0.01  # squared distance of two colours that counts as none
LEAK = 0.05


class Refiner(nn.Module):
    """B x 5 x h x w: rgb in [0, 1], coarse alpha in [0, 1], 1 where alpha is unknown; multiples of 8.

    Gives alpha as B x 1 x h x w, in training with a slight slope beyond [0, 1] so that no pixel is stuck there.
    """

    def __init__(self, widths: tuple[int, int, int] = (32, 48, 64), deep: int = 2) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.widths = widths
        self.stem = conv_relu(4 * (CHANNELS + 1) + 8, fine)
        self.middle = ResidualBlock(fine, middle, stride=2)
        self.coarse = nn.Sequential(
            ResidualBlock(middle, coarse, stride=2), *(ResidualBlock(coarse, coarse) for _ in range(deep))
        )
        self.to_middle = nn.Conv2d(coarse, middle, 1)
        self.merge_middle = ResidualBlock(middle, middle)
        self.to_fine = nn.Conv2d(middle, fine, 1)
        self.merge_fine = conv_relu(fine, fine)
        self.to_logits = nn.Conv2d(fine + 4 * (CHANNELS + 1), 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        colours = colours_around(x)
        guess = between(x[:, :3], interpolate(colours, scale_factor=8.0, mode="bilinear"))
        halves = pixel_unshuffle(torch.cat([x[:, :4] - 0.5, x[:, 4:], guess], 1), 2)
        fine = self.stem(torch.cat([halves, interpolate(colours, scale_factor=4.0, mode="bilinear")], 1))
        middle = self.middle(fine)
        deep = self.to_middle(self.coarse(middle))
        middle = self.merge_middle(middle + interpolate(deep, scale_factor=2.0, mode="bilinear"))
        fine = self.merge_fine(fine + interpolate(self.to_fine(middle), scale_factor=2.0, mode="bilinear"))
        change = pixel_shuffle(self.to_logits(torch.cat([fine, halves], 1)), 2)
        alpha = x[:, 3:4] + change
        clipped = alpha.clamp(0, 1)
        return clipped + LEAK * (alpha - clipped) if self.training else clipped


def colours_around(x: Tensor) -> Tensor:
    """Mean colours of the known foreground and of the known background around, less a half, each with its evidence
    from 0 to 1: B x 8 x h/8 x w/8. What is within some 12 pixels counts most; beyond 60 nothing does."""
    known = 1 - x[:, 4:5]
    seen = []
    for weight in (known * x[:, 3:4], known * (1 - x[:, 3:4])):
        near = avg_pool2d(avg_pool2d(torch.cat([x[:, :3] * weight, weight], 1), MULTIPLE), 3, 1, 1)
        far = near
        for _ in range(3):
            far = avg_pool2d(far, 5, 1, 2)
        maps = near + FAR * far
        share = maps[:, 3:4]
        seen += [(maps[:, :3] - 0.5 * share) / (share + EVIDENCE), share / (share + EVIDENCE)]
    return torch.cat(seen, 1)


def between(rgb: Tensor, colours: Tensor) -> Tensor:
    """Where each pixel's colour lies on the line from the background's to the foreground's, less a half: the alpha of
    the compositing equation, were both colours right. B x 1 x h x w."""
    foreground, background = colours[:, :3] + 0.5, colours[:, 4:7] + 0.5
    line = foreground - background
    along = ((rgb - background) * line).sum(1, keepdim=True)
    return (along / (line.square().sum(1, keepdim=True) + CONTRAST)).clamp(0, 1) - 0.5
