"""One network for all requests, a few threads that use it, and a bounded line of pictures that wait."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from matteo.memory import give_back, keep_freed
from matteo.models.session import default_threads
from matteo.picture.image import Image
from matteo.picture.limits import Limits
from matteo.remover import Remover
from matteo.server.refusal import busy
from matteo.server.settings import Settings

T = TypeVar("T")

MOST_PARALLEL = 4
TRIM_EVERY, TRIM_S = 64, 2.0  # pieces of work after which, and seconds after which at rest, free memory is given back
USUAL_S = 0.5  # of a picture, before any was measured
WARM = (480, 640)


class Engine:
    """Pieces of work in threads: the network and the codecs let go of the interpreter's lock while they run.

    No more than `parallel` run and `queue` wait; whoever comes then is told to come back.
    """

    def __init__(self, settings: Settings) -> None:
        keep_freed()
        processors = default_threads()
        self.parallel = settings.parallel or max(1, min(processors, MOST_PARALLEL))
        threads = settings.threads or max(1, processors // self.parallel)
        self.remover = Remover(settings.model, threads=threads, provider=settings.provider, limits=limits_of(settings))
        self.queue, self.timeout_s = settings.queue, settings.timeout_s
        self.held = 0  # at work or waiting; touched by the event loop's thread only
        self._lock = threading.Lock()
        self._mean_s, self._done, self._trimmed_s = USUAL_S, 0, time.monotonic()
        self._pool = ThreadPoolExecutor(self.parallel, thread_name_prefix="matteo-picture")

    def warm_up(self) -> None:
        """One run on a made picture, so that the first user does not wait for memory to be found."""
        grid = np.indices(WARM).sum(0).astype(np.uint8)
        self.remover.cut(Image(np.dstack([grid, grid, grid])), keep_source=False)

    @property
    def waiting(self) -> int:
        return max(0, self.held - self.parallel)

    @property
    def is_full(self) -> bool:
        return self.held >= self.queue + self.parallel

    @property
    def retry_s(self) -> float:
        """About when a place will be free."""
        return max(1.0, self._mean_s * (self.waiting + 1) / self.parallel)

    def check_room(self) -> None:
        """Refusal 429 where another piece of work would be too many."""
        if self.is_full:
            raise busy(self.retry_s)

    async def run(self, work: Callable[[], T]) -> T:
        """The work's result. Refusal 429 where too many wait, or where its turn does not come in time."""
        self.check_room()
        loop, started = asyncio.get_running_loop(), asyncio.Event()

        def begun() -> T:
            loop.call_soon_threadsafe(started.set)
            return self._timed(work)

        future = self._pool.submit(begun)
        self.held += 1
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._let_go))
        try:
            async with asyncio.timeout(self.timeout_s):
                await started.wait()
        except TimeoutError:
            if future.cancel():
                raise busy(self.retry_s) from None
        except asyncio.CancelledError:  # its client went away
            future.cancel()
            raise
        return await asyncio.wrap_future(future)  # what runs is let finish: no thread can be stopped half-way

    def _let_go(self) -> None:
        self.held -= 1

    def _timed(self, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return work()
        finally:
            with self._lock:
                self._done += 1
                self._mean_s += (time.perf_counter() - started - self._mean_s) / 20
                now = time.monotonic()
                at_rest = self.held <= 1 and now - self._trimmed_s > TRIM_S
                if trim := at_rest or self._done % TRIM_EVERY == 0:
                    self._trimmed_s = now
            if trim:
                give_back()

    def close(self) -> None:
        """Waits for what runs; what waits is let go."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def limits_of(settings: Settings) -> Limits:
    return Limits(pixels=int(settings.max_megapixels * 1e6), bytes=int(settings.request_mb * 1e6))
