"""Two processes with half of the batch each do the step of one with the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import distributed, nn
from torch.multiprocessing.spawn import spawn

from matteo import UsageError
from matteo.learning.batches import make_batch
from matteo.learning.network import Network
from matteo.learning.ranks import Ranks, SharedNorm, share_norms
from matteo.learning.recipes import Recipe
from matteo.learning.run_state import State, fresh
from matteo.learning.schedule import Plan
from matteo.learning.train import take_step, train
from tests.learning.discs import RECIPE, material

PLAN = Plan(((4, 64, 8),))
CPU = torch.device("cpu")


def begun() -> State:
    torch.manual_seed(0)
    state = fresh(RECIPE, Network(RECIPE.form), CPU)
    state.plan = PLAN
    return state


def join(rank: int, folder: Path) -> Ranks:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    return Ranks(rank, 2)


def steps_in_a_process(rank: int, folder: Path) -> None:
    ranks, state = join(rank, folder), begun()
    share_norms(state.network)
    for step in range(2):
        take_step(state, *make_batch(material(), RECIPE, (rank, 2), PLAN, step), ranks)
    torch.save(state.network.state_dict(), folder / f"{rank}.pt")

    torch.manual_seed(rank)  # a network of its own in each, were it not for the first one's
    ended = train(RECIPE, material(), folder / "run", Network(RECIPE.form), minutes=0.01, ranks=ranks)
    torch.save(ended.network.state_dict(), folder / f"ended-{rank}.pt")
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def after_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes leave behind: their networks after two steps, and a run."""
    folder = tmp_path_factory.mktemp("two")
    spawn(steps_in_a_process, (folder,), nprocs=2)  # type: ignore[no-untyped-call]
    return folder


def states(folder: Path, name: str) -> list[dict[str, torch.Tensor]]:
    return [torch.load(folder / f"{name}{rank}.pt", weights_only=True) for rank in range(2)]


def test_a_step_of_two_is_the_step_of_one(after_two: Path) -> None:
    first, second = states(after_two, "")
    assert all(torch.equal(first[name], second[name]) for name in first)

    state = begun()
    before = {name: value.clone() for name, value in state.network.state_dict().items()}
    for step in range(2):
        take_step(state, *make_batch(material(), RECIPE, (0, 1), PLAN, step), Ranks())
    for name, alone in state.network.state_dict().items():
        assert torch.allclose(first[name].float(), alone.float(), rtol=2e-3, atol=2e-4), name
    moved = max((state.network.state_dict()[n] - v).abs().max() for n, v in before.items() if v.is_floating_point())
    assert moved > 0.01


def test_a_whole_run_of_two_agrees_and_leaves_one_checkpoint(after_two: Path) -> None:
    first, second = states(after_two, "ended-")
    assert all(torch.equal(first[name], second[name]) for name in first)
    saved = torch.load(after_two / "run" / "checkpoint.pt", weights_only=True)
    assert saved["step"] == sum(steps for steps, _, _ in saved["plan"]["stages"])
    assert all(torch.equal(first[name], saved["network"][name]) for name in first)


def test_norms_are_shared_by_name_and_evaluate_as_before() -> None:
    network = Network(RECIPE.form).eval()
    x = torch.randn(1, 3, 32, 32)
    expected, names = network(x), list(network.state_dict())
    share_norms(network)
    assert list(network.state_dict()) == names
    assert torch.equal(network(x), expected)
    assert {type(m) for m in network.modules() if isinstance(m, nn.BatchNorm2d)} == {SharedNorm}


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    with pytest.raises(UsageError, match="3 processes cannot share a batch of 16"):
        Ranks(0, 3).check(Recipe(stages=((1.0, 64, 16),)))
