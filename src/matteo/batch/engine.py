"""Runs a plan on this machine: reads, has made, publishes and records every job, in the plan's order.

    with hold(output), closing(run(plan, make, workers=2, manifest=Manifest(output))) as records:
        for record in records:
            print(record.status, record.name, record.error or "")

What a picture is, only the caller's `make` knows: bytes in, bytes and facts out.
"""

from __future__ import annotations

import errno
import glob
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from matteo.batch.manifest import Manifest, Recipe, Source
from matteo.batch.plan import Job, Plan
from matteo.errors import BatchError, MatteoError, OutputError, OutputExists, UnreadablePicture
from matteo.picture.limits import Limits
from matteo.picture.source import missing
from matteo.picture.write import publish

Status: TypeAlias = Literal["done", "skipped", "failed", "planned"]

_NOTHING: Mapping[str, object] = MappingProxyType({})
_AHEAD = 16  # jobs beyond one a worker that may be done while the first in line is slow: only their records are held
_FULL_IN_A_ROW = 3  # so many outputs the disk had no room for: the next thousand would be made in vain
_NO_ROOM = {errno.ENOSPC, errno.EROFS, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """What `make` gives: the encoded output, and facts for the record (width, height, confidence, notes …)."""

    data: bytes
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """The outcome of one job. `seconds` is the time it took; `error` is one line, None unless it failed."""

    name: str
    source: Path
    output: Path
    status: Status
    seconds: float
    error: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


Make: TypeAlias = Callable[[Job, bytes], Made]


def run(
    plan: Plan,
    make: Make,
    *,
    workers: int,
    manifest: Manifest | None = None,
    options: Mapping[str, object] = _NOTHING,
    model: str = "",
    overwrite: bool = False,
    limits: Limits | None = None,
    sources: Sequence[Path] = (),
) -> Generator[Record, None, None]:
    """One record a job, in the plan's order, while `workers` threads call `make`.

    Skipped is what the manifest says was made of the same bytes with the same options and model, `overwrite` or not,
    so that a run with `overwrite` can be taken up again, too. Any other output that is there fails its job before
    the expensive work, unless `overwrite`. Nothing that a job raises stops the others: it is a failed record. Only
    a full disk ends the run, with BatchError. Closing the iterator (or Ctrl-C) drops what has not begun, lets what
    has begun finish, and joins the threads. At most `workers` pictures are in memory. sources: files that all results
    are made of, which none of them replaces.
    """
    shop = _Shop(make, manifest, Recipe(options, model), overwrite, limits or Limits(), sources)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="matteo-batch")
    waiting: deque[Future[Record]] = deque()
    try:
        for job in plan.jobs:
            waiting.append(pool.submit(shop.work, job))
            if len(waiting) >= workers + _AHEAD:
                yield waiting.popleft().result()
                shop.check_room()
        while waiting:
            yield waiting.popleft().result()
            shop.check_room()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def preview(
    plan: Plan,
    *,
    manifest: Manifest | None = None,
    options: Mapping[str, object] = _NOTHING,
    model: str = "",
    overwrite: bool = False,
    limits: Limits | None = None,
) -> Generator[Record, None, None]:
    """What `run` would do, without doing it: "planned", "skipped", or "failed" for an output that is in the way."""
    shop = _Shop(_make_nothing, manifest, Recipe(options, model), overwrite, limits or Limits(), ())
    for job in plan.jobs:
        yield shop.look(job)


