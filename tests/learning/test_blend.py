from dataclasses import replace

import pytest
import torch

from matteo.learning.blend import blend, share_of
from matteo.learning.network import Network
from tests.learning.test_grow import trained_looking
from tests.learning.test_muon import SMALL


def test_each_weight_and_statistic_is_the_mean_by_shares() -> None:
    one, other = trained_looking(Network(SMALL)), Network(SMALL)
    mean = blend([one, other], [6, 2]).state_dict()
    for name, a in one.state_dict().items():
        b = other.state_dict()[name]
        expected = 0.75 * a + 0.25 * b if a.is_floating_point() else a
        assert torch.allclose(mean[name], expected, atol=1e-6), name


def test_networks_of_other_forms_are_refused() -> None:
    with pytest.raises(ValueError, match="different forms"):
        blend([Network(SMALL), Network(replace(SMALL, last=SMALL.last + 2))], [1, 1])


def test_shares_are_read_from_the_command_line() -> None:
    path, share = share_of("runs/a=b/weights.pt=0.25")
    assert (str(path), share) == ("runs/a=b/weights.pt", 0.25)
    for wrong in ("weights.pt", "weights.pt=0", "weights.pt=much"):
        with pytest.raises(ValueError, match=r"weights|much"):
            share_of(wrong)
