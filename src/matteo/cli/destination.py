"""What -o means: one decision for all ways to call the command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from matteo.errors import MatteoError, UsageError

STDIO = "-"


@dataclass(frozen=True)
class Destination:
    """beside: each output beside its source. file, folder: at `path`. stdout: the picture's bytes."""

    kind: Literal["beside", "file", "folder", "stdout"]
    path: Path = Path()


def destination(output: str | None, paths: Sequence[str]) -> Destination:
    """A folder is what ends in a slash, is there as a folder, or has to take several pictures; else -o is a file."""
    if output == "":
        raise UsageError("-o is empty: give a file or a folder")
    if STDIO in paths and len(paths) > 1:
        raise UsageError("- (stdin) stands alone")
    from_stdin, from_folder = paths[0] == STDIO, any(Path(path).is_dir() for path in paths)
    if from_folder and len(paths) > 1:
        raise UsageError("one folder at a time, and no single pictures beside it")
    if output == STDIO or (output is None and from_stdin):
        if from_folder or len(paths) > 1:
            raise UsageError("stdout takes one picture: give -o FOLDER")
        if sys.stdout.isatty():
            raise UsageError("stdout is a terminal: give -o FILE, or send the picture on with > or |")
        return Destination("stdout")
    if output is None:
        if from_folder:
            raise UsageError(f"{paths[0]} is a folder: say with -o which folder the results go to")
        return Destination("beside")
    path = Path(output)
    if from_folder or len(paths) > 1 or output.endswith(("/", "\\")) or path.is_dir():
        if not path.is_dir() and (path.exists() or _looks_like_a_picture(output)):
            raise UsageError(f"{output} is a file's name, and several pictures need a folder: give it as {path.stem}/")
        if from_stdin:
            raise UsageError(f"{output} is a folder, and a picture from stdin has no name: give -o FILE")
        return Destination("folder", path)
    return Destination("file", path)


def _looks_like_a_picture(output: str) -> bool:
    from matteo.picture.formats import OUTPUTS

    return Path(output).suffix.lower() in OUTPUTS and not output.endswith(("/", "\\"))


def format_of(where: Destination, asked: str | None) -> str:
    """By the file's suffix where -o names a file, else as asked, else PNG."""
    from matteo.picture.formats import from_suffix

    asked = "jpeg" if asked == "jpg" else asked
    if where.kind != "file":
        return asked or "png"
    try:
        told = from_suffix(where.path)
    except MatteoError as error:
        raise UsageError(f"{error}; a folder's name ends in a slash") from error
    if asked and asked != told:
        raise UsageError(f"--format {asked} and the suffix of {where.path} disagree")
    return told
