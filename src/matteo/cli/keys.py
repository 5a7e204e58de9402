"""`matteo keys`: who may use the service."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from matteo.server.keys import Keys


def _keys(data: str | None) -> Keys:
    from matteo.server.keys import Keys
    from matteo.server.settings import settings_from

    return Keys(settings_from(os.environ, {"data": data}).folder)


_of_folder = click.option("--data", help="The server's --data, where it has one.")


@click.group()
def keys() -> None:
    """Keys to `matteo serve`, for everybody but this machine itself.

    \b
    matteo keys add shop           makes a key and shows it, once
    matteo keys list               who has one
    matteo keys revoke shop        it opens nothing any more, at once
    """


@keys.command()
@click.argument("name")
@click.option("--rate", type=click.IntRange(1), help="Megapixels a minute.  [default: the server's]")
@_of_folder
@click.option("--debug", is_flag=True, hidden=True)
def add(name: str, rate: int | None, data: str | None, debug: bool) -> None:
    """Makes a key. It is shown now and kept nowhere but as a hash.

    Example: matteo keys add shop --rate 100
    """
    key, text = _keys(data).add(name, rate)
    click.echo(text)
    click.echo(f"the key of {key.name}; keep it, as it is not shown again", err=True)


@keys.command("list")
@_of_folder
@click.option("--debug", is_flag=True, hidden=True)
def list_(data: str | None, debug: bool) -> None:
    """Lists the keys by name, never the keys themselves.

    Example: matteo keys list
    """
    for key in _keys(data).all():
        made = time.strftime("%Y-%m-%d", time.localtime(key.made))
        rate = f"{key.rate} megapixels a minute" if key.rate else "the server's rate"
        click.echo(f"{click.style(f'{key.name:20}', bold=True)} {key.id}  made {made}  {rate}")


@keys.command()
@click.argument("name")
@_of_folder
@click.option("--debug", is_flag=True, hidden=True)
def revoke(name: str, data: str | None, debug: bool) -> None:
    """Takes a key back, by its name or its id.

    Example: matteo keys revoke shop
    """
    click.echo(f"{_keys(data).revoke(name).name}: revoked")
