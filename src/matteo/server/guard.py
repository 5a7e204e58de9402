"""Around every request: its number, the headers that all answers bear, CORS, one line of log, and no naked error."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matteo.server.answers import refused
from matteo.server.logs import LOGGER, tell
from matteo.server.metrics import OTHER
from matteo.server.refusal import Refusal

METHODS = "GET, POST, DELETE, OPTIONS"
ALLOWED = "X-Api-Key, Authorization, Content-Type, Accept, Last-Event-ID"
EXPOSED = (
    "X-Width, X-Height, X-Type, X-Credits-Charged, X-Foreground-Top, X-Foreground-Left, X-Foreground-Width, "
    "X-Foreground-Height, X-Max-Width, X-Max-Height, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, "
    "Retry-After, X-Request-Id, X-Matteo-Confidence, X-Matteo-Kind, X-Matteo-Reasons, X-Matteo-Notes, "
    "Content-Disposition"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FOR_DATA = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "no-store",
}
# The page is all of this house: nothing is asked of another. blob: for pictures made here, wasm for the network.
FOR_PAGE = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self'; connect-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}
OF_DATA = ("/v1.0/", "/api/", "/health", "/ready", "/metrics")


class Guard:
    """The one middleware."""

    def __init__(self, app: ASGIApp, origins: str) -> None:
        self.app = app
        self.origins = {one.strip() for one in origins.split(",") if one.strip()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(self, scope, receive, send)
        try:
            if exchange.is_preflight:
                await exchange.preflight()
            else:
                await self.app(scope, receive, exchange.send)
        except ClientDisconnect:
            pass
        except Exception:
            LOGGER.exception("not foreseen", extra={"facts": {"id": exchange.id}})
            if exchange.status == 0:
                title = "Something went wrong that was not foreseen"
                await refused(Refusal(500, title, "internal_error", f"Its number is {exchange.id}."))(
                    scope, receive, exchange.send
                )
        finally:
            exchange.done()


class _Exchange:
    """One request and its answer."""

    def __init__(self, guard: Guard, scope: Scope, receive: Receive, send: Send) -> None:
        self.guard, self.scope, self.receive, self._send = guard, scope, receive, send
        self.id, self.started = secrets.token_hex(8), time.perf_counter()
        self.status, self.sent = 0, 0
        self.headers = Headers(scope=scope)
        scope.setdefault("state", {})["id"] = self.id

    @property
    def is_preflight(self) -> bool:
        return self.scope["method"] == "OPTIONS" and "access-control-request-method" in self.headers

    async def preflight(self) -> None:
        said = {"Access-Control-Allow-Methods": METHODS, "Access-Control-Allow-Headers": ALLOWED}
        fields = [
            (name.lower().encode(), text.encode()) for name, text in {**said, "Access-Control-Max-Age": "600"}.items()
        ]
        await self.send({"type": "http.response.start", "status": 204, "headers": fields})
        await self.send({"type": "http.response.body", "body": b""})

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, text in self._added().items():
                headers.setdefault(name, text)
        self.sent += len(message.get("body", b""))
        await self._send(message)

    def _added(self) -> Mapping[str, str]:
        is_data = self.scope["path"].startswith(OF_DATA)
        said = {**ALWAYS, **(FOR_DATA if is_data else FOR_PAGE), "X-Request-Id": self.id, **self._cors()}
        if self.scope["path"].startswith(OF_DATA[:2]) and "app" in self.scope and self.status != 500:
            request = Request(self.scope)
            said |= request.app.state.service.standing(request).headers
        return said

    def _cors(self) -> dict[str, str]:
        origins, origin = self.guard.origins, self.headers.get("origin", "")
        if "*" in origins:
            return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}
        if origin and origin in origins:
            return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", "Access-Control-Expose-Headers": EXPOSED}
        return {"Vary": "Origin"} if origins else {}

    def done(self) -> None:
        seconds = time.perf_counter() - self.started
        route = self.scope.get("route")
        path = getattr(route, "path", None) or OTHER
        service = self.scope["app"].state.service if "app" in self.scope else None
        if service is None or self.status == 0:
            return
        method = self.scope["method"] if self.scope["method"] in METHODS else OTHER
        service.metrics.request(method, path, self.status, seconds)
        caller = getattr(Request(self.scope).state, "caller", None)
        level = logging.ERROR if self.status >= 500 else logging.INFO
        facts: dict[str, object] = {
            "id": self.id, "method": method, "path": path, "status": self.status, "bytes": self.sent,
            "seconds": round(seconds, 4), "caller": caller.who if caller else None,
        }  # fmt: skip
        tell("request", level, **facts, **self.scope["state"].get("facts", {}))
