"""What chance decides in these tests is the same in every run: networks begin from random weights."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def _same_chance() -> None:
    torch.manual_seed(0)
