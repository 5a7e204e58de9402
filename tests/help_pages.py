"""The help pages of all commands, as docs/help.md holds them."""

from __future__ import annotations

import click

from matteo.cli.main import cli


def pages() -> str:
    text = ["# matteo on the command line\n\nWritten by `scripts/help`.\n"]
    commands: list[tuple[str, click.Command]] = [("matteo", cli)]
    commands += [(f"matteo {name}", command) for name, command in sorted(cli.commands.items())]
    for name, command in commands:
        context = click.Context(command, info_name=name, terminal_width=100, help_option_names=["-h", "--help"])
        text.append(f"## {name}\n\n```\n{command.get_help(context)}\n```\n")
    return "\n".join(text)


if __name__ == "__main__":
    print(pages(), end="")
