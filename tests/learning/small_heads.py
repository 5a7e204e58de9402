"""Heads that were fitted to little, for tests of how they are kept and shipped; their verdicts are worth nothing."""

from __future__ import annotations

from pathlib import Path

import torch

from matteo.learning.network import Network
from matteo.learning.verdict import Verdict, state_of


def heads_of(network: Network, path: Path) -> Verdict:
    """Random heads of this network, saved at `path` as `matteo.learning.heads` does."""
    torch.manual_seed(0)
    verdict = Verdict(network.form.widths[3] + network.form.decoder[3], hidden=8).eval()
    torch.save(state_of(verdict, network), path)
    return verdict
