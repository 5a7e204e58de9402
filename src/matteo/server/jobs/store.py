"""Jobs and their items in SQLite: what is to be done, by whom it is being done, what came of it.

An item is claimed in one step and finished in one step, each only if it still is as it was. So of several processes
one does it, and one that was killed leaves nothing that another cannot tell and take up.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from matteo.errors import OutputError

Facts: TypeAlias = Mapping[str, Any]

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
OVER = (DONE, FAILED, CANCELLED)
MOST_RUNS = 3  # an item that ended the process so often is not tried again

_TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL, fields TEXT NOT NULL, created REAL NOT NULL,
    expires REAL NOT NULL, bytes INTEGER NOT NULL,
    hook TEXT NOT NULL DEFAULT '', hook_due REAL, hook_tries INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS items (
    job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, n INTEGER NOT NULL, name TEXT NOT NULL,
    state TEXT NOT NULL, holder TEXT, runs INTEGER NOT NULL DEFAULT 0, progress REAL NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0, facts TEXT NOT NULL DEFAULT '{}', error TEXT, PRIMARY KEY (job, n)
);
CREATE INDEX IF NOT EXISTS by_state ON items (state);
"""


@dataclass(frozen=True)
class Item:
    """One input of a job. facts: what is told of the result. error: the refusal's JSON where it failed."""

    job: str
    n: int
    name: str
    state: str
    progress: float
    facts: Facts
    error: Facts | None
    runs: int


@dataclass(frozen=True)
class Job:
    """Times are seconds since 1970."""

    id: str
    kind: str
    owner: str
    fields: Mapping[str, str]
    created: float
    expires: float
    hook: str
    hook_tries: int
    items: tuple[Item, ...]

    @property
    def state(self) -> str:
        """queued, running, done (though items may have failed), failed (all did), or cancelled."""
        states = {item.state for item in self.items}
        if CANCELLED in states:
            return CANCELLED
        if states <= {*OVER}:
            return FAILED if states == {FAILED} else DONE
        return QUEUED if states == {QUEUED} else RUNNING

    @property
    def progress(self) -> float:
        """0 to 1."""
        return sum(1.0 if item.state in OVER else item.progress for item in self.items) / max(1, len(self.items))


