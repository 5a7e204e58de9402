"""The help pages of all commands, as docs/help.md holds them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from matteo.cli.main import cli


def pages() -> str:
    text = ["# matteo on the command line\n\nWritten by `scripts/help`.\n"]
    for name, command in walk("matteo", cli):
        context = click.Context(command, info_name=name, terminal_width=100, help_option_names=["-h", "--help"])
        text.append(f"## {name}\n\n```\n{command.get_help(context)}\n```\n")
    return "\n".join(text)


def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """The command, and what it holds."""
    yield name, command
    if isinstance(command, click.Group):
        for part, inner in sorted(command.commands.items()):
            yield from walk(f"{name} {part}", inner)


if __name__ == "__main__":
    print(pages(), end="")
