"""Keeps two runs out of one output folder, on one machine or over a share.

The lock is the operating system's, on an open file, so a run that is killed frees it. What the file says (process,
host, time) is only for the message. Shards of one count work side by side, each with a lock of its own.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from matteo.batch.names import lock_name
from matteo.errors import BatchError, OutputError
from matteo.models.lock import try_lock

_FILE_NAME = re.compile(r"\.matteo(?:-\d+-of-(\d+))?\.lock")
_PATIENCE_S = 0.5  # another run that looks whether this lock is held holds it for an instant itself


@contextmanager
def hold(output: Path, *, shard: tuple[int, int] | None = None) -> Iterator[None]:
    """Have `output` (made if it is not there) for this run alone; a shard shares it with its sister shards.

    BatchError naming the holder if another run is at work there, or if the file system knows no locks; OutputError
    if the folder cannot be made or written.
    """
    path = output / lock_name(shard)
    descriptor = _acquire(path)
    try:
        _refuse_others(output, path, shard)
        _sign(descriptor)
        yield
    finally:
        _release(descriptor, path)


def _acquire(path: Path) -> int:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        descriptor = _open(path)
        if _locked(descriptor, path):
            if _is_at(descriptor, path):
                return descriptor
        elif time.monotonic() > deadline:
            os.close(descriptor)
            raise _busy(path)
        else:
            time.sleep(0.02)
        os.close(descriptor)  # held for an instant, or removed by its holder after it was opened here: once more


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise OutputError(
            f"{path.parent}: cannot be written ({error.strerror}); check your rights, or give another output folder"
        ) from error


def _locked(descriptor: int, path: Path) -> bool:
    try:
        return try_lock(descriptor)
    except OSError as error:
        os.close(descriptor)
        raise BatchError(
            f"{path.parent}: its file system gives no locks ({error.strerror}), so two runs could not be kept apart; "
            "give an output folder on another one"
        ) from error


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _refuse_others(output: Path, own: Path, shard: tuple[int, int] | None) -> None:
    """A whole run beside a shard, or 1/4 beside 2/8, would make the same pictures. Both lock first, then look."""
    for path in sorted(output.glob(".matteo*.lock")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None or path == own or (shard and match[1] == str(shard[1])):
            continue
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            if not try_lock(descriptor):
                raise _busy(path)
        finally:
            os.close(descriptor)


def _busy(path: Path) -> BatchError:
    return BatchError(
        f"{path.parent}: another run is at work there{_holder(path)}; wait for it or end it, or give another output "
        "folder"
    )


def _holder(path: Path) -> str:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return f" (process {said['pid']} on {said['host']}, since {said['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _sign(descriptor: int) -> None:
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since})
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, text.encode())
    except OSError:
        pass  # a full disk: the lock holds without the text


def _release(descriptor: int, path: Path) -> None:
    """Remove the file while it is still held, so that none is left behind and nobody's newer one is removed."""
    if sys.platform == "win32":
        os.close(descriptor)  # an open file cannot be removed there; one that is held by the next run neither
        descriptor = -1
    try:
        path.unlink()
    except OSError:
        pass
    finally:
        if descriptor >= 0:
            os.close(descriptor)