class Store:
    """The file. Safe to share between threads; several processes may have it open."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = NORMAL")
            self._base.execute("PRAGMA foreign_keys = ON")
            self._base.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"{path}: cannot be used ({error}); set MATTEO_DATA to a folder of yours") from error
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            self._base.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")

    def add(self, job: Job, size: int, most: int) -> bool:
        """Keeps a new job; False where all jobs together would take more than `most` bytes."""
        with self._writing() as base:
            if self._held(base) + size > most:
                return False
            base.execute(
                "INSERT INTO jobs (id, kind, owner, fields, created, expires, bytes, hook) VALUES (?,?,?,?,?,?,?,?)",
                (job.id, job.kind, job.owner, json.dumps(dict(job.fields)), job.created, job.expires, size, job.hook),
            )
            rows = [(job.id, item.n, item.name, QUEUED) for item in job.items]
            base.executemany("INSERT INTO items (job, n, name, state) VALUES (?,?,?,?)", rows)
            return True

    def job(self, identity: str) -> Job | None:
        with self._lock:
            row = self._base.execute(
                "SELECT id, kind, owner, fields, created, expires, hook, hook_tries FROM jobs WHERE id = ?", (identity,)
            ).fetchone()
            if row is None:
                return None
            items = self._base.execute(
                "SELECT job, n, name, state, progress, facts, error, runs FROM items WHERE job = ? ORDER BY n",
                (identity,),
            ).fetchall()
        told = tuple(map(_item, items))
        return Job(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5], row[6], row[7], told)

    def claim(self, holder: str) -> tuple[str, int] | None:
        """The next item, from now on this holder's; None where nothing waits. Jobs take turns, the oldest first."""
        with self._writing() as base:
            row = base.execute(
                "UPDATE items SET state = ?, holder = ?, runs = runs + 1 WHERE (job, n) = (SELECT i.job, i.n FROM items"
                " i JOIN jobs j ON j.id = i.job WHERE i.state = ? ORDER BY i.n, j.created LIMIT 1) RETURNING job, n",
                (RUNNING, holder, QUEUED),
            ).fetchone()
            return (row[0], row[1]) if row else None

    def report(self, job: str, n: int, holder: str, progress: float) -> bool:
        """How far an item is; False where it is no longer the holder's, as it was cancelled."""
        with self._writing() as base:
            return _one(base.execute(
                "UPDATE items SET progress = ? WHERE job = ? AND n = ? AND holder = ? AND state = ?",
                (progress, job, n, holder, RUNNING)))  # fmt: skip

    def finish(self, job: str, n: int, holder: str, size: int, facts: Facts, error: Facts | None = None) -> bool:
        """An item's end; False where it is no longer the holder's, whose result then is to be thrown away."""
        with self._writing() as base:
            state = FAILED if error else DONE
            mine = _one(base.execute(
                "UPDATE items SET state = ?, progress = 1, holder = NULL, bytes = ?, facts = ?, error = ?"
                " WHERE job = ? AND n = ? AND holder = ? AND state = ?",
                (state, size, json.dumps(dict(facts)), json.dumps(dict(error)) if error else None, job, n, holder,
                 RUNNING)))  # fmt: skip
            if mine:
                self._due(base, job)
            return mine

    def _due(self, base: sqlite3.Connection, job: str) -> None:
        """Where nothing of a job is left to do, its webhook is to be called."""
        base.execute(
            "UPDATE jobs SET hook_due = ? WHERE id = ? AND hook != '' AND NOT EXISTS (SELECT 1 FROM items WHERE job = ?"
            f" AND state NOT IN {OVER})",
            (time.time(), job, job),
        )

    def cancel(self, job: str) -> None:
        """What is not over is cancelled."""
        with self._writing() as base:
            base.execute(
                f"UPDATE items SET state = ?, holder = NULL WHERE job = ? AND state NOT IN {OVER}", (CANCELLED, job)
            )

    def holders(self) -> list[str]:
        """Who has something at work."""
        with self._lock:
            rows = self._base.execute("SELECT DISTINCT holder FROM items WHERE state = ?", (RUNNING,)).fetchall()
        return [row[0] for row in rows]

    def release(self, holder: str) -> int:
        """What a holder that is gone had at work waits again, or failed where it was gone too often; how many."""
        error = json.dumps({"title": "The server ended each time it worked on this", "code": "not_processed"})
        with self._writing() as base:
            base.execute(
                "UPDATE items SET state = ?, holder = NULL, error = ? WHERE holder = ? AND state = ? AND runs >= ?",
                (FAILED, error, holder, RUNNING, MOST_RUNS),
            )
            return base.execute(
                "UPDATE items SET state = ?, holder = NULL, progress = 0 WHERE holder = ? AND state = ?",
                (QUEUED, holder, RUNNING),
            ).rowcount

    def hook(self, again_s: float) -> str | None:
        """A job whose webhook is to be called now; it is due again after so long, unless `hooked` says it was done."""
        with self._writing() as base:
            now = time.time()
            row = base.execute(
                "UPDATE jobs SET hook_due = ?, hook_tries = hook_tries + 1 WHERE id = (SELECT id FROM jobs WHERE"
                " hook_due <= ? ORDER BY hook_due LIMIT 1) RETURNING id",
                (now + again_s, now),
            ).fetchone()
            return row[0] if row else None

    def hooked(self, job: str, due: float | None) -> None:
        """When a webhook is to be called again; None: never."""
        with self._writing() as base:
            base.execute("UPDATE jobs SET hook_due = ? WHERE id = ?", (due, job))

    def expired(self) -> list[str]:
        with self._lock:
            rows = self._base.execute("SELECT id FROM jobs WHERE expires <= ?", (time.time(),)).fetchall()
        return [row[0] for row in rows]

    def known(self) -> set[str]:
        with self._lock:
            return {row[0] for row in self._base.execute("SELECT id FROM jobs").fetchall()}

    def delete(self, job: str) -> None:
        with self._writing() as base:
            base.execute("DELETE FROM jobs WHERE id = ?", (job,))

    def counts(self) -> dict[str, int]:
        """How many items are in each state."""
        with self._lock:
            return dict(self._base.execute("SELECT state, COUNT(*) FROM items GROUP BY state").fetchall())

    def _held(self, base: sqlite3.Connection) -> int:
        jobs, results = base.execute(
            "SELECT (SELECT COALESCE(SUM(bytes), 0) FROM jobs), (SELECT COALESCE(SUM(bytes), 0) FROM items)"
        ).fetchone()
        return int(jobs) + int(results)


def _item(row: tuple[Any, ...]) -> Item:
    error = json.loads(row[6]) if row[6] else None
    return Item(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]), error, row[7])


def _one(cursor: sqlite3.Cursor) -> bool:
    return cursor.rowcount == 1
