"""The loop: it learns, a killed run ends like an unbroken one to the last bit, and what is wrong is refused."""

from __future__ import annotations

import csv
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PilImage

from matteo import ModelError, UsageError
from matteo.learning.batches import make_batch
from matteo.learning.checkpoint import load_weights
from matteo.learning.journal import Journal
from matteo.learning.network import Network
from matteo.learning.schedule import plan_steps
from matteo.learning.train import train
from tests.learning.discs import RECIPE, material

CPU = torch.device("cpu")
SHORT = replace(RECIPE, stages=((0.6, 32, 8), (0.4, 64, 4)))


class Killed(Exception):
    pass


def network() -> Network:
    torch.manual_seed(0)
    return Network(RECIPE.form)


def saved(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(run / "checkpoint.pt", weights_only=True)
    return found


def tensors(value: Any, path: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, dict | list | tuple):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from tensors(part, f"{path}/{key}")


@pytest.mark.parametrize("bf16", [False, True])
def test_a_run_killed_at_any_step_ends_as_one_that_was_not_to_the_last_bit(tmp_path: Path, bf16: bool) -> None:
    whole, broken, recipe = tmp_path / "whole", tmp_path / "broken", replace(SHORT, bf16=bf16)
    train(recipe, material(), whole, network(), steps=12)

    asked = 0

    def kill() -> bool:
        nonlocal asked
        if asked == 4:
            shutil.copy(broken / "checkpoint.pt", tmp_path / "at-4.pt")
        if asked == 5:
            raise Killed
        asked += 1
        return False

    with pytest.raises(Killed):
        train(recipe, material(), broken, network(), steps=12, stopped=kill, save_s=0)
    shutil.copy(tmp_path / "at-4.pt", broken / "checkpoint.pt")
    assert saved(broken)["step"] == 4
    train(recipe, material(), broken, Network(RECIPE.form), steps=12)

    expected, given = dict(tensors(saved(whole))), dict(tensors(saved(broken)))
    assert expected.keys() == given.keys()
    assert {path.split("/")[1] for path in given} == {"network", "average", "muon", "adam"}
    assert all(torch.equal(expected[path], given[path]) for path in expected)
    assert saved(whole)["best"] == saved(broken)["best"]
    weights = [torch.load(run / "weights.pt", weights_only=True)["state"] for run in (whole, broken)]
    assert all(torch.equal(a, b) for a, b in zip(*(w.values() for w in weights), strict=True))


def test_the_log_of_a_resumed_run_names_each_step_once(tmp_path: Path) -> None:
    calls = iter(range(100))
    train(SHORT, material(), tmp_path, network(), steps=12, stopped=lambda: next(calls) == 9)
    assert saved(tmp_path)["step"] == 9
    with (tmp_path / "log.csv").open("a") as file:
        file.write("11" + "," * 11 + "\n")  # as of a run that was killed after its last checkpoint
    train(SHORT, material(), tmp_path, network(), steps=12)
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows if row["val iou"]] == ["0", "3", "6", "9", "12"]
    assert [row["step"] for row in rows if row["total"]] == ["9", "12"]
    last = {name: float(value) for name, value in rows[-1].items() if value}
    assert last["total"] == pytest.approx(last["bce"] + last["iou"], abs=1e-3)


def test_minutes_become_steps_that_the_checkpoint_keeps(tmp_path: Path) -> None:
    state = train(SHORT, material(), tmp_path, network(), minutes=0.05)
    assert state.plan is not None
    assert state.step == state.plan.steps > 4
    kept = saved(tmp_path)["plan"]
    again = train(SHORT, material(), tmp_path, network(), minutes=50)
    assert again.step == state.step
    assert saved(tmp_path)["plan"] == kept


def test_a_batch_is_decided_by_its_step() -> None:
    plan = plan_steps(SHORT, 20)
    first, again, other = (make_batch(material(), SHORT, (0, 1), plan, step) for step in (15, 15, 16))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert first[0].shape[0] == 4
    assert first[0].shape != other[0].shape or not torch.equal(first[0], other[0])
    halves = [make_batch(material(), SHORT, (i, 2), plan, 15) for i in range(2)]
    assert torch.equal(torch.cat([rgb for rgb, _ in halves]), first[0])


