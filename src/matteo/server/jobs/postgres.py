"""Jobs in PostgreSQL, which several machines may share, as they then must share the folder of inputs and results.

https://www.postgresql.org/docs/current/explicit-locking.html: rows are claimed with SKIP LOCKED, so that two workers
never wait for each other or take the same; a worker lives as long as the session that has its advisory lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from pathlib import Path
from typing import Any

from matteo.errors import MissingExtra, UsageError
from matteo.server.jobs.base import TABLES, Ask, Rows, T, Unreachable, Work
from matteo.server.jobs.links import secret_of
from matteo.server.settings import without_password

try:
    import psycopg
    from psycopg import errors
except ImportError as error:
    raise MissingExtra(f'jobs in PostgreSQL need {error.name}: pip install "matteo[postgres]"') from error

CONNECT_S = 10
TRIES = 5  # of a transaction that another was in the way of
ALONE = 0x6D617474656F  # "matteo": the advisory lock of what only one may do at a time
# The server sees that a machine was cut off within a minute, and no statement keeps a thread for ever.
SESSION = """
SET search_path TO matteo;
SET statement_timeout TO '30s';
SET tcp_keepalives_idle TO 30;
SET tcp_keepalives_interval TO 10;
SET tcp_keepalives_count TO 3;
"""
PLACE = """
CREATE TABLE IF NOT EXISTS place (one BIGINT PRIMARY KEY, folder TEXT NOT NULL);
"""


class Postgres:
    """A database, in its schema "matteo". One connection for all threads of a process; a lost one is made anew."""

    lock = " FOR UPDATE"

    def __init__(self, url: str, folder: Path) -> None:
        """folder: where inputs and results lie. UsageError where the database's jobs lie in another one."""
        self.url, self.folder = url, folder
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[Any] | None = None
        self._held: set[str] = set()
        self._is_closed = False
        try:
            self.write(self._prepare)
        except BaseException:
            self.close()
            raise

    def free(self, table: str) -> str:
        return f" FOR UPDATE OF {table} SKIP LOCKED"

    def read(self, work: Work[T]) -> T:
        try:
            return self.write(work)
        except Unreachable:  # the line may have been lost long ago
            return self.write(work)

    def write(self, work: Work[T]) -> T:
        for left in reversed(range(TRIES)):
            try:
                return self._once(work)
            except (errors.DeadlockDetected, errors.SerializationFailure):
                if not left:
                    raise
        raise AssertionError("unreachable")

    def alone(self, ask: Ask) -> None:
        ask("SELECT pg_advisory_xact_lock(?)", ALONE)

    def _once(self, work: Work[T]) -> T:
        with self._lock:
            try:
                connection = self._connected()

                def ask(statement: str, *values: object) -> Rows:
                    return connection.execute(statement.replace("?", "%s").encode(), values or None)

                with connection.transaction():
                    return work(ask)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if isinstance(error, (errors.DeadlockDetected, errors.SerializationFailure)):
                    raise
                self._drop()
                raise self._unreachable(error) from error

    def _connected(self) -> psycopg.Connection[Any]:
        if self._is_closed:
            raise Unreachable("the server ends; ask again when another runs")
        if self._connection is None or self._connection.closed:
            found = self._line()
            try:
                self._make_schema(found)
                found.execute(SESSION)
                for holder in self._held:
                    found.execute("SELECT pg_advisory_lock(%s)", (_key(holder),))
            except BaseException:
                found.close()
                raise
            self._connection = found
        return self._connection

    def _line(self) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(self.url, autocommit=True, connect_timeout=CONNECT_S)
        except psycopg.ProgrammingError as error:
            raise UsageError(
                f"jobs_url cannot be read ({' '.join(f'{error}'.split())}); give postgresql://user@host/database"
            ) from error

    def _make_schema(self, found: psycopg.Connection[Any]) -> None:
        """The schema is made where there is none, by one of those who come at the same time."""
        try:
            with found.transaction():
                found.execute("SELECT pg_advisory_xact_lock(%s)", (ALONE,))
                if found.execute("SELECT to_regnamespace('matteo')").fetchone() == (None,):
                    found.execute("CREATE SCHEMA matteo")
        except errors.InsufficientPrivilege as error:
            raise UsageError(
                f"{without_password(self.url)}: its user may not make the schema matteo; let the database's owner say "
                "CREATE SCHEMA matteo AUTHORIZATION and that user's name"
            ) from error

    def _prepare(self, ask: Ask) -> None:
        self.alone(ask)
        ask(TABLES)
        ask(PLACE)
        own = hashlib.sha256(secret_of(self.folder)).hexdigest()[:32]
        ask("INSERT INTO place (one, folder) VALUES (1, ?) ON CONFLICT DO NOTHING", own)
        if ask("SELECT folder FROM place").fetchone() != (own,):
            raise UsageError(
                f"{without_password(self.url)}: its jobs lie in another folder than {self.folder}; set MATTEO_DATA to "
                "the one that all its servers share, or, where that is gone, say DROP SCHEMA matteo CASCADE and begin "
                "anew"
            )

    def hold(self, holder: str) -> None:
        self._held.add(holder)
        self.write(lambda ask: ask("SELECT pg_advisory_lock(?)", _key(holder)).rowcount)

    def is_gone(self, holder: str) -> bool:
        """Its session ended, or lost its line: then what it has at work is another's from now on."""
        if holder in self._held:
            return False

        def tried(ask: Ask) -> bool:
            return bool(ask("SELECT pg_try_advisory_xact_lock(?)", _key(holder)).fetchone()[0])

        return self.write(tried)

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _unreachable(self, error: Exception) -> Unreachable:
        why = " ".join(f"{error}".split())
        return Unreachable(
            f"{without_password(self.url)} does not answer ({why}); start PostgreSQL, or set MATTEO_JOBS_URL to "
            "where it is"
        )


def _key(holder: str) -> int:
    """The advisory lock of a holder: 64 bits, as PostgreSQL has them."""
    return int.from_bytes(hashlib.sha256(holder.encode()).digest()[:8], "big", signed=True)
