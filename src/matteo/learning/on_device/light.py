"""Light and dirt in batches: x is B x 3 x H x W in [0, 1], and each picture has a draw of its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, pad

from matteo.learning.augment_light import Blur, Colour, Grey, Jpeg, Light, LowLight, Noise
from matteo.learning.on_device.place import uniform

LUMA = (0.299, 0.587, 0.114)
BLOCK = 8
# The quantisation of brightness that the JPEG standard proposes (ITU T.81, annex K.1), for quality 50.
QUANTA = np.array([
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
], np.float32)  # fmt: skip


def normal(deviation: float, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=rng, device=rng.device) * deviation


def brightness(x: Tensor) -> Tensor:
    return (x * torch.tensor(LUMA, device=x.device)[:, None, None]).sum(1, keepdim=True)


def light(spec: Light, x: Tensor, rng: torch.Generator) -> Tensor:
    one = (len(x), 1, 1, 1)
    gain = normal(spec.gain, one, rng).exp() * normal(spec.white, (len(x), 3, 1, 1), rng).exp()
    return (x ** normal(spec.gamma, one, rng).exp() * gain + normal(spec.offset, one, rng)).clamp(0, 1)


def colour(spec: Colour, x: Tensor, rng: torch.Generator) -> Tensor:
    saturation = normal(spec.saturation, (len(x), 1, 1, 1), rng).exp().clamp(max=spec.most)
    return (saturation * x + (1 - saturation) * brightness(x)).clamp(0, 1)


def grey(spec: Grey, x: Tensor, rng: torch.Generator) -> Tensor:
    return brightness(x).expand_as(x)


def low_light(spec: LowLight, x: Tensor, rng: torch.Generator) -> Tensor:
    one = (len(x), 1, 1, 1)
    exposure = uniform(math.log(spec.exposure[0]), math.log(spec.exposure[1]), one, rng).exp()
    gain = exposure ** -uniform(*spec.lift, one, rng)
    electrons = x**2.2 * exposure * spec.electrons
    noise = normal(1, tuple(x.shape), rng) * (electrons + spec.read**2).sqrt()
    return ((electrons + noise) * gain / spec.electrons).clamp(0, 1).sqrt()


def gaussian_blur(x: Tensor, sigma: Tensor, largest: float) -> Tensor:
    """B x C x H x W, each picture with its own deviation, none above `largest`; the border is mirrored."""
    radius = math.ceil(3 * largest)
    at = torch.arange(-radius, radius + 1, device=x.device)
    kernel = torch.exp(-0.5 * (at / sigma[:, None]) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(x.shape[1], 0)
    planes = pad(x, (radius,) * 4, mode="reflect").flatten(0, 1)[None]
    planes = conv2d(planes, kernel[:, None, :, None], groups=len(kernel))
    return conv2d(planes, kernel[:, None, None, :], groups=len(kernel))[0].reshape(x.shape)


def blur(spec: Blur, x: Tensor, rng: torch.Generator) -> Tensor:
    return gaussian_blur(x, uniform(*spec.sigma, (len(x),), rng), spec.sigma[1])


def noise(spec: Noise, x: Tensor, rng: torch.Generator) -> Tensor:
    sigma = uniform(*spec.sigma, (len(x), 1, 1, 1), rng) / 255
    return (x + normal(1, (len(x), 1, *x.shape[2:]), rng) * sigma).clamp(0, 1)


def cosines() -> NDArray[np.float32]:
    """The 64 x 64 matrix of the cosine transform of a block of 8 x 8; its inverse is its transpose."""
    k, n = np.arange(BLOCK)[:, None], np.arange(BLOCK)[None]
    one = np.cos(math.pi * (2 * n + 1) * k / (2 * BLOCK)) * math.sqrt(2 / BLOCK)
    one[0] /= math.sqrt(2)
    return np.asarray(np.kron(one, one), np.float32)


def jpeg(spec: Jpeg, x: Tensor, rng: torch.Generator) -> Tensor:
    """What the quantisation of a JPEG does to blocks; colours are kept as finely as brightness, so a little less."""
    quality = torch.randint(*spec.quality, (len(x), 1, 1, 1), generator=rng, device=x.device).float()
    scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    basis = torch.from_numpy(cosines()).view(64, 1, BLOCK, BLOCK).to(x.device)
    quanta = torch.from_numpy(QUANTA).to(x.device)[None, :, None, None].repeat(len(x), 1, 1, 1) * scale
    quanta = quanta.round().clamp(1, 255).repeat_interleave(3, 0)
    planes = (x * 255 - 128).flatten(0, 1)[:, None]
    blocks = conv2d(planes, basis, stride=BLOCK)
    planes = conv_transpose2d((blocks / quanta).round() * quanta, basis, stride=BLOCK)
    return ((planes.reshape(x.shape) + 128) / 255).clamp(0, 1)


CHANGES: dict[type[Any], Callable[[Any, Tensor, torch.Generator], Tensor]] = {
    Light: light, Colour: colour, Grey: grey, LowLight: low_light, Blur: blur, Noise: noise, Jpeg: jpeg,
}  # fmt: skip
