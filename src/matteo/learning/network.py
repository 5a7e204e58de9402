"""The network of matteo: one encoder-decoder CNN, picture -> logits of alpha.

    picture 3 x H x W
      | stem 3x3 /2 --------------------------------------------------------> fine
      | stage 1  /4   residual blocks --------------------------------> side 1  |
      | stage 2  /8   residual blocks ------------------------> side 2    |     |
      | stage 3  /16  residual blocks + squeeze -------> side 3  |        |     |
      | stage 4  /32  residual blocks + squeeze          |       |        |     |
      | context: dilated 3x3 at 1, 2, 4 and the mean ->  merge -> merge -> merge -> last -> alpha /2
                                                  |        |       |         |        |
                                  head /32      /32       /16     /8        /4       /2

A network that follows hints sees them beside the colours, and pooled once more behind stages 2, 3 and 4, where a place
is a part of a thing and no pixel.

Every convolution is dense: on a CPU a depthwise one costs more time than it saves (measured in docs/training-log.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d, relu

STRIDE = 32
COLOURS, HINTED = 3, 6  # channels of what is seen


@dataclass(frozen=True)
class Form:
    """The size of a network; the same code serves all.

    widths, blocks: channels and residual blocks of the four stages at strides 4, 8, 16, 32.
    decoder: channels of the decoder at strides 4, 8, 16 and of the context at 32.
    inputs: 3 for colours; 6 with hints (to keep, to drop, alpha found before; each in [0, 1]).
    """

    stem: int = 16
    widths: tuple[int, int, int, int] = (32, 64, 128, 256)
    blocks: tuple[int, int, int, int] = (1, 2, 3, 2)
    decoder: tuple[int, int, int, int] = (32, 32, 48, 64)
    last: int = 16
    inputs: int = COLOURS


FORMS = {
    "matteo": Form(blocks=(1, 3, 6, 3), decoder=(32, 48, 96, 128)),
    "hints": Form(blocks=(1, 3, 6, 3), decoder=(32, 48, 96, 128), inputs=HINTED),
    "matteo-small": Form(widths=(24, 48, 96, 192), decoder=(24, 32, 48, 64)),
}


def conv(inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution and batch norm: no bias, as the norm has one."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(outputs),
    )


def conv_relu(inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(*conv(inputs, outputs, kernel, stride=stride, dilation=dilation), nn.ReLU(inplace=True))


def upsample_like(x: Tensor, like: Tensor) -> Tensor:
    return interpolate(x, size=like.shape[-2:], mode="bilinear", align_corners=False)


class ResidualBlock(nn.Module):
    """relu(x + conv(relu(conv(x)))) (He 2015); where the shape changes, the shortcut pools and projects."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(*conv_relu(inputs, outputs, stride=stride), *conv(outputs, outputs))
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.AvgPool2d(stride), *conv(inputs, outputs, kernel=1))

    def forward(self, x: Tensor) -> Tensor:
        return relu(self.body(x) + self.shortcut(x))


