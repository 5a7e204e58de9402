"""Servers: in a thread of this process, or in a process of their own as `matteo serve` is."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
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


@contextmanager
def process(folder: Path, **settings: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server of its own process; killed when the block ends."""
    environment = os.environ | {"MATTEO_DATA": str(folder), "MATTEO_LOG": "none", "MATTEO_PARALLEL": "1"}
    environment |= {f"MATTEO_{name.upper()}": value for name, value in settings.items()}
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "matteo", "serve", "--port", str(port)], env=environment)
    try:
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            assert server.poll() is None
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(url + "/ready").status_code == 200
            return False

        wait_until(answers, 120)
        yield url, server
    finally:
        for child in children(server.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, 9)
        server.kill()
        server.wait()


def children(pid: int) -> list[int]:
    """The processes that a process has begun."""
    with contextlib.suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