class _Shop:
    """What all jobs of a run share."""

    def __init__(
        self, make: Make, manifest: Manifest | None, recipe: Recipe, overwrite: bool, limits: Limits,
        sources: Sequence[Path],
    ) -> None:  # fmt: skip
        self.make, self.manifest, self.recipe = make, manifest, recipe
        self.overwrite, self.limits, self.sources = overwrite, limits, sources
        self._no_room = 0
        self._lock = threading.Lock()

    def work(self, job: Job) -> Record:
        """Do one job; whatever it raises is its record."""
        start = time.perf_counter()
        source = None
        try:
            self._refuse_unread(job)
            data = self._read(job)
            source = Source.of(data, job.beside, job.told)
            if self._is_done(job, source):
                if os.lstat(job.target).st_nlink > 1:  # killed between the output's name and the end of the other one
                    _sweep(job.target)
                return _record(job, "skipped", start)
            made = self.make(job, data)
            self._deliver(job, source, made, start)
            return _record(job, "done", start, facts=made.facts)
        except Exception as error:
            return self._failed(job, source, error, start)

    def look(self, job: Job) -> Record:
        """What `work` would come to, as far as it can be known without making anything."""
        start = time.perf_counter()
        try:
            self._refuse_unread(job)
            if not os.path.lexists(job.source):
                raise missing(job.source)
            if os.path.lexists(job.target) and self._is_done(job, Source.of(self._read(job), job.beside, job.told)):
                return _record(job, "skipped", start)
            return _record(job, "planned", start)
        except Exception as error:
            return _record(job, "failed", start, error=_text(error))

    def check_room(self) -> None:
        """BatchError once the disk has refused several outputs in a row."""
        if self._no_room >= _FULL_IN_A_ROW:
            raise BatchError(
                f"{_FULL_IN_A_ROW} outputs in a row could not be written: the disk is full, failing or read-only; make "
                "room and start again, what is done is not done anew"
            )

    def _refuse_unread(self, job: Job) -> None:
        if self.manifest is None:  # then nothing can be skipped, so there is no need to read
            self._refuse_existing(job, "")

    def _refuse_existing(self, job: Job, why: str) -> None:
        if not self.overwrite and os.path.lexists(job.target):
            raise OutputExists(f"{job.target}: is there already{why}; give --overwrite to replace it")

    def _read(self, job: Job) -> bytes:
        try:
            with job.source.open("rb") as file:
                self.limits.check_bytes(str(job.source), os.fstat(file.fileno()).st_size)
                return file.read()
        except FileNotFoundError as error:
            raise missing(job.source) from error
        except OSError as error:
            raise UnreadablePicture(f"{job.source}: cannot be read ({error.strerror}); check your rights") from error

    def _is_done(self, job: Job, source: Source) -> bool:
        if self.manifest is None or not os.path.lexists(job.target):
            return False
        why_not = self.manifest.why_not(job, source, self.recipe)
        if why_not is not None:
            self._refuse_existing(job, f", and {why_not}")
        return why_not is None

    def _deliver(self, job: Job, source: Source, made: Made, start: float) -> None:
        """Line first, then output: see `manifest`."""
        try:
            if self.manifest is not None:
                if self.manifest.was_begun(job):
                    _sweep(job.target)
                seconds = time.perf_counter() - start
                self.manifest.add_made(job, source, self.recipe, made.data, seconds, made.facts)
            make_folder(job.target.parent)
            publish(made.data, job.target, overwrite=self.overwrite, sources=[job.source, *job.beside, *self.sources])
        except OutputError as error:
            with self._lock:
                self._no_room += _is_no_room(error)
            raise
        with self._lock:
            self._no_room = 0

    def _failed(self, job: Job, source: Source | None, error: Exception, start: float) -> Record:
        _log.debug("%s", job.source, exc_info=error)
        record = _record(job, "failed", start, error=_text(error))
        if self.manifest is not None and not isinstance(error, OutputExists):  # then nothing was tried
            try:
                self.manifest.add_failure(job, source, self.recipe, record.seconds, str(record.error))
            except OutputError as unwritten:  # no room for the line either; the record tells the caller all the same
                _log.debug("%s", unwritten)
        return record


def _record(
    job: Job, status: Status, start: float, *, error: str | None = None, facts: Mapping[str, object] = _NOTHING
) -> Record:
    return Record(job.name, job.source, job.target, status, time.perf_counter() - start, error, facts)


def _text(error: Exception) -> str:
    if isinstance(error, MatteoError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory for this picture; give fewer --jobs or a smaller picture"
    said = " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {said} (a fault of matteo's: please report it, --debug shows where)"


def make_folder(folder: Path) -> None:
    """The folder and those above it. OutputError where it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror}); check your rights and the path") from error


def _sweep(target: Path) -> None:
    """Remove what `publish` had set aside when a run was killed in the midst of it."""
    for part in target.parent.glob(f".{glob.escape(target.name[:180])}.{'[0-9a-f]' * 8}.part"):
        part.unlink(missing_ok=True)


def _is_no_room(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return True
        error = error.__cause__ or error.__context__
    return False


def _make_nothing(job: Job, data: bytes) -> Made:
    raise AssertionError("a preview makes nothing")
