"""On what and with what numbers a network is trained here: known by trying, never assumed."""

from __future__ import annotations

import copy
import time

import torch

from matteo.errors import UsageError
from matteo.learning.network import Network

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1) * 255
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1) * 255


def device_of(name: str | None) -> torch.device:
    """The device asked for; else CUDA where there is one. Raises UsageError where it is not there."""
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("there is no CUDA device here, or PyTorch was installed without CUDA: leave --device out")
    return torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))


def normalise(rgb: torch.Tensor) -> torch.Tensor:
    """B x 3 x H x W uint8 -> what the network takes."""
    mean, std = MEAN.to(rgb.device), STD.to(rgb.device)
    return ((rgb.float() - mean) / std).contiguous(memory_format=torch.channels_last)


def step_seconds(network: Network, side: int, size: int, bf16: bool, tries: int = 3) -> float:
    """The least time of a forward and backward pass of a copy of the network, on its own device."""
    device = next(network.parameters()).device
    x = torch.zeros(size, 3, side, side, device=device).contiguous(memory_format=torch.channels_last)
    trial = copy.deepcopy(network).eval()  # the norms of a batch cost little, and a shared one would wait for others
    times = []
    for _ in range(tries):
        start = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            heads = trial.heads(x)
        torch.stack([head.float().square().mean() for head in heads]).sum().backward()  # type: ignore[no-untyped-call]
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return min(times)


def bf16_is_faster(network: Network) -> bool:
    """Native bf16 halves a step; emulated, it takes eight times as long. So: time both."""
    return step_seconds(network, 128, 8, bf16=True) < step_seconds(network, 128, 8, bf16=False)