class Squeeze(nn.Module):
    """Squeeze-and-excitation (Hu 2018): the mean of the picture weighs the channels, through two full layers."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.excite = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, channels // 4, 1),
            nn.ReLU(),
            nn.Conv2d(channels // 4, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        weight: Tensor = self.excite(x)
        return x * weight


class Context(nn.Module):
    """Sees the whole picture: dilated 3x3 at rates 1, 2, 4 (Chen 2017) beside the mean of all positions."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        half = outputs // 2
        self.reduce = conv_relu(inputs, outputs, kernel=1)
        self.near_to_far = nn.ModuleList(conv_relu(outputs, half, dilation=rate) for rate in (1, 2, 4))
        self.mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(outputs, half, 1))
        self.merge = conv_relu(4 * half, outputs, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduce(x)
        mean = self.mean(x).expand(-1, -1, x.shape[2], x.shape[3])
        merged: Tensor = self.merge(torch.cat([*(branch(x) for branch in self.near_to_far), mean], 1))
        return merged


def stage(inputs: int, outputs: int, blocks: int, *, squeeze: bool) -> nn.Sequential:
    first = ResidualBlock(inputs, outputs, stride=2)
    rest = [ResidualBlock(outputs, outputs) for _ in range(blocks - 1)]
    return nn.Sequential(first, *rest, *([Squeeze(outputs)] if squeeze else []))


def silent(inputs: int, outputs: int) -> nn.Conv2d:
    """A 1x1 convolution that begins with 0: what it is added to stays as it was."""
    convolution = nn.Conv2d(inputs, outputs, 1, bias=False)
    nn.init.zeros_(convolution.weight)
    return convolution


def pooled(hints: Tensor, stride: int) -> Tensor:
    """Whether there is anything to keep or to drop in each square of a grid, and the mean of the alpha before."""
    return torch.cat([max_pool2d(hints[:, :2], stride), avg_pool2d(hints[:, 2:], stride)], 1)


class Network(nn.Module):
    """B x 3 x H x W (multiples of 32, ImageNet mean and deviation) -> logits of alpha, B x 1 x H x W.

    Where its form has room for hints, B x 6 x H x W; what is missing of them counts as none given.
    `heads(x)` gives the five maps of deep supervision, from stride 32 to stride 2.
    """

    def __init__(self, form: Form | None = None) -> None:
        super().__init__()
        form = form or Form()
        inputs = (form.stem, *form.widths[:3])
        self.form = form
        self.stem = conv_relu(form.inputs, form.stem, stride=2)
        self.stages = nn.ModuleList(
            stage(i, o, n, squeeze=k >= 2)
            for k, (i, o, n) in enumerate(zip(inputs, form.widths, form.blocks, strict=True))
        )
        self.context = Context(form.widths[3], form.decoder[3])
        self.sides = nn.ModuleList(
            conv_relu(w, d, kernel=1) for w, d in zip(form.widths[:3], form.decoder[:3], strict=True)
        )
        self.merges = nn.ModuleList(
            nn.Sequential(*conv_relu(here + deeper, here), *conv_relu(here, here))
            for here, deeper in zip(form.decoder[:3], form.decoder[1:], strict=True)
        )
        deep = form.widths[1:] if form.inputs == HINTED else ()
        self.stem_hints = nn.ModuleList(silent(form.inputs - COLOURS, width) for width in deep)
        self.thin = conv_relu(form.decoder[0], form.last, kernel=1)
        self.last = conv_relu(form.stem + form.last, form.last)
        self.to_logits = nn.ModuleList(nn.Conv2d(c, 1, 3, padding=1) for c in (form.last, *form.decoder))

    def heads(self, x: Tensor) -> list[Tensor]:
        return self.look(x)[0]

    def look(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """The five maps, and what is seen at stride 32: B x (stage 4 + context channels) x H/32 x W/32."""
        if x.shape[1] < self.form.inputs:
            x = torch.cat([x, x.new_zeros(len(x), self.form.inputs - x.shape[1], *x.shape[2:])], 1)
        fine = self.stem(x)
        features, y = [], fine
        for level, stage_ in enumerate(self.stages):
            y = stage_(y)
            if level > 0 and self.stem_hints:
                y = y + self.stem_hints[level - 1](pooled(x[:, COLOURS:], 4 << level))
            features.append(y)
        y = self.context(y)
        deep = torch.cat([features[3], y], 1)
        maps = [self.to_logits[4](y)]
        for level in (2, 1, 0):
            side = self.sides[level](features[level])
            y = self.merges[level](torch.cat([side, upsample_like(y, side)], 1))
            maps.append(self.to_logits[level + 1](y))
        y = self.last(torch.cat([fine, upsample_like(self.thin(y), fine)], 1))
        return [*maps, self.to_logits[0](y)], deep

    def forward(self, x: Tensor) -> Tensor:
        return upsample_like(self.heads(x)[-1], x)
