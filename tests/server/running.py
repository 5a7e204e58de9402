"""A server in a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from matteo.server.app import create_app
from matteo.server.run import config
from matteo.server.service import Service
from matteo.server.settings import Settings


@dataclass(frozen=True)
class Running:
    url: str
    port: int
    service: Service


@contextmanager
def started(**given: Any) -> Iterator[Running]:
    """Serves until the block ends."""
    settings = Settings(**{"port": 0, "log": "none", **given})
    app = create_app(settings)
    server = uvicorn.Server(config(settings, app))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "it ended"
        assert time.monotonic() < deadline, "it did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Running(f"http://127.0.0.1:{port}", port, app.state.service)
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "it does not end"
