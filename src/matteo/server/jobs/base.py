"""What the jobs lie in, behind one small seam: SQLite for one machine, PostgreSQL for several.

The statements are the same for both, with ? for what is given; where the two differ, a base says how.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeVar

from matteo.errors import OutputError

T = TypeVar("T")

# Types that both read alike: 8 bytes each, as times and sizes need.
TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL, fields TEXT NOT NULL,
    created DOUBLE PRECISION NOT NULL, expires DOUBLE PRECISION NOT NULL, bytes BIGINT NOT NULL,
    hook TEXT NOT NULL DEFAULT '', hook_due DOUBLE PRECISION, hook_tries BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS items (
    job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, n BIGINT NOT NULL, name TEXT NOT NULL,
    state TEXT NOT NULL, holder TEXT, runs BIGINT NOT NULL DEFAULT 0, progress DOUBLE PRECISION NOT NULL DEFAULT 0,
    bytes BIGINT NOT NULL DEFAULT 0, facts TEXT NOT NULL DEFAULT '{}', error TEXT, PRIMARY KEY (job, n)
);
CREATE INDEX IF NOT EXISTS by_state ON items (state);
"""


class Unreachable(OutputError):
    """The jobs cannot be read or written now; nothing of what was asked was done, or it is not known."""


class Rows(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class Ask(Protocol):
    """One statement within a transaction."""

    def __call__(self, statement: str, *values: object) -> Rows: ...


Work: TypeAlias = Callable[[Ask], T]


class Base(Protocol):
    """Safe to share between threads. Every method raises Unreachable where the base does not answer."""

    lock: str  # after a SELECT: what it found stays as it is until the transaction ends

    def free(self, table: str) -> str:
        """After a SELECT: the same for the rows of one table, passing over what another transaction has locked."""

    def read(self, work: Work[T]) -> T:
        """The work's result, of work that changes nothing."""

    def write(self, work: Work[T]) -> T:
        """The work's result, all of it done or nothing; it may be called again, where another was in the way."""

    def alone(self, ask: Ask) -> None:
        """Until the transaction ends no other one is that said this."""

    def hold(self, holder: str) -> None:
        """From now until this process ends, however it ends, or the base is closed, `is_gone` says no."""

    def is_gone(self, holder: str) -> bool:
        """Whether the process that said `hold` has ended."""

    def close(self) -> None: ...
