"""A file of JSON lines that outlives crashes and full disks: appended line by line, mended where a line was torn."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from matteo.errors import BatchError, OutputError

T = TypeVar("T")


def append(path: Path, fields: Mapping[str, object]) -> None:
    """Add one line and see it onto the disk. OutputError if that fails; the file is then as it was before."""
    line = (json.dumps(dict(fields), default=_plain) + "\n").encode("ascii")
    try:
        _append(path, line)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); make room or check your rights, and start again"
        ) from error


def read(path: Path, parse: Callable[[dict[str, object]], T]) -> Iterator[T]:
    """Every line through `parse` (which raises KeyError, TypeError or ValueError for fields that make no sense).

    A last line that is torn is left out. BatchError for a line damaged elsewhere: no crash does that here.
    """
    try:
        with path.open("rb") as file:
            lines = enumerate(file, 1)
            for number, line in lines:
                try:
                    yield parse(_fields(line))
                except (KeyError, TypeError, ValueError) as error:
                    if next(lines, None) is not None:
                        raise BatchError(
                            f"{path}: line {number} is damaged; delete that line (its picture is made anew once you "
                            "delete its output, too) or start again in another output folder"
                        ) from error
    except OSError as error:
        raise BatchError(f"{path}: cannot be read ({error.strerror}); check the folder and your rights") from error


def mend(path: Path) -> None:
    """Cut off a last line that is torn, and end one that only lacks its line feed. No file is no fault."""
    try:
        with path.open("r+b") as file:
            start = _start_of_last_line(file.seek(0, os.SEEK_END), path)
            file.seek(start)
            last = file.read()
            if last and not _is_whole(last):
                file.truncate(start)
            elif last and not last.endswith(b"\n"):
                file.write(b"\n")
    except FileNotFoundError:
        return
    except OSError as error:
        raise BatchError(f"{path}: cannot be written ({error.strerror}); check the folder and your rights") from error


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
    try:
        before = os.fstat(descriptor).st_size
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)


def _fields(line: bytes) -> dict[str, object]:
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise TypeError("no object")
    return fields


def _is_whole(line: bytes) -> bool:
    try:
        _fields(line)
    except (TypeError, ValueError):
        return False
    return True


def _start_of_last_line(size: int, path: Path) -> int:
    with path.open("rb") as file:
        at = max(0, size - 1)  # a line feed at the very end belongs to the last line
        while at > 0:
            step = min(at, 1 << 16)
            file.seek(at - step)
            found = file.read(step).rfind(b"\n")
            if found >= 0:
                return at - step + found + 1
            at -= step
    return 0


def _plain(value: object) -> object:
    """JSON for what else may stand in a line: numpy's numbers as numbers, mappings, paths and the like as text."""
    if isinstance(value, Mapping):
        return dict(value)
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