def test_a_run_with_its_material_on_the_device_learns_and_is_as_exact(tmp_path: Path) -> None:
    recipe = replace(SHORT, longest=96)
    whole = train(recipe, material(), tmp_path / "whole", network(), steps=4, on_device=True)
    calls = iter(range(100))
    for _ in range(2):
        state = train(
            recipe, material(), tmp_path / "two", network(), steps=4, on_device=True, stopped=lambda: next(calls) == 2
        )
    pairs = zip(whole.network.state_dict().values(), state.network.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_it_learns_and_the_best_is_kept(tmp_path: Path) -> None:
    state = train(RECIPE, material(40), tmp_path, network(), steps=120)
    assert state.best[0] > 0.6
    assert load_weights(tmp_path / "weights.pt").form == RECIPE.form
    with PilImage.open(tmp_path / "sheet-000120.png") as sheet:
        pixels = np.asarray(sheet).astype(float)
    assert pixels.shape == (6 * 160, 3 * 160, 3)
    masks, alphas = pixels[:, 160:320], pixels[:, 320:]
    assert np.corrcoef(masks.ravel(), alphas.ravel())[0, 1] > 0.7


def test_a_run_that_gets_no_better_ends(tmp_path: Path) -> None:
    idle = replace(SHORT, muon_lr=0.0, adam_lr=0.0, validations=12, patience=3, norms=False)
    state = train(idle, material(), tmp_path, network(), steps=12)
    assert state.best[1] == 0
    assert state.step == 3
    assert train(idle, material(), tmp_path, network(), steps=12).step == 3


def test_frozen_norms_keep_their_statistics_and_a_factor_of_0_keeps_the_encoder(tmp_path: Path) -> None:
    frozen = replace(SHORT, norms=False, encoder=0.0)
    before = {k: v.clone() for k, v in network().state_dict().items()}
    after = train(frozen, material(), tmp_path, network(), steps=3).network.state_dict()
    for name, value in before.items():
        still = name.startswith(("stem", "stages")) or "running" in name or "tracked" in name
        assert torch.equal(after[name], value) == still, name


def test_a_checkpoint_of_another_architecture_is_refused_by_name(tmp_path: Path) -> None:
    train(SHORT, material(), tmp_path, network(), steps=1)
    other = replace(RECIPE.form, last=16)
    with pytest.raises(ModelError, match=r"architecture Form\(.*last=8.*last=16"):
        train(replace(SHORT, form=other), material(), tmp_path, Network(other), steps=2)


def test_a_checkpoint_of_another_recipe_or_none_is_refused(tmp_path: Path) -> None:
    train(SHORT, material(), tmp_path, network(), steps=1)
    with pytest.raises(UsageError, match=r"another recipe \(muon_lr 0.02 and 0.5\)"):
        train(replace(SHORT, muon_lr=0.5), material(), tmp_path, network(), steps=2)
    (tmp_path / "checkpoint.pt").write_bytes((tmp_path / "checkpoint.pt").read_bytes()[:5000])
    with pytest.raises(ModelError, match=r"checkpoint\.pt cannot be read"):
        train(SHORT, material(), tmp_path, network(), steps=2)


@contextmanager
def little_room(bytes_: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_costs_the_steps_since_the_last_checkpoint_at_most(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = iter(range(100))
    train(SHORT, material(), tmp_path, network(), steps=12, stopped=lambda: next(calls) == 4)
    with little_room(20_000), pytest.raises(OSError, match=r"no room|too large"):
        train(SHORT, material(), tmp_path, network(), steps=12, save_s=0)
    said = capsys.readouterr().err
    assert said.count("the checkpoint cannot be written now") == 8  # and it went on, to the end
    assert saved(tmp_path)["step"] == 4
    assert not list(tmp_path.glob(".*.part"))
    assert train(SHORT, material(), tmp_path, network(), steps=12).step == 12


def test_tensorboard_is_asked_for_by_its_install_line_or_written(tmp_path: Path) -> None:
    from importlib.util import find_spec

    from matteo import MissingExtra

    if find_spec("tensorboard") is None:
        with pytest.raises(MissingExtra, match="pip install tensorboard"):
            Journal(tmp_path, tensorboard=True)
        return
    train(SHORT, material(), tmp_path, network(), steps=3, journal=Journal(tmp_path, tensorboard=True))
    assert list(tmp_path.glob("events.out.tfevents.*"))


def test_the_trunk_is_what_the_network_was_before_the_rate_fell(tmp_path: Path) -> None:
    recipe = replace(SHORT, hold=0.5, bf16=False)
    train(recipe, material(), tmp_path / "whole", network(), steps=12)
    with pytest.raises(Killed):
        train(recipe, material(), tmp_path / "broken", network(), steps=12, stopped=killed_after(7))
    trunk = load_weights(tmp_path / "whole" / "trunk.pt").state_dict()
    assert all(torch.equal(t, load_weights(tmp_path / "broken" / "trunk.pt").state_dict()[n]) for n, t in trunk.items())
    assert any(
        not torch.equal(t, load_weights(tmp_path / "whole" / "weights.pt").state_dict()[n]) for n, t in trunk.items()
    )


def killed_after(steps: int) -> Callable[[], bool]:
    asked = iter(range(steps))

    def stopped() -> bool:
        if next(asked, None) is None:
            raise Killed
        return False

    return stopped
