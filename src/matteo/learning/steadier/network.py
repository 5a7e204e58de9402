"""The steadier: a small recurrent CNN between what the network sees of a frame and what was known of the one before.

    what is seen, what was known (log-odds, carried to this frame), how far that is to be trusted, the frame: 9 x h x w
    and what it remembers itself, 8 x h x w, carried along the same way
      | 3x3 ----------------------------------------> + -> 3x3 -> 3x3 -> 1x1 -> past's share, a change, what is kept
      | a mean of 4 x 4, 3x3 dilated 1, 2, 4, as it was |

    log-odds = now + share (past - now), now = seen + change, share <= KEPT, |change| <= LARGEST

So the past is a mean of what was seen and corrected, as long as one could follow it: where nothing moves, what comes
out cannot drift away from that, however long the film.

Its memory is a gated unit (as the GRU's, Cho 2014, convolutional as in Ballas 2016): what was remembered stays as far
as a gate says, the rest is new. It works on half of the network's grid; share and change are enlarged. What carries it
from frame to frame is optical flow, outside of it, so that it has to decide what to believe, not to find motion.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, grid_sample, interpolate, relu

from matteo.video.steady import CHANNELS, HIDDEN, KEPT, LARGEST, LONG, LOUD, MOST, MULTIPLE, SHORT, STILL, SURE


class Steadier(nn.Module):
    """B x 9 x h x w as `step` puts it together and B x 8 x h x w of memory; multiples of 4.

    Gives the past's share in [0, 1] and the change of log-odds, both B x 1 x h x w, and the memory.
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.width = width
        self.first = nn.Conv2d(CHANNELS + HIDDEN, width, 3, padding=1)
        self.around = nn.ModuleList(nn.Conv2d(width, width, 3, padding=d, dilation=d) for d in (1, 2, 4))
        self.deep = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.told = nn.Conv2d(width, 2 + 2 * HIDDEN, 1)
        with torch.no_grad():  # at first nearly what is seen
            self.told.weight.mul_(0.1)
            bias = torch.zeros(2 + 2 * HIDDEN)
            bias[0] = -1.0
            self.told.bias = nn.Parameter(bias)

    def forward(self, frame: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fine = relu(self.first(torch.cat([frame, hidden], 1)))
        coarse = avg_pool2d(fine, MULTIPLE)
        for layer in self.around:
            coarse = relu(layer(coarse))
        fine = fine + interpolate(coarse, scale_factor=float(MULTIPLE), mode="bilinear")
        for layer in self.deep:
            fine = relu(layer(fine))
        share, change, gate, new = self.told(fine).split_with_sizes([1, 1, HIDDEN, HIDDEN], 1)
        kept = torch.sigmoid(gate)
        return torch.sigmoid(share), change, kept * hidden + (1 - kept) * torch.tanh(new)


@dataclass(frozen=True)
class Look:
    """What the network told of a frame. odds: B x 1 x h x w, log-odds times `valid`. valid: B x 1 x h x w, how far it
    saw there, 0 where nothing is told. kind: of `matteo.video.steady`: BOTH, WHOLE or CLOSER."""

    odds: Tensor
    valid: Tensor
    kind: float


@dataclass(frozen=True)
class Known:
    """Up to a frame. odds, weight: B x 1 x h x w; hidden: B x 8 x h x w."""

    odds: Tensor
    weight: Tensor
    hidden: Tensor


def step(
    network: Steadier, look: Look | None, rgb: Tensor, known: Known | None, back: Tensor, trust: Tensor, *,
    bf16: bool = False,
) -> Known:  # fmt: skip
    """What is known of a frame: rgb, B x 3 x h x w in [0, 1]; back: B x 2 x h x w, the way to the frame before in
    pixels; trust: B x 1 x h x w. bf16: the arithmetic of the convolutions. Without a look the past is carried on."""
    if known is None:
        assert look is not None, "nothing is known of a first frame without a look"
        none = torch.zeros_like(look.odds)
        past, weight, trust, hidden = look.odds, none, none, none.expand(-1, HIDDEN, -1, -1)
    else:
        carried = warped(torch.cat([known.odds, known.weight, known.hidden], 1), back)
        past, weight, hidden = carried.split_with_sizes([1, 1, HIDDEN], 1)
        speed = back.square().sum(1, keepdim=True).sqrt() * 2  # of the network's own grid
        weight = torch.minimum(weight, SHORT + (LONG - SHORT) / (1 + (speed / STILL) ** 2)) * trust
        hidden = hidden * trust
    if look is None:
        return Known(past, weight, hidden)
    seen = look.odds + (1 - look.valid) * past
    kind = torch.full_like(seen, look.kind)
    frame = torch.cat([seen / LOUD, past / LOUD, trust, weight / LONG, look.valid, kind, rgb - 0.5], 1)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        given = (values.contiguous(memory_format=torch.channels_last) for values in (frame, hidden))
        share, change, hidden = (values.float() for values in network(*given))
    share = KEPT * share * (weight > 0)
    now = seen + change.clamp(-LARGEST, LARGEST)
    odds = (now + share * (past - now)).clamp(-MOST, MOST)
    return Known(odds, weight + 1, hidden)


def warped(values: Tensor, back: Tensor) -> Tensor:
    """B x c x h x w of the frame before, where they are now."""
    height, width = back.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    across, down = (x + back[:, 0] + 0.5) * 2 / width - 1, (y + back[:, 1] + 0.5) * 2 / height - 1
    return grid_sample(values, torch.stack([across, down], -1), padding_mode="border", align_corners=False)


def log_odds(alpha: Tensor) -> Tensor:
    chance = alpha.clamp(1 - SURE, SURE)
    return torch.log(chance / (1 - chance))
