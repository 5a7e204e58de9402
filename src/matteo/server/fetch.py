"""Pictures from addresses that clients name: only http and https, only public ones, within bounds of size and time.

The name is resolved once, every address that it gives is checked, and the connection goes to the checked address
itself: a name that answers differently a moment later changes nothing. Each redirect begins anew.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from matteo import __version__
from matteo.server.addresses import Network, is_public, parsed

REDIRECTS = 4
LONGEST = 2048
CHUNK = 1 << 16
MOVED = (301, 302, 303, 307, 308)


class FetchError(Exception):
    """Why nothing was fetched. invalid: the address itself is none that may be fetched."""

    def __init__(self, reason: str, *, invalid: bool = False) -> None:
        super().__init__(reason)
        self.invalid = invalid


@dataclass(frozen=True)
class Bounds:
    """most: bytes of the answer. time_s: for all of it, redirects included. allowed: networks that are not public."""

    most: int
    time_s: float
    allowed: Sequence[Network] = ()


def fetch(url: str, bounds: Bounds) -> bytes:
    """The bytes at an address. Blocks; raises FetchError."""
    deadline = time.monotonic() + bounds.time_s
    for _ in range(REDIRECTS + 1):
        status, headers, body = request("GET", url, bounds, deadline)
        if status in MOVED and headers.get("Location"):
            url = urljoin(url, headers["Location"])
            continue
        if status != 200:
            raise FetchError(f"HTTP Status {status}")
        return body
    raise FetchError("too many redirects")


def post(url: str, body: bytes, headers: dict[str, str], bounds: Bounds) -> int:
    """The status that an address answers to a POST; redirects are not followed. Blocks; raises FetchError."""
    return request("POST", url, bounds, time.monotonic() + bounds.time_s, body, headers)[0]


def request(
    method: str,
    url: str,
    bounds: Bounds,
    deadline: float,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One exchange, without redirects: status, headers, and the body of a 200 to a GET, else nothing of it."""
    parts = checked(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = _resolved(host, port, bounds.allowed)
    connection = http.client.HTTPConnection(host, port)
    connection.sock = _connected(address, port, deadline)
    watch = _Watch(connection.sock, deadline)
    try:
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
            watch.line = connection.sock
            if watch.has_cut:  # in the middle of that, which it did not end
                raise FetchError("it took too long")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        said = {"User-Agent": f"matteo/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
        connection.request(method, target, body, {"Host": _netloc(parts), **said, **(headers or {})})
        with contextlib.closing(connection.getresponse()) as answer:
            data = _read(answer, bounds.most, deadline) if method == "GET" and answer.status == 200 else b""
        if watch.has_cut:  # a line that was cut looks as if it had ended
            raise FetchError("it took too long")
        return answer.status, answer.headers, data
    except FetchError:
        raise
    except (OSError, ValueError, http.client.HTTPException) as error:
        late = watch.has_cut or isinstance(error, TimeoutError)
        raise FetchError("it took too long" if late else "the connection failed") from error
    finally:
        watch.end()
        connection.close()


class _Watch:
    """Cuts a line at the deadline, however slowly bytes drip in until then. line: the socket, which TLS replaces."""

    def __init__(self, line: socket.socket, deadline: float) -> None:
        self.line, self.has_cut = line, False
        self._timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        self.has_cut = True
        with contextlib.suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        self._timer.cancel()
        with contextlib.suppress(OSError):
            self.line.close()


def checked(url: str) -> SplitResult:
    """The parts of an address that may be asked for. FetchError for any other."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise FetchError("it is no address", invalid=True) from error
    if len(url) > LONGEST or not url.isascii() or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise FetchError("it is no address", invalid=True)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FetchError("only http and https addresses are fetched", invalid=True)
    if parts.username is not None or parts.password is not None or "\\" in url:
        raise FetchError("an address with a user or a backslash is not fetched", invalid=True)
    return parts


def _resolved(host: str, port: int, allowed: Sequence[Network]) -> str:
    """The address of a name. All that it has must be public: which of them answers is not ours to guess."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise FetchError("its name is not known", invalid=True) from error
    for one in found:
        address = ipaddress.ip_address(one) if parsed(one) is not None else None
        if address is None or not is_public(address, allowed):
            raise FetchError("it is not on the public internet", invalid=True)
    return sorted(found, key=lambda one: ":" in one)[0]


def _connected(address: str, port: int, deadline: float) -> socket.socket:
    left = deadline - time.monotonic()
    try:
        return socket.create_connection((address, port), timeout=max(left, 0.01))
    except OSError as error:
        late = isinstance(error, TimeoutError)
        raise FetchError("it took too long" if late else "the connection failed") from error


def _netloc(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return host if parts.port is None else f"{host}:{parts.port}"


def _read(answer: http.client.HTTPResponse, most: int, deadline: float) -> bytes:
    said = answer.headers.get("Content-Length", "")
    if said.isascii() and said.isdigit() and int(said[:18]) > most:
        raise FetchError(f"it is larger than {most / 1e6:g} MB")
    data = bytearray()
    while chunk := answer.read1(CHUNK):
        data += chunk
        if time.monotonic() > deadline:
            raise FetchError("it took too long")
        if len(data) > most:
            raise FetchError(f"it is larger than {most / 1e6:g} MB")
    if answer.length:
        raise FetchError("the connection ended too early")
    return bytes(data)
