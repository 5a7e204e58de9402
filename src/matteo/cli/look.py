"""`matteo look`: presets and looks of one's own, listed, shown, saved, removed."""

from __future__ import annotations

import click

from matteo.cli.effects import look_of, look_options, looks_folder


@click.group()
def look() -> None:
    """Looks: what is done with a cut-out, under a name for --preset.

    \b
    matteo look list                                       every look there is
    matteo look save shop --preset amazon --shadow contact one of your own
    matteo shoe.jpg --preset shop                          and its use
    """


@look.command(name="list")
@click.option("--debug", is_flag=True, hidden=True)
def list_(debug: bool) -> None:
    """Lists the looks, those of matteo first."""
    from matteo.effects.preset import find, names

    folder = looks_folder()
    for name in names(folder):
        found = find(name, folder)
        click.echo(f"{click.style(f'{name:16}', bold=True)} {found.help or 'yours'}")


@look.command()
@click.argument("name")
@click.option("--debug", is_flag=True, hidden=True)
def show(name: str, debug: bool) -> None:
    """Shows what a look does, and whose rule it follows."""
    from matteo.effects.preset import find, written

    found = find(name, looks_folder())
    if found.help:
        click.echo(f"# {found.help}")
    for key, text in (found.rule or {}).items():
        click.echo(f"# {key}: {text}")
    click.echo(written(found.look), nl=False)


@look.command()
@click.argument("name")
@look_options
@click.option("--overwrite", is_flag=True, help="Replace a look of that name.")
@click.option("--debug", is_flag=True, hidden=True)
def save(
    name: str, overwrite: bool, debug: bool, preset: str | None, effect: tuple[str, ...], **texts: str | None
) -> None:
    """Keeps the options under a name of your own; those of --preset are kept with them."""
    from matteo.effects.preset import save as keep

    made = look_of(preset, effect, **texts)
    made = made.with_files(lambda path: str(path.resolve()))  # so that they are found from any folder
    path = keep(name, made, looks_folder(), overwrite=overwrite)
    click.echo(f"kept in {path}; use it with --preset {name}", err=True)


@look.command()
@click.argument("name")
@click.option("--debug", is_flag=True, hidden=True)
def remove(name: str, debug: bool) -> None:
    """Forgets a look of your own."""
    from matteo.effects.preset import remove as forget

    forget(name, looks_folder())


@look.command()
@click.option("--debug", is_flag=True, hidden=True)
def effects(debug: bool) -> None:
    """Lists the effects for --effect, with their values in order."""
    from matteo.effects.table import TABLE

    for name, entry in TABLE.items():
        click.echo(f"{click.style(f'{name:16}', bold=True)} {entry.help}")
        for parameter, one in entry.parameters.items():
            click.echo(
                f"  {parameter:14} {one.help}" + (f"  [default: {one.default}]" if one.default is not None else "")
            )
