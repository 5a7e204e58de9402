"""`matteo serve`: the service and the page. Its options are the server's settings, one by one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from matteo.errors import MissingExtra
from matteo.server.settings import SECRET, Settings, kind_of, settings_from, shown


def _settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for every setting; none has a default here, as the environment comes before that."""
    for one in reversed([field for field in fields(Settings) if field.name not in SECRET]):
        name, kind = one.name.replace("_", "-"), kind_of(one.name)
        help = one.metadata["help"]
        if kind is bool:
            told = "on" if one.default else "off"
            command = click.option(f"--{name}/--no-{name}", one.name, default=None, help=f"{help}  [default: {told}]")(
                command
            )
            continue
        default = "" if one.default == "" else f"  [default: {one.default}]"
        choices = one.metadata["choices"]
        of = click.Choice(choices) if choices else {int: click.INT, float: click.FLOAT}.get(kind, click.STRING)
        command = click.option(f"--{name}", one.name, type=of, help=help + default)(command)
    return command


@click.command()
@_settings_options
@click.option("--show-config", is_flag=True, help="Print every setting, its variable and where it is from; serve not.")
@click.option("--debug", is_flag=True, hidden=True)
def serve(show_config: bool, debug: bool, **given: Any) -> None:
    """Serves the page, matteo's API and remove.bg's on this machine.

    \b
    matteo serve                                     http://localhost:7000
    matteo keys add shop && matteo serve --host 0.0.0.0   for others, with a key
    curl -F image_file=@photo.jpg http://localhost:7000/v1.0/removebg -o cut.png

    Every option is an environment variable too: --max-megapixels is MATTEO_MAX_MEGAPIXELS.
    """
    settings = settings_from(os.environ, given)
    if show_config:
        click.echo(shown(settings, given))
        return
    try:
        from matteo.server.run import serve as run
    except ImportError as error:
        raise MissingExtra(f'the server needs {error.name}: pip install "matteo[server]"') from error
    run(settings)
