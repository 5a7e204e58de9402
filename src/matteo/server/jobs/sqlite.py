"""Jobs in a file of SQLite, which one machine may use."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matteo.errors import OutputError
from matteo.models.lock import try_lock
from matteo.server.jobs.base import TABLES, Ask, Rows, T, Unreachable, Work

WAIT_S = 30


class Sqlite:
    """The file. Several processes may have it open; who holds something locks a file beside it."""

    lock = ""  # a transaction that writes is the only one

    def __init__(self, path: Path) -> None:
        self._holders = path.parent / "holders"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = NORMAL")
            self._base.execute("PRAGMA foreign_keys = ON")
            self._base.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"{path}: cannot be used ({error}); set MATTEO_DATA to a folder of yours") from error
        self._lock = threading.Lock()
        self._held: dict[str, Any] = {}

    def free(self, table: str) -> str:
        return ""

    def read(self, work: Work[T]) -> T:
        with self._transaction("BEGIN") as ask:
            return work(ask)

    def write(self, work: Work[T]) -> T:
        with self._transaction("BEGIN IMMEDIATE") as ask:
            return work(ask)

    def alone(self, ask: Ask) -> None:
        pass

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Ask]:
        with self._lock:
            try:
                self._base.execute(begin)
                try:
                    yield self._ask
                except BaseException:
                    self._base.execute("ROLLBACK")
                    raise
                self._base.execute("COMMIT")
            except sqlite3.Error as error:
                raise Unreachable(f"jobs.sqlite does not answer ({error}); look whether its disk is full") from error

    def _ask(self, statement: str, *values: Any) -> Rows:
        return self._base.execute(statement, values)

    def hold(self, holder: str) -> None:
        path = self._file(holder)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._held[holder] = path.open("w")
        try_lock(self._held[holder].fileno())

    def is_gone(self, holder: str) -> bool:
        path = self._file(holder)
        try:
            with path.open("r+") as file:
                if not try_lock(file.fileno()):
                    return False
            path.unlink(missing_ok=True)
        except FileNotFoundError:
            pass
        return True

    def close(self) -> None:
        for holder, file in self._held.items():
            with contextlib.suppress(OSError):
                file.close()
                self._file(holder).unlink()
        with self._lock:
            self._base.close()

    def _file(self, holder: str) -> Path:
        return self._holders / f"{holder}.lock"
