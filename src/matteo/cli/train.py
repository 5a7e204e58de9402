"""`matteo train`: a network by its recipe, or one's own pictures taught to a network that is there already."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matteo.errors import MatteoError, MissingExtra, OutputError, UsageError

if TYPE_CHECKING:
    import torch

FAILED, INTERRUPTED = 1, 130
NO_HEADS = "its confidence is the overlap expected from its alpha, and it names no kind of subject"
FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("own", required=False, metavar="[SET]", type=FOLDER)
@click.option("--from", "base", metavar="MODEL", help="The network that SET is taught to.  [default: matteo]")
@click.option("--name", help="What the new network is called.")
@click.option("--rehearse", multiple=True, type=FOLDER, metavar="SET", help="What it knows and is to keep; repeatable.")
@click.option("--held-out", type=click.IntRange(2), metavar="N", help="Pictures to judge on.  [default: a quarter]")
@click.option("--recipe", metavar="NAME", help="Train by a recipe instead: a name, or a .toml file.")
@click.option("--data", type=FOLDER, metavar="DIR", help="The folder of the recipe's sets.")
@click.option("--start", type=FOLDER, metavar="FILE", help="Weights (.pt) to begin a recipe with, in place of chance.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="How long to train.")
@click.option("--steps", type=click.IntRange(1), help="So many steps instead, however long they take.")
@click.option("--run", type=FOLDER, metavar="DIR", help="Checkpoints, log and weights; given again, it goes on.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="[default: cuda where there is one]")
@click.option(
    "--augment", type=click.Choice(["host", "device"]), default="host", show_default=True,
    help="device: the recipe's whole data lies there, and is augmented there.",
)  # fmt: skip
@click.option("--tensorboard", is_flag=True, help="Write event files for TensorBoard too.")
@click.option("--debug", is_flag=True, help="Show where an error came from.")
def train(
    own: Path | None, base: str | None, name: str | None, rehearse: tuple[Path, ...], held_out: int | None,
    recipe: str | None, data: Path | None, start: Path | None, minutes: float | None, steps: int | None,
    run: Path | None, device: str | None, augment: str, tensorboard: bool, debug: bool,
) -> int:  # fmt: skip
    """Trains a network.

    \b
    matteo train my-set/ --minutes 15 --name shop
        teaches matteo the pictures and masks of a set, says on pictures held out whether it is better for it,
        and if so keeps it: `matteo photo.jpg --model shop`
    matteo train --recipe matteo --data DIR --run RUN --minutes 600
        the shipped network from the beginning, by its own recipe
    """
    _check(own, name, recipe, data, run)
    of_recipes = {"--data": data, "--start": start, "--augment device": augment == "device"}
    of_sets = {"--from": base, "--name": name, "--rehearse": rehearse, "--held-out": held_out}
    if wrong := [option for option, value in (of_recipes if own else of_sets).items() if value]:
        raise UsageError(f"{', '.join(wrong)} is for {'a recipe' if own else 'a set of your own'}: leave it out")
    if (minutes is None) == (steps is None):
        raise UsageError("give --minutes or --steps: how long to train")
    _needs_torch()
    try:
        with _stopping() as stopped:
            if own:
                return _own(
                    own, base or "matteo", str(name), rehearse, held_out, minutes, steps, run, device, tensorboard,
                    stopped,
                )  # fmt: skip
            return _recipe(
                str(recipe), Path(str(data)), start, minutes, steps, Path(str(run)), device, augment, tensorboard,
                stopped,
            )  # fmt: skip
    except OSError as error:
        raise OutputError(
            f"the run's files cannot be written ({error}): make room, and run the command again"
        ) from error


def _own(
    own: Path, base: str, name: str, rehearse: tuple[Path, ...], held_out: int | None, minutes: float | None,
    steps: int | None, run: Path | None, device: str | None, tensorboard: bool, stopped: Callable[[], bool],
) -> int:  # fmt: skip
    from matteo.learning.arithmetic import device_of
    from matteo.learning.finetune import finetune
    from matteo.learning.journal import Journal
    from matteo.models.home import home

    run = run or home() / "runs" / name
    outcome = finetune(
        own, base, name, run, minutes=minutes, steps=steps, rehearse=rehearse, held_out=held_out,
        device=device_of(device), journal=Journal(run, tensorboard), stopped=stopped,
    )  # fmt: skip
    if outcome is None:
        return _interrupted(run)
    click.echo(f"{len(outcome.own.before)} pictures held out: {outcome.own}")
    if outcome.known:
        click.echo(f"{len(outcome.known.before)} pictures of what it knew: {outcome.known}")
    if outcome.card is None:
        raise MatteoError(
            f"{name} is not better than {base} on the pictures held out, and was not added; "
            f"{outcome.onnx} is what was learned (`matteo models import` takes it all the same)"
        )
    click.echo(f"{name} is better than {base} and was added: matteo photo.jpg --model {name}")
    if outcome.lost:
        click.echo(f"{base} tells {' and '.join(outcome.lost)}, {name} does not: {NO_HEADS}")
    return 0


def _recipe(
    name: str, data: Path, start: Path | None, minutes: float | None, steps: int | None, run: Path,
    device_name: str | None, augment: str, tensorboard: bool, stopped: Callable[[], bool],
) -> int:  # fmt: skip
    from matteo.learning.arithmetic import device_of
    from matteo.learning.batches import load_material
    from matteo.learning.export import export
    from matteo.learning.journal import Journal
    from matteo.learning.origin import origin_of
    from matteo.learning.ranks import join
    from matteo.learning.recipes import recipe_of
    from matteo.learning.train import beginning
    from matteo.learning.train import train as train_network

    recipe, device = recipe_of(name), device_of(device_name)
    ranks = join(device.type)
    ranks.check(recipe)
    network = beginning(recipe, start)
    material = load_material(recipe, data)
    journal = Journal(run if ranks.is_first else None, tensorboard)
    state = train_network(
        recipe, material, run, network, minutes=minutes, steps=steps, device=_own_device(device, ranks.rank),
        on_device=augment == "device", ranks=ranks, journal=journal, stopped=stopped,
    )  # fmt: skip
    if state.plan is None or stopped():
        return _interrupted(run)
    if ranks.is_first:
        origin = origin_of(name, recipe, start)
        export(run / "weights.pt", Path(name).stem, recipe.stages[-1][1], run, origin, say=click.echo)
        click.echo(f"it has no heads, as `python -m matteo.learning.heads` trains them: {NO_HEADS}")
    return 0


def _check(own: Path | None, name: str | None, recipe: str | None, data: Path | None, run: Path | None) -> None:
    if (own is None) == (recipe is None):
        raise UsageError("give a set of your own with --name, or --recipe with --data and --run; one of the two")
    if own and not name:
        raise UsageError("--name is missing: what is the new network to be called?")
    if recipe and not (data and run):
        raise UsageError("a recipe needs --data, the folder of its sets, and --run, a folder for what it makes")


def _needs_torch() -> None:
    if missing := [name for name in ("torch", "onnx") if find_spec(name) is None]:
        raise MissingExtra(f'training needs {" and ".join(missing)}: pip install "matteo[train]"')


def _interrupted(run: Path) -> int:
    click.echo(f"stopped; saved in {run}: the same command goes on there", err=True)
    return INTERRUPTED


def _own_device(device: torch.device, rank: int) -> torch.device:
    """Each process of several has a GPU to itself."""
    import torch

    return torch.device("cuda", rank % torch.cuda.device_count()) if device.type == "cuda" else device


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM end the step, save, and end; the second Ctrl-C ends at once."""
    asked = threading.Event()

    def ask(number: int, _: object) -> None:
        asked.set()
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
