"""The operating system's lock on an open file: whoever holds it is alone, and a process that is killed frees it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matteo.errors import OutputError

PATIENCE_S = 60.0
_PAUSE_S = 0.02

if sys.platform == "win32":
    import msvcrt

    _BEYOND_THE_TEXT = 1 << 20  # locks are mandatory here, and others are to read who holds it

    def try_lock(descriptor: int) -> bool:
        """Whether it is locked now; False where another holds it. OSError where the file system gives no locks."""
        os.lseek(descriptor, _BEYOND_THE_TEXT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Whether it is locked now; False where another holds it. OSError where the file system gives no locks."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        return True


@contextmanager
def alone(path: Path, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold `path` (made if it is not there, and left there), of all processes and threads the only one.

    Waits for another that holds it. Raises OutputError where that takes longer than `patience_s` seconds, where the
    file cannot be written, or where its file system gives no locks.
    """
    deadline = time.monotonic() + patience_s
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); check your rights") from error
    try:
        while not _locked(descriptor, path):
            if time.monotonic() > deadline:
                raise OutputError(f"{path}: another process has held it for {patience_s:g} s; wait for it or end it")
            time.sleep(_PAUSE_S)
        yield
    finally:
        os.close(descriptor)  # which frees it


def _locked(descriptor: int, path: Path) -> bool:
    try:
        return try_lock(descriptor)
    except OSError as error:
        raise OutputError(
            f"{path}: its file system gives no locks ({error.strerror}); set MATTEO_HOME to a folder on another one"
        ) from error
