"""What all routes share, and the three steps that begin every one of them: who calls, what they send, what they may."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request

from matteo.errors import MatteoError
from matteo.server import fetch
from matteo.server.addresses import caller
from matteo.server.body import Body, Bounds, Memory, read_body
from matteo.server.engine import Engine
from matteo.server.jobs.work import Jobs
from matteo.server.keys import Keys
from matteo.server.metrics import Metrics
from matteo.server.rates import Rates, Standing
from matteo.server.refusal import Refusal, of_error
from matteo.server.settings import Settings, networks

T = TypeVar("T")

FETCHES = 8  # at the same time


@dataclass(frozen=True)
class Caller:
    """who: a key's id or an address. rate: megapixels a minute. may: None, or why not."""

    who: str
    rate: int
    may: Refusal | None = None
    key: str = ""


class Service:
    """One for each process; made when it starts, closed when it ends."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = Engine(settings)
        self.keys, self.rates, self.metrics = Keys(settings.folder), Rates(settings.workers), Metrics()
        self.memory = Memory(int(settings.memory_mb * 1e6))
        self.closing = threading.Event()
        self.trusted = networks(settings.trusted_proxies, "trusted_proxies")
        self.url_networks = networks(settings.url_networks, "url_networks")
        self.jobs = Jobs(settings, self.engine.remover, self.metrics)
        self._fetches = ThreadPoolExecutor(FETCHES, thread_name_prefix="matteo-fetch")
        self._fetching = 0
        self.watched = 0  # jobs that somebody looks at; touched by the event loop's thread only

    def close(self) -> None:
        self.closing.set()
        self.jobs.close()
        self.engine.close()
        self._fetches.shutdown(wait=False, cancel_futures=True)

    def caller_of(self, request: Request) -> Caller:
        """Who calls, by key or address; the same for all that asks of one request."""
        found: Caller | None = getattr(request.state, "caller", None)
        if found is None:
            found = request.state.caller = self._caller(request)
        return found

    def _caller(self, request: Request) -> Caller:
        peer = request.client.host if request.client else ""
        told = request.headers.getlist("x-forwarded-for")  # a proxy may add a line of its own
        address, local = caller(peer, ",".join(told) if told else None, self.trusted)
        text = request.headers.get("x-api-key", "").strip()
        scheme, _, bearer = request.headers.get("authorization", "").strip().partition(" ")
        text = text or (bearer.strip() if scheme.lower() == "bearer" else "")
        key = self.keys.find(text) if text else None
        if key is not None:
            return Caller(f"key {key.id}", key.rate or self.settings.rate, key=key.id)
        open_to_all = local or self.settings.public_without_keys
        if self.settings.keys == "always" or not open_to_all:
            title = "API Key invalid" if text else "Missing API Key"
            detail = "Send it as X-Api-Key; `matteo keys add` makes one."
            return Caller(address, self.settings.rate, Refusal(403, title, "auth_failed", detail))
        return Caller(address, self.settings.rate)

    def allowed(self, request: Request) -> Caller:
        """Who calls. Refusal 403 where they may not."""
        found = self.caller_of(request)
        if found.may is not None:
            raise found.may
        return found

    def admitted(self, request: Request) -> Caller:
        """Before a byte of the body is read: who calls, whether there is room, and whether anything is left to them.

        Refusal 403 or 429.
        """
        found = self.allowed(request)
        self.engine.check_room()
        self.rates.check(found.who, found.rate)
        return found

    def charger(self, found: Caller) -> Callable[[float], object]:
        """What takes a picture's megapixels off what is left to a caller."""
        return functools.partial(self.rates.charge, found.who, found.rate)

    def standing(self, request: Request) -> Standing:
        found = self.caller_of(request)
        return self.rates.standing(found.who, found.rate)

    @asynccontextmanager
    async def body(self, request: Request, bounds: Bounds | None = None) -> AsyncIterator[Body]:
        """What the request carries, held in memory until the block ends."""
        with self.memory.lease() as lease:
            yield await read_body(request, bounds or Bounds.of(self.settings), lease)

    async def fetched(self, url: str, caller: Caller) -> bytes:
        """The bytes at an address; it costs a caller one megapixel, whatever comes of it. Refusal 400 where fetching is
        off, 429 where too much is; FetchError else."""
        if not self.settings.urls:
            raise Refusal(400, "Addresses are not fetched here", "invalid_image_url", "Send the picture itself.")
        if self._fetching >= FETCHES + self.engine.queue:
            raise Refusal(429, "The server is busy", "rate_limit_exceeded", "Try again later.", retry_s=2)
        self.rates.charge(caller.who, caller.rate, 1)
        self._fetching += 1
        try:
            loop = asyncio.get_running_loop()
            bounds = fetch.Bounds(int(self.settings.request_mb * 1e6), self.settings.url_timeout_s, self.url_networks)
            return await loop.run_in_executor(self._fetches, functools.partial(fetch.fetch, url, bounds))
        finally:
            self._fetching -= 1

    async def run(self, work: Callable[[], T]) -> T:
        """Work in the engine's line. Refusal for what is wrong with the picture or the parameters."""
        try:
            return await self.engine.run(work)
        except MatteoError as error:
            raise of_error(error, self.settings.max_megapixels) from error


def service_of(request: Request) -> Service:
    """The service behind a request's route."""
    found: Service = request.app.state.service
    return found
