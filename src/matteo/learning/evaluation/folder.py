"""A folder of files that appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from matteo.errors import OutputError, OutputExists

OURS = ("report.html", "pictures.csv", "scores.json", "worst*.png")


def check_free(target: Path, overwrite: bool) -> None:
    """Whether a report may be put there: to be asked before the work.

    Raises OutputExists where something is, unless it is a report and `overwrite` is set, and OutputError where the
    folder for it is missing.
    """
    if not target.parent.is_dir():
        raise OutputError(f"{target}: there is no folder {target.parent}; make it, or give another place")
    if not os.path.lexists(target):
        return
    if not overwrite:
        raise OutputExists(f"{target}: exists; give another folder, or --overwrite to replace it")
    if target.is_symlink() or not target.is_dir() or not _is_report(target):
        raise OutputExists(f"{target}: is no report of matteo's and is not replaced; give another folder")


def publish(files: Mapping[str, bytes], target: Path, overwrite: bool = False) -> None:
    """Puts the files, by their names, into a new folder `target`: written aside, then renamed.

    An earlier report gives way only when the new one is complete. Raises OutputExists as `check_free`, and OutputError
    where it cannot be written; then nothing has changed.
    """
    check_free(target, overwrite)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        part.mkdir()
        for name, data in files.items():
            (part / name).write_bytes(data)
        _put_in_place(part, target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror or error}); give another folder") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _put_in_place(part: Path, target: Path) -> None:
    if not target.exists():
        part.rename(target)
        return
    old = part.with_suffix(".old")
    target.rename(old)
    try:
        part.rename(target)
    except OSError:
        old.rename(target)
        raise
    with contextlib.suppress(OSError):
        shutil.rmtree(old)


def _is_report(folder: Path) -> bool:
    names = [path.name for path in folder.iterdir()]
    return all(any(fnmatchcase(name, pattern) for pattern in OURS) for name in names)
