"""`matteo models`: the networks known by name, the user's own among them, and on which terms they may be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matteo.errors import MatteoError, ModelError, UsageError

if TYPE_CHECKING:
    from matteo.models.card import ModelCard

NOT_STATED = "not stated"


def _three(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    """One number, or three with commas between."""
    if value is None:
        return None
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in (1, 3):
        raise click.BadParameter(f"{value!r} is not one number or three, such as 0.5 or 0.485,0.456,0.406", ctx, param)
    return numbers * 3 if len(numbers) == 1 else numbers


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON line a model, with all facts.")
@click.option("--debug", is_flag=True, hidden=True)
@click.pass_context
def models(ctx: click.Context, as_json: bool, debug: bool) -> int:
    """Lists the networks: where they are, what they were learned from, their licence.

    \b
    matteo models                        all of them, as `matteo models list`
    matteo models show shop              one, with its scores
    matteo models import net.onnx        from now on a name: matteo a.jpg --model net
    """
    return _list(as_json) if ctx.invoked_subcommand is None else 0


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON line a model, with all facts.")
@click.option("--debug", is_flag=True, hidden=True)
def list_(as_json: bool, debug: bool) -> int:
    """Lists the networks, your own last.

    Example: matteo models list --json
    """
    return _list(as_json)


@models.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As one JSON line.")
@click.option("--debug", is_flag=True, hidden=True)
def show(name: str, as_json: bool, debug: bool) -> None:
    """Shows all that is known of one network.

    Example: matteo models show matteo
    """
    from matteo.models.table import find

    _print(find(name)[0], as_json, full=True)


@models.command()
@click.argument("name")
@click.option("-o", "--output", required=True, metavar="FOLDER", help="Where NAME.onnx and NAME.json go.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@click.option("--debug", is_flag=True, hidden=True)
def export(name: str, output: str, overwrite: bool, debug: bool) -> None:
    """Writes a network and its card into a folder, to take it to another machine.

    Example: matteo models export shop -o usb/
    """
    from matteo.cli.report import download_progress
    from matteo.models.library import write_to
    from matteo.models.table import find
    from matteo.models.weights import weights_of

    card, local = find(name)
    with download_progress() as progress:
        path = weights_of(card, local, progress)
    click.echo(str(write_to(Path(output), path, card, overwrite=overwrite)))


@models.command("import")
@click.argument("file", metavar="FILE.onnx")
@click.option("--name", help="What to call it.  [default: the file's name]")
@click.option("--side", type=click.IntRange(16, 8192), help="Pixels a side that it sees.  [default: the file's own]")
@click.option("--mean", callback=_three, metavar="R,G,B", help="Of values in 0..1, taken off.  [default: ImageNet's]")
@click.option("--std", callback=_three, metavar="R,G,B", help="What is divided by then.  [default: ImageNet's]")
@click.option("--output", type=click.Choice(["alpha", "logits"]), help="What it gives.  [default: alpha]")
@click.option("--licence", help="The terms of its weights.  [default: not stated]")
@click.option("--overwrite", is_flag=True, help="Replace a model of yours that has the name.")
@click.option("--debug", is_flag=True, hidden=True)
def import_(file: str, name: str | None, licence: str | None, overwrite: bool, debug: bool, **facts: Any) -> None:
    """Keeps an ONNX file as a network of your own, under a name.

    Its card, FILE.json beside it, says how it wants its pictures; where there is none, the options say it. The file
    is loaded and run once before it is kept; it must be one file, with its weights inside.

    Example: matteo models import net.onnx --name shop --side 320 --licence MIT
    """
    from matteo.models import library
    from matteo.models.trial import try_out

    path = Path(file)
    name = name or path.stem
    library.check_name(name)
    library.check_free(name, overwrite=overwrite)
    if not path.is_file():
        raise ModelError(f"{path}: no such file; give an ONNX file")
    card = _card_of(path, name, {key: value for key, value in facts.items() if value is not None}, licence)
    try_out(path, card)
    kept = library.add(path, card, name, overwrite=overwrite)
    click.echo(f"{name}: kept as {library.file_of(kept)}; use it with --model {name}")


@models.command()
@click.argument("name")
@click.option("--debug", is_flag=True, hidden=True)
def remove(name: str, debug: bool) -> None:
    """Deletes a network of your own.

    Example: matteo models remove shop
    """
    from matteo.models import library
    from matteo.models.table import built_in, shipped
    from matteo.models.weights import location

    if name in shipped():
        raise ModelError(f"{name} comes inside matteo and stays; only your own can be removed")
    if name in built_in():
        where = location(built_in()[name])
        remedy = f"delete {where} to free its room" if where else "it is not even on this machine"
        raise ModelError(f"{name} is on matteo's list and no model of yours: {remedy}")
    library.remove(name)
    click.echo(f"{name}: removed")


def _list(as_json: bool) -> int:
    """0, or 1 where a card of the user's is damaged: the others are listed all the same."""
    from matteo.models import library
    from matteo.models.table import built_in

    for card in built_in().values():
        _print(card, as_json)
    damaged = 0
    for name in library.names():
        try:
            _print(library.card_of(name), as_json)
        except MatteoError as error:
            click.echo(f"matteo: {error}", err=True)
            damaged = 1
    return damaged


def _print(card: ModelCard, as_json: bool, full: bool = False) -> None:
    from dataclasses import asdict

    from matteo.models import library
    from matteo.models.weights import location

    where, own = location(card), library.has(card.name)
    if as_json:
        click.echo(json.dumps(asdict(card) | {"path": str(where) if where else None, "own": own}))
        return
    click.secho(card.name + (" (yours)" if own else ""), bold=True)
    click.echo(f"  file        {where or 'not on this machine; fetched when first used'}")
    click.echo(f"  sees        about {card.side} x {card.side} pixels")
    click.echo(f"  trained on  {', '.join(card.trained_on) or NOT_STATED}")
    click.echo(f"  provenance  {card.provenance}")
    click.echo(f"  licence     {card.licence}")
    if full:
        _print_rest(card)


def _print_rest(card: ModelCard) -> None:
    click.echo(f"  takes       RGB less {_triple(card.mean)}, divided by {_triple(card.std)}; {card.fit} to its size")
    click.echo(f"  gives       {card.output}")
    click.echo(f"  checksum    {card.checksum}")
    if card.bytes:
        click.echo(f"  size        {card.bytes / 1e6:.1f} MB")
    for name, score in (card.scores or {}).items():
        click.echo(f"  {name}: {score:g}")


def _triple(values: tuple[float, float, float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _card_of(path: Path, name: str, facts: dict[str, Any], licence: str | None) -> ModelCard:
    """The card beside an ONNX file, or the one that the options make."""
    from matteo.models.card import from_facts, from_json
    from matteo.models.trial import input_side
    from matteo.models.weights import digest, is_right

    beside = path.with_suffix(".json")
    if beside.exists():
        if facts or licence:
            raise UsageError(f"{beside} is its card: leave out --side, --mean, --std, --output and --licence")
        card = from_json(beside)
        if not is_right(path, card):
            raise ModelError(f"{path} does not have the checksum that its card names; fetch or export the two again")
        return card
    side = facts.get("side") or input_side(path)
    if side is None:
        raise UsageError(f"{path} has no card beside it and takes any size: say with --side what it was trained at")
    known = {
        "name": name, "file": path.name, "checksum": "sha256:" + digest(path, "sha256"), "side": side,
        "licence": licence or NOT_STATED, "provenance": f"imported from {path.name}; who trained it is not stated",
    }  # fmt: skip
    return from_facts(facts | known, path)
