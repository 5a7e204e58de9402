"""The `matteo` command: `matteo PATH` is `matteo remove PATH`."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import click

from matteo import __version__
from matteo.errors import MatteoError, UsageError

# Before numpy is loaded: its matrices here are small, and threads that wait for larger ones take the processor from
# decoding, encoding and the network, whose own threads do the work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


class DefaultToRemove(click.Group):
    """What is no command's name is a picture to remove the background of."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {*self.commands, "--help", "-h", "--version"}
        if args and args[0] not in own:
            _check_word(args[0], self.commands)
            args = ["remove", *args]
        return super().parse_args(ctx, args)


def _check_word(word: str, commands: Iterable[str]) -> None:
    """A bare word that is no file is a command's name with a slip in it more often than a picture."""
    near = get_close_matches(word, list(commands), 1)
    if near and "." not in word and not Path(word).exists():
        raise UsageError(f"there is no command {word!r} and no file of that name; did you mean matteo {near[0]}?")


@click.group(
    cls=DefaultToRemove,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="matteo", message="%(prog)s %(version)s")
def cli() -> None:
    """Takes the background out of pictures, on this machine, with a network of its own.

    \b
    matteo photo.jpg                          photo.cutout.png beside it
    matteo photo.jpg -o out.webp              another name and format
    matteo photo.jpg --background beach.jpg   another place, or a colour
    matteo photos/ -o cut/                    a folder with all its folders, resumable
    cat a.jpg | matteo - > a.png              in a pipe

    `matteo PATH` is short for `matteo remove PATH`; `matteo remove --help` lists the options.
    """


def _add_commands() -> None:
    from matteo.cli.compare import compare
    from matteo.cli.compose import compose
    from matteo.cli.data import data
    from matteo.cli.evaluate import evaluate
    from matteo.cli.keys import keys
    from matteo.cli.look import look
    from matteo.cli.models import models
    from matteo.cli.remove import remove
    from matteo.cli.serve import serve
    from matteo.cli.train import train
    from matteo.cli.video import video

    cli.add_command(compare)
    cli.add_command(compose)
    cli.add_command(data)
    cli.add_command(evaluate)
    cli.add_command(keys)
    cli.add_command(remove)
    cli.add_command(serve)
    cli.add_command(look)
    cli.add_command(models)
    cli.add_command(train)
    cli.add_command(video)


_add_commands()


def main(args: list[str] | None = None) -> None:
    """Runs the command and ends the process: 0 done, 1 something failed, 2 wrong use, 130 interrupted."""
    debug = "--debug" in (sys.argv[1:] if args is None else args)
    try:
        code = cli.main(args, prog_name="matteo", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else DONE)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "matteo remove"
        sys.exit(_say(f"{error.format_message()} See {command} --help.", error.exit_code))
    except (KeyboardInterrupt, click.Abort):
        sys.exit(_say("interrupted; what was finished is kept", INTERRUPTED))
    except BrokenPipeError:
        _silence_stdout()
        sys.exit(FAILED)
    except Exception as error:
        if debug:
            traceback.print_exc()
        sys.exit(_report(error))


def _report(error: Exception) -> int:
    if isinstance(error, MatteoError):
        return _say(str(error), WRONG_USE if isinstance(error, UsageError) else FAILED)
    return _say(f"{type(error).__name__}: {error} (not foreseen; --debug shows where)", FAILED)


def _say(text: str, code: int) -> int:
    click.echo(f"matteo: {text}", err=True)
    return code


def _silence_stdout() -> None:
    """The reader of our pipe is gone; Python would complain again when it flushes stdout at exit."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
