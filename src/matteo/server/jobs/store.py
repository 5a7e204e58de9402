"""Jobs and their items: what is to be done, by whom it is being done, what came of it.

An item is claimed in one step and finished in one step, each only if it still is as it was. So of several processes
one does it, and one that was killed leaves nothing that another cannot tell and take up.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from matteo.server.jobs.base import Ask, Base, Rows
from matteo.server.jobs.sqlite import Sqlite

Facts: TypeAlias = Mapping[str, Any]

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
OVER = (DONE, FAILED, CANCELLED)
FILE = "jobs.sqlite"  # where there is no address
MOST_RUNS = 3  # an item that ended the process so often is not tried again


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


def open_store(url: str, folder: Path) -> Store:
    """The jobs of a folder: in its jobs.sqlite, or in PostgreSQL where there is an address. Raises MatteoError."""
    if not url:
        return Store(Sqlite(folder / FILE))
    from matteo.server.jobs.postgres import Postgres

    return Store(Postgres(url, folder))


class Store:
    """All that is asked of a base. Safe to share between threads; several processes may have one open."""

    def __init__(self, base: Base) -> None:
        self.base = base

    def close(self) -> None:
        self.base.close()

    def add(self, job: Job, size: int, most: int) -> bool:
        """Keeps a new job; False where all jobs together would take more than `most` bytes."""

        def work(ask: Ask) -> bool:
            self.base.alone(ask)
            if _held(ask) + size > most:
                return False
            ask(
                "INSERT INTO jobs (id, kind, owner, fields, created, expires, bytes, hook) VALUES (?,?,?,?,?,?,?,?)",
                job.id, job.kind, job.owner, json.dumps(dict(job.fields)), job.created, job.expires, size, job.hook,
            )  # fmt: skip
            for item in job.items:
                ask("INSERT INTO items (job, n, name, state) VALUES (?,?,?,?)", job.id, item.n, item.name, QUEUED)
            return True

        return self.base.write(work)

    def room(self, most: int) -> int:
        """Bytes that are left of so many."""
        return most - self.base.read(_held)

    def job(self, identity: str) -> Job | None:
        def work(ask: Ask) -> tuple[Any, list[Any]]:
            row = ask(
                "SELECT id, kind, owner, fields, created, expires, hook, hook_tries FROM jobs WHERE id = ?", identity
            ).fetchone()
            items = ask(
                "SELECT job, n, name, state, progress, facts, error, runs FROM items WHERE job = ? ORDER BY n", identity
            ).fetchall()
            return row, items

        row, items = self.base.read(work)
        if row is None:
            return None
        return Job(row[0], row[1], row[2], json.loads(row[3]), row[4], row[5], row[6], row[7], tuple(map(_item, items)))

    def claim(self, holder: str) -> tuple[str, int] | None:
        """The next item, from now on this holder's; None where nothing waits. Jobs take turns, the oldest first."""
        row = self.base.write(lambda ask: ask(
            "UPDATE items SET state = ?, holder = ?, runs = runs + 1 WHERE state = ? AND (job, n) = (SELECT i.job, i.n"
            " FROM items i JOIN jobs j ON j.id = i.job WHERE i.state = ? ORDER BY i.n, j.created LIMIT 1"
            f"{self.base.free('i')}) RETURNING job, n",
            RUNNING, holder, QUEUED, QUEUED,
        ).fetchone())  # fmt: skip
        return (row[0], row[1]) if row else None

    def report(self, job: str, n: int, holder: str, progress: float) -> bool:
        """How far an item is; False where it is no longer the holder's, as it was cancelled."""
        return self.base.write(lambda ask: _one(ask(
            "UPDATE items SET progress = ? WHERE job = ? AND n = ? AND holder = ? AND state = ?",
            progress, job, n, holder, RUNNING)))  # fmt: skip

    def finish(self, job: str, n: int, holder: str, size: int, facts: Facts, error: Facts | None = None) -> bool:
        """An item's end; False where it is no longer the holder's, whose result then is to be thrown away."""
        values = FAILED if error else DONE, size, json.dumps(dict(facts)), json.dumps(dict(error)) if error else None

        def work(ask: Ask) -> bool:
            self._lock_job(ask, job)
            mine = _one(ask(
                "UPDATE items SET state = ?, progress = 1, holder = NULL, bytes = ?, facts = ?, error = ?"
                " WHERE job = ? AND n = ? AND holder = ? AND state = ?", *values, job, n, holder, RUNNING))  # fmt: skip
            if mine:
                _due(ask, job)
            return mine

        return self.base.write(work)

    def cancel(self, job: str) -> None:
        """What is not over is cancelled."""

        def work(ask: Ask) -> None:
            self._lock_job(ask, job)
            ask(f"UPDATE items SET state = ?, holder = NULL WHERE job = ? AND state NOT IN {OVER}", CANCELLED, job)

        self.base.write(work)

    def _lock_job(self, ask: Ask, job: str) -> None:
        """Two who end the last two items of a job come one after the other, so that the later one sees that all is
        over; and who deletes it waits."""
        ask(f"SELECT id FROM jobs WHERE id = ?{self.base.lock}", job)

    def holders(self) -> list[str]:
        """Who has something at work."""
        rows = self.base.read(lambda ask: ask("SELECT DISTINCT holder FROM items WHERE state = ?", RUNNING).fetchall())
        return [row[0] for row in rows]

    def release(self, holder: str) -> int:
        """What a holder that is gone had at work waits again, or failed where it was gone too often; how many."""
        error = json.dumps({"title": "The server ended each time it worked on this", "code": "not_processed"})

        def work(ask: Ask) -> int:
            spent = "holder = ? AND state = ? AND runs >= ?", holder, RUNNING, MOST_RUNS
            jobs = ask(f"SELECT DISTINCT job FROM items WHERE {spent[0]}", *spent[1:]).fetchall()
            for (job,) in jobs:
                self._lock_job(ask, job)
            ask(f"UPDATE items SET state = ?, holder = NULL, error = ? WHERE {spent[0]}", FAILED, error, *spent[1:])
            for (job,) in jobs:
                _due(ask, job)
            return ask(
                "UPDATE items SET state = ?, holder = NULL, progress = 0 WHERE holder = ? AND state = ?",
                QUEUED, holder, RUNNING).rowcount  # fmt: skip

        return self.base.write(work)

    def hook(self, again_s: float) -> str | None:
        """A job whose webhook is to be called now; it is due again after so long, unless `hooked` says it was done."""
        now = time.time()
        row = self.base.write(lambda ask: ask(
            "UPDATE jobs SET hook_due = ?, hook_tries = hook_tries + 1 WHERE hook_due <= ? AND id = (SELECT j.id FROM"
            f" jobs j WHERE j.hook_due <= ? ORDER BY j.hook_due LIMIT 1{self.base.free('j')}) RETURNING id",
            now + again_s, now, now).fetchone())  # fmt: skip
        return row[0] if row else None

    def hooked(self, job: str, due: float | None) -> None:
        """When a webhook is to be called again; None: never."""
        self.base.write(lambda ask: ask("UPDATE jobs SET hook_due = ? WHERE id = ?", due, job).rowcount)

    def expired(self) -> list[str]:
        rows = self.base.read(lambda ask: ask("SELECT id FROM jobs WHERE expires <= ?", time.time()).fetchall())
        return [row[0] for row in rows]

    def known(self) -> set[str]:
        return {row[0] for row in self.base.read(lambda ask: ask("SELECT id FROM jobs").fetchall())}

    def delete(self, job: str) -> None:
        self.base.write(lambda ask: ask("DELETE FROM jobs WHERE id = ?", job).rowcount)

    def counts(self) -> dict[str, int]:
        """How many items are in each state."""
        return dict(self.base.read(lambda ask: ask("SELECT state, COUNT(*) FROM items GROUP BY state").fetchall()))


def _held(ask: Ask) -> int:
    """Bytes that all jobs and their results take."""
    jobs, results = ask(
        "SELECT (SELECT COALESCE(SUM(bytes), 0) FROM jobs), (SELECT COALESCE(SUM(bytes), 0) FROM items)"
    ).fetchone()
    return int(jobs) + int(results)


def _due(ask: Ask, job: str) -> None:
    """Where nothing of a job is left to do, its webhook is to be called."""
    ask(
        "UPDATE jobs SET hook_due = ? WHERE id = ? AND hook != '' AND NOT EXISTS (SELECT 1 FROM items WHERE job = ?"
        f" AND state NOT IN {OVER})", time.time(), job, job)  # fmt: skip


def _item(row: tuple[Any, ...]) -> Item:
    error = json.loads(row[6]) if row[6] else None
    return Item(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]), error, row[7])


def _one(rows: Rows) -> bool:
    return rows.rowcount == 1
