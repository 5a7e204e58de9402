"""Who does the jobs: one thread of each server process, beside the pictures that somebody waits for.

Of every input: claim it, do it aside, put the facts and then the result in place, say that it is done. Killed before
the last step, the result is found and taken; killed before, the input is done again. Nothing is done twice that was
done. Rows lie in the store, inputs and results in the folder, which all servers of one store share.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matteo.errors import MatteoError
from matteo.picture.write import publish
from matteo.remover import Remover
from matteo.server.fetch import Bounds
from matteo.server.jobs import links, store, webhook
from matteo.server.jobs.base import Unreachable
from matteo.server.jobs.kinds import KINDS, NoRoom, Task
from matteo.server.jobs.store import FILE, Item, Job, Store, open_store
from matteo.server.logs import LOGGER, tell
from matteo.server.metrics import Metrics
from matteo.server.refusal import Refusal, of_error
from matteo.server.settings import Settings, networks

PAUSE_S = 0.5  # between looks for work of other processes
SWEEP_S = 10.0
YOUNG_S = 3600.0  # a folder without a job may be one that is being filled


class Jobs:
    """The jobs of a folder. Nothing is on the disk until the first is given."""

    def __init__(self, settings: Settings, remover: Remover, metrics: Metrics) -> None:
        self.settings, self.remover, self.metrics = settings, remover, metrics
        self.folder = settings.folder
        self.holder = secrets.token_hex(8)
        self._store: Store | None = None
        self._secret = b""
        self._lock, self._wake, self._stop = threading.Lock(), threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def store(self) -> Store:
        """The base, opened when first asked for; from then on this process works at what is in it."""
        with self._lock:
            if self._store is None:
                self._store = open_store(self.settings.jobs_url, self.folder)
                self._secret = links.secret_of(self.folder)
                self._store.base.hold(self.holder)
                self._threads = [
                    threading.Thread(target=one, name=f"matteo-{name}", daemon=True)
                    for name, one in (("jobs", self._work), ("chores", self._chores))
                ]
                for thread in self._threads:
                    thread.start()
            return self._store

    @property
    def is_there(self) -> bool:
        """Whether any job may ever have been given."""
        return self._store is not None or bool(self.settings.jobs_url) or (self.folder / FILE).exists()

    def resume(self) -> None:
        """Goes on with what an earlier server left, and stands by where others work at the same store."""
        if self.is_there or self.settings.workers > 1:
            _ = self.store

    def close(self) -> None:
        """Ends after the input at work."""
        self._stop.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(self.settings.shutdown_s)
        if self._store is not None:
            self._store.close()

    def add(
        self, kind: str, owner: str, fields: Mapping[str, str], inputs: list[tuple[str, bytes]],
        beside: Mapping[str, bytes], hook: str,
    ) -> Job:  # fmt: skip
        """A new job, on the disk when this returns. Refusal 429 where there is no more room for it."""
        base, now = self.store, time.time()
        job = Job(
            secrets.token_urlsafe(16), kind, owner, fields, now, now + self.settings.result_hours * 3600, hook, 0,
            tuple(Item("", n, name, store.QUEUED, 0, {}, None, 0) for n, (name, _) in enumerate(inputs)),
        )  # fmt: skip
        size = sum(len(data) for _, data in inputs) + sum(map(len, beside.values()))
        place = self.place(job.id)
        try:
            place.mkdir(parents=True)
            for n, (_, data) in enumerate(inputs):
                publish(data, place / f"in-{n}")
            for name, data in beside.items():
                publish(data, place / name)
            if not base.add(job, size, self._most):
                detail = "Fetch and delete jobs that are done, or come back when they have expired."
                raise Refusal(429, "No room for another job", "quota_exceeded", detail, retry_s=60)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        self._wake.set()
        return job

    @property
    def _most(self) -> int:
        """Bytes that all jobs may take."""
        return int(self.settings.disk_mb * 1e6)

    def place(self, identity: str) -> Path:
        """A job's own folder. Its name is ours: nothing of it comes from outside."""
        return self.folder / "jobs" / identity

    def result(self, job: str, n: int) -> Path:
        return self.place(job) / f"out-{n}"

    def remove(self, job: str) -> None:
        """Cancels what is not done and forgets all of it."""
        self.store.cancel(job)
        self.store.delete(job)
        shutil.rmtree(self.place(job), ignore_errors=True)

    def told(self, job: Job) -> dict[str, Any]:
        """A job as its owner sees it."""
        done = sum(item.state in store.OVER for item in job.items)
        return {
            "id": job.id, "kind": job.kind, "state": job.state, "progress": round(job.progress, 4), "done": done,
            "total": len(job.items), "created": round(job.created, 3), "expires": round(job.expires, 3),
            "items": [self._told_item(job, item) for item in job.items],
        }  # fmt: skip

    def _told_item(self, job: Job, item: Item) -> dict[str, Any]:
        said: dict[str, Any] = {"n": item.n, "name": item.name, "state": item.state, "facts": dict(item.facts)}
        if item.state == store.DONE:
            said["result"] = links.link(self._secret, job.id, item.n, job.expires)
        if item.error:
            said["error"] = dict(item.error)
        return said

    def is_signed(self, job: str, n: int, expires: str, signature: str) -> bool:
        if not self.is_there:
            return False
        _ = self.store  # and with it the secret
        return links.is_valid(self._secret, job, n, expires, signature)

    def _work(self) -> None:
        base, astray = self.store, False
        while not self._stop.is_set():
            try:
                if astray:  # what was at work then is nobody's else while this process lives
                    base.release(self.holder)
                    astray = False
                claimed = base.claim(self.holder)
                if claimed is None:
                    self._wake.wait(PAUSE_S)
                    self._wake.clear()
                else:
                    self._do(base, *claimed)
            except Exception as error:  # a full disk or a lost database must not end the thread
                astray = True
                self._tell(error)
                self._stop.wait(PAUSE_S)

    def _tell(self, error: Exception) -> None:
        if isinstance(error, Unreachable):
            tell("jobs", logging.ERROR, unreachable=f"{error}")
        else:
            LOGGER.exception("jobs: not foreseen")

    def _do(self, base: Store, identity: str, n: int) -> None:
        job = base.job(identity)
        if job is None:
            return
        target, error, facts = self.result(identity, n), None, _facts_beside(self.result(identity, n))
        started = time.perf_counter()
        if facts is None:
            self._sweep_parts(target)
            facts, error = self._made(base, job, n, target)
        size = target.stat().st_size if error is None and target.exists() else 0
        if base.finish(identity, n, self.holder, size, facts, error):
            self.metrics.add("job_items")
            state = store.FAILED if error else store.DONE
            tell("job item", job=identity[:6], n=n, state=state, seconds=round(time.perf_counter() - started, 3))
        elif base.job(identity) is None:
            shutil.rmtree(self.place(identity), ignore_errors=True)

    def _made(self, base: Store, job: Job, n: int, target: Path) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """The facts of the result, which is then in place, or the error."""
        part = target.with_name(f".out-{n}.{self.holder}.part")
        beside = {
            name: self.place(job.id) / name for name in KINDS[job.kind].beside if (self.place(job.id) / name).exists()
        }
        task = Task(
            self.remover, self.place(job.id) / f"in-{n}", beside, job.fields, self.settings.max_megapixels * 1e6, part,
            base.room(self._most), lambda progress: self._reported(base, job.id, n, progress),
        )  # fmt: skip
        try:
            facts = dict(KINDS[job.kind].run(task).facts)
            publish(json.dumps(facts).encode(), target.with_suffix(".json"), overwrite=True)
            os.replace(part, target)
            return facts, None
        except NoRoom as error:
            return {}, _error(Refusal(429, "No room for the result", "quota_exceeded", f"{error}"))
        except MatteoError as error:
            try:
                refusal = of_error(error, self.settings.max_megapixels)
            except MatteoError:
                refusal = Refusal(500, "The picture could not be worked on", "not_processed")
            return {}, _error(refusal)
        except FileNotFoundError:  # deleted meanwhile
            return {}, _error(Refusal(404, "The job was deleted", "deleted"))
        finally:
            part.unlink(missing_ok=True)

    def _reported(self, base: Store, job: str, n: int, progress: float) -> bool:
        """Whether the work is to go on: it is, too, where the store does not answer for a while."""
        try:
            return base.report(job, n, self.holder, progress)
        except Unreachable:
            return True

    def _sweep_parts(self, target: Path) -> None:
        """What one who was killed while making this result left half made."""
        for left in target.parent.glob(f".{target.name}.*"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    def _chores(self) -> None:
        """Takes up what dead processes left, forgets what has expired, calls webhooks."""
        swept = float("-inf")
        while not self._stop.is_set():
            try:
                if time.monotonic() - swept > SWEEP_S:
                    self._sweep()
                    swept = time.monotonic()
                if self._call_hook():
                    continue
            except Exception as error:
                self._tell(error)
            self._stop.wait(PAUSE_S)

    def _sweep(self) -> None:
        base = self.store
        for holder in base.holders():
            if holder != self.holder and base.base.is_gone(holder) and base.release(holder):
                self._wake.set()
        for job in base.expired():
            self.remove(job)
        place, known = self.folder / "jobs", base.known()
        for one in place.iterdir() if place.is_dir() else ():
            with contextlib.suppress(OSError):
                if one.name not in known and time.time() - one.stat().st_mtime > YOUNG_S:
                    shutil.rmtree(one, ignore_errors=True)

    def _call_hook(self) -> bool:
        """Calls one webhook that is due; whether there was one."""
        base = self.store
        identity = base.hook(webhook.TIME_S * 2)
        job = base.job(identity) if identity else None
        if job is None:
            return False
        bounds = Bounds(1 << 16, webhook.TIME_S, networks(self.settings.url_networks, "url_networks"))
        taken = webhook.deliver(job.hook, self.settings.webhook_secret, self.told(job), bounds)
        left = webhook.AGAIN_S[job.hook_tries - 1 :]
        base.hooked(job.id, None if taken or not left else time.time() + left[0])
        tell("webhook", job=job.id[:6], taken=taken, tries=job.hook_tries)
        return True


def _error(refusal: Refusal) -> dict[str, Any]:
    found: dict[str, Any] = refusal.body["errors"][0]  # type: ignore[index]
    return found


def _facts_beside(target: Path) -> dict[str, Any] | None:
    """Of a result that was put in place before its maker could say so."""
    if not target.exists():
        return None
    try:
        facts: dict[str, Any] = json.loads(target.with_suffix(".json").read_bytes())
    except (OSError, ValueError):
        return None
    return facts
