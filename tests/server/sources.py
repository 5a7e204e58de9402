"""A web server that has pictures, moves them, drips them, and waits behind addresses that nobody may reach."""

from __future__ import annotations

import contextlib
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from tests.pictures import photograph


@dataclass
class Sources:
    """url: of the server. asked: every path that anybody asked for. posted: bodies of POSTs, with their headers."""

    url: str
    port: int
    asked: list[str] = field(default_factory=list)
    posted: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200  # of the answers to POSTs


def encoded(rgb: NDArray[np.uint8], format: str = "JPEG", **options: Any) -> bytes:
    stream = io.BytesIO()
    PilImage.fromarray(rgb).save(stream, format, **options)
    return stream.getvalue()


def small(name: str = "astronaut", step: int = 2) -> bytes:
    """A photograph with a subject, small enough to be quick."""
    return encoded(photograph(name)[::step, ::step])


class _Handler(BaseHTTPRequestHandler):
    """served: what is told of it. picture: what it has."""

    served: Sources
    picture: bytes

    def do_GET(self) -> None:
        self.served.asked.append(self.path)
        with contextlib.suppress(OSError):
            self._answer()

    def _answer(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
        elif self.path == "/round":
            self._moved("/round")
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"x")
                time.sleep(0.2)
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(1000):
                self.wfile.write(bytes(1 << 20))
        elif self.path == "/short":
            self._said(self.picture[:100], {"Content-Length": str(len(self.picture))})
        elif self.path == "/text":
            self._said(b"no picture at all", {"Content-Type": "image/png"})
        elif self.path == "/picture.jpg":
            self._said(self.picture, {"Content-Length": str(len(self.picture))})
        else:
            self.send_error(404)

    def _moved(self, target: str) -> None:
        self.send_response(302)
        self.send_header("Location", target)
        self.end_headers()

    def _said(self, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.served.posted.append((dict(self.headers.items()), body))
        self.send_response(self.served.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def sources_served() -> Iterator[Sources]:
    handler = type("Handler", (_Handler,), {"picture": small()})
    web = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    web.daemon_threads = True
    served = Sources(f"http://127.0.0.1:{web.server_port}", web.server_port)
    handler.served = served  # type: ignore[attr-defined]
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        web.shutdown()
        web.server_close()
        thread.join()
