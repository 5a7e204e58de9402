"""The refiner of matteo: one small dense CNN, patches of a picture with their coarse alpha -> alpha.

    rgb, coarse alpha, unknown band, where between the known sides' colours each pixel's lies: 6 x h x w
      | all of it as 1/4 (pixel-unshuffle), the colours around, 1x1 --> residual block --> fine
      | residual blocks at 1/8 ------------------------------------------------------> + -> residual block -> 3x3
      | a linear model of all of it, whose coefficients that gives for each 4 x 4 pixels, and what the 3x3 adds
      -> h x w

Locally alpha is linear in the colours (Levin 2006), so that few maps of a quarter of the size say what becomes of the
finest strand (as in bilateral learning, Gharbi 2017). What lies farther away is told by the colours around, so that the
network itself need not look far.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_shuffle, pixel_unshuffle

from matteo.learning.network import ResidualBlock, conv_relu
from matteo.matting import surroundings
from matteo.matting.patch import SIDE

CHANNELS = 5
MULTIPLE = surroundings.BLOCK  # of the patch's height and width
CONTRAST = 0.01  # squared distance of two colours that counts as none
LEAK = 0.05
LINEAR = (0, 1, 2, 3, 5)  # of what is seen of a pixel, all but the band's mark enter the linear model


class Refiner(nn.Module):
    """B x 5 x h x w: rgb in [0, 1], coarse alpha in [0, 1], 1 where alpha is unknown; multiples of 8. And what is known
    around, B x 8 x h/8 x w/8, as `matting.surroundings` gives it.

    Gives alpha as B x 1 x h x w, in training with a slight slope beyond [0, 1] so that no pixel is stuck there.
    """

    def __init__(self, widths: tuple[int, int] = (48, 64), deep: int = 2) -> None:
        super().__init__()
        fine, coarse = widths
        self.widths = widths
        seen = (CHANNELS + 1) * SIDE**2
        self.stem = conv_relu(seen + surroundings.CHANNELS, fine, kernel=1)
        self.fine = ResidualBlock(fine, fine)
        self.coarse = nn.Sequential(
            ResidualBlock(fine, coarse, stride=2), *(ResidualBlock(coarse, coarse) for _ in range(deep - 1))
        )
        self.to_fine = nn.Conv2d(coarse, fine, 1)
        self.merge = ResidualBlock(fine, fine)
        self.to_logits = nn.Conv2d(fine, SIDE**2 + len(LINEAR), 3, padding=1)
        self.to_logits_directly = nn.Conv2d(seen, SIDE**2, 1)

    def forward(self, x: Tensor, around: Tensor) -> Tensor:
        return self.of_squares(in_squares(x), around)

    def of_squares(self, squares: Tensor, around: Tensor, inside: Tensor | None = None) -> Tensor:
        """The same from B x 80 x h/4 x w/4, as `matting.patch` and `in_squares` give it.

        inside: int64, top, left, bottom and right in squares, where alpha is wanted. What lies around is seen at 1/8
        only; near the rim of the inside, what a few squares outside say is missed.
        """
        colours = interpolate(around, scale_factor=2.0, mode="bilinear")
        seen = torch.cat([squares, between(squares[:, : 3 * SIDE**2], colours)], 1)
        stem = self.stem(torch.cat([seen, colours], 1))
        deep = interpolate(self.to_fine(self.coarse(stem)), scale_factor=2.0, mode="bilinear")
        if inside is not None:
            top, left, bottom, right = inside.unbind()
            stem, deep, seen = (maps[:, :, top:bottom, left:right] for maps in (stem, deep, seen))
        told = self.to_logits(self.merge(self.fine(stem) + deep))
        change = told[:, : SIDE**2] + self.to_logits_directly(seen)
        for number, channel in enumerate(LINEAR, SIDE**2):
            change = change + told[:, number : number + 1] * of_channel(seen, channel)
        alpha = pixel_shuffle(of_channel(seen, 3) + 0.5 + change, SIDE)
        clipped = alpha.clamp(0, 1)
        return clipped + LEAK * (alpha - clipped) if self.training else clipped


def in_squares(x: Tensor) -> Tensor:
    """B x 80 x h/4 x w/4 from B x 5 x h x w; colours and alpha less a half."""
    return pixel_unshuffle(torch.cat([x[:, :4] - 0.5, x[:, 4:]], 1), SIDE)


def of_channel(unshuffled: Tensor, channel: int) -> Tensor:
    return unshuffled[:, channel * SIDE**2 : (channel + 1) * SIDE**2]


def between(unshuffled: Tensor, colours: Tensor) -> Tensor:
    """Where each pixel's colour lies on the line from the background's to the foreground's, less a half: the alpha of
    the compositing equation, were both colours right. B x 16 x h/4 x w/4.

    unshuffled: B x 48 x h/4 x w/4, rgb less a half. colours: B x 8 x h/4 x w/4, less a half, as `surroundings`.
    """
    background = colours[:, 4:7]
    line = colours[:, :3] - background
    slope = line / (line.square().sum(1, keepdim=True) + CONTRAST)
    along = -(slope * background).sum(1, keepdim=True)
    for channel in range(3):
        along = along + slope[:, channel : channel + 1] * of_channel(unshuffled, channel)
    return along.clamp(0, 1) - 0.5
