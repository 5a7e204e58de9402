"""The mean of networks that were trained from one another: often better than each (Wortsman 2022, Model soups).

    python -m matteo.learning.blend RUN/weights.pt=0.7 RUN/trunk.pt=0.18 recipes/matteo.pt=0.12 --into mean.pt

What each learned by heart of its own falls out of the mean; docs/training-log.md has what it was worth.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from matteo.learning.checkpoint import half, load_weights, write_whole
from matteo.learning.network import Network


def blend(networks: Sequence[Network], shares: Sequence[float]) -> Network:
    """The mean of each weight and statistic, by shares of any sum. Raises ValueError for forms that differ."""
    first = networks[0]
    if any(network.form != first.form for network in networks):
        raise ValueError("the networks are of different forms: widen the smaller one first (matteo.learning.grow)")
    parts = [share / sum(shares) for share in shares]
    mean = Network(first.form)
    with torch.no_grad():
        for name, value in mean.state_dict().items():
            found = [network.state_dict()[name] for network in networks]
            total = sum(part * each for part, each in zip(parts, found, strict=True))
            value.copy_(total if value.is_floating_point() else found[0])
    return mean


def share_of(text: str) -> tuple[Path, float]:
    path, _, share = text.rpartition("=")
    if not path or not float(share) > 0:
        raise ValueError(text)
    return Path(path), float(share)


def main() -> None:
    parser = argparse.ArgumentParser(description="The mean of networks that were trained from one another.")
    parser.add_argument("weights", type=share_of, nargs="+", metavar="FILE=SHARE")
    parser.add_argument("--into", type=Path, required=True)
    options = parser.parse_args()
    networks = [load_weights(path) for path, _ in options.weights]
    write_whole(options.into, half(blend(networks, [share for _, share in options.weights])))


if __name__ == "__main__":
    main()
