"""uvicorn's HTTP/1.1 with an end to patience: for heads that drip in, bodies that go on, answers that are not read."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

USUAL_S = 30.0


class Impatient(H11Protocol):
    """A connection is cut where a request's head is not whole after `patience_s`; where its answer is given and is not
    taken by then, or what was refused is still being sent."""

    def __init__(self, config: Config, *rest: Any, **named: Any) -> None:
        super().__init__(config, *rest, **named)
        self.patience_s = float(getattr(config, "patience_s", USUAL_S))
        self._head: asyncio.TimerHandle | None = None
        self._answer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head = self.loop.call_later(self.patience_s, self._cut)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop(self._head)
            self._head = None
        elif self._head is None:  # the beginning of another request on a line that is kept
            self._head = self.loop.call_later(self.patience_s, self._cut)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._stop(self._head)
        self._head = None
        self._stop(self._answer)
        self._answer = None
        if self.transport.get_write_buffer_size() or self.conn.their_state is h11.SEND_BODY:
            self._answer = self.loop.call_later(self.patience_s, self._cut_unread, self.cycle)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop(self._head)
        self._stop(self._answer)
        super().connection_lost(exc)

    def _cut(self) -> None:
        self.transport.abort()

    def _cut_unread(self, cycle: RequestResponseCycle) -> None:
        if self.transport.get_write_buffer_size() or (self.cycle is cycle and self.conn.their_state is h11.SEND_BODY):
            self.transport.abort()

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
