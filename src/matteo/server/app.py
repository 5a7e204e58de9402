"""The application: rooms put together, nothing done here."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from matteo import __version__
from matteo.server import documentation, health, page_model
from matteo.server.answers import refused
from matteo.server.cutouts import routes as cutouts
from matteo.server.guard import OF_DATA, Guard
from matteo.server.jobs import routes as jobs
from matteo.server.jobs.base import Unreachable
from matteo.server.logs import tell
from matteo.server.refusal import Refusal
from matteo.server.removebg import routes as removebg
from matteo.server.service import Service
from matteo.server.settings import Settings

PAGE = Path(__file__).parent / "page"
ABOUT = "Takes the background out of pictures, on this machine. Beside its own API it speaks remove.bg's."


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service as an ASGI application. The network is loaded when it starts."""
    chosen = settings or Settings()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        service = app.state.service = await run_in_threadpool(Service, chosen)
        await run_in_threadpool(service.engine.warm_up)
        await run_in_threadpool(service.jobs.resume)
        restore = _told_of_the_end(service.closing)
        card = service.engine.remover.card
        tell("ready", model=card.name, parallel=service.engine.parallel, threads=service.engine.remover.threads)
        try:
            yield
        finally:
            restore()
            await run_in_threadpool(service.close)
            tell("ended")

    app = FastAPI(
        title="matteo", version=__version__, description=ABOUT, lifespan=life, docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json",
    )  # fmt: skip
    for room in (removebg, cutouts, jobs, health, documentation, page_model):
        app.include_router(room.router)
    documentation.describe(app)
    app.add_middleware(Guard, origins=chosen.cors)
    _answer_errors(app)
    if (PAGE / "index.html").is_file():
        app.router.routes.append(_Page("/", StaticFiles(directory=PAGE, html=True), name="page"))
    return app


class _Page(Mount):
    """All that is not the API's, whose own addresses answer for themselves, wrong methods too."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.NONE, {}) if scope["path"].startswith(OF_DATA) else super().matches(scope)


def _answer_errors(app: FastAPI) -> None:
    """Every error in the one form."""

    async def of_refusal(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return refused(error)

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "")
        answer = refused(Refusal(error.status_code, str(error.detail), code))
        answer.headers.update(error.headers or {})
        if error.status_code == 405:
            answer.headers["Allow"] = ", ".join(sorted(_methods(request)))
        return answer

    async def of_validation(request: Request, error: Exception) -> Response:
        return refused(Refusal(400, "Invalid parameter", "invalid_parameter"))

    async def of_store(request: Request, error: Exception) -> Response:
        tell("jobs", logging.ERROR, unreachable=f"{error}")
        return refused(Refusal(503, "Jobs cannot be had now", "jobs_unreachable", "Try again later.", retry_s=5))

    app.add_exception_handler(Refusal, of_refusal)
    app.add_exception_handler(Unreachable, of_store)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(RequestValidationError, of_validation)


def _methods(request: Request) -> set[str]:
    """What an address can be asked by, by all of its routes."""
    described = request.app.openapi()["paths"]
    parts = request.url.path.split("/")
    fitting = [told for path, told in described.items() if _fits(path.split("/"), parts)]
    return {method.upper() for told in fitting for method in told}


def _fits(template: list[str], parts: list[str]) -> bool:
    return len(template) == len(parts) and all(
        one == part or one.startswith("{") for one, part in zip(template, parts, strict=True)
    )


def _told_of_the_end(closing: threading.Event) -> Callable[[], None]:
    """Streams end when a signal comes, not when the server has waited for them in vain; gives the way back."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    before: dict[int, Any] = {}

    def told(number: int, frame: FrameType | None) -> None:
        closing.set()
        if callable(before[number]):
            before[number](number, frame)

    for number in (signal.SIGTERM, signal.SIGINT):
        before[number] = signal.getsignal(number)
        signal.signal(number, told)

    def restore() -> None:
        for number, earlier in before.items():
            signal.signal(number, earlier)

    return restore
