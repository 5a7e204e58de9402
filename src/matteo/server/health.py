"""/health, /ready and /metrics: for those who watch the server, not for those who use it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from matteo import __version__
from matteo.server import metrics
from matteo.server.answers import as_json
from matteo.server.removebg.schema import ERROR
from matteo.server.service import service_of

router = APIRouter(tags=["watching"])

_STATE: dict[str, Any] = {"type": "object", "properties": {"status": {"type": "string"}}}
_JSON = {"content": {"application/json": {"schema": _STATE}}}
_HEALTH: dict[int | str, dict[str, Any]] = {200: {"description": "The process answers.", **_JSON}}
_READY: dict[int | str, dict[str, Any]] = {
    200: {"description": "Pictures are taken.", **_JSON},
    503: {"description": "Not now: the line is full, or the server ends.", **_JSON},
}
_METRICS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Prometheus's text.", "content": {"text/plain": {"schema": {"type": "string"}}}},
    403: {"description": "No key, or a wrong one.", "content": {"application/json": {"schema": ERROR}}},
}


@router.get("/health", responses=_HEALTH, response_class=Response)
async def health() -> Response:
    """Whether the process answers at all."""
    return as_json({"status": "ok", "version": __version__})


@router.get("/ready", responses=_READY, response_class=Response)
async def ready(request: Request) -> Response:
    """Whether pictures are taken now: for a load balancer."""
    service = service_of(request)
    full, closing = service.engine.is_full, service.closing.is_set()
    status = "closing" if closing else "full" if full else "ready"
    return as_json({"status": status, "model": service.engine.remover.card.name}, 503 if full or closing else 200)


@router.get("/metrics", responses=_METRICS, response_class=Response)
async def tell(request: Request) -> Response:
    """Counts and times for Prometheus, which needs a key where others do."""
    service = service_of(request)
    service.allowed(request)
    gauges: dict[str, float] = {
        "pictures_held": service.engine.held,
        "pictures_waiting": service.engine.waiting,
        "body_bytes_held": service.memory.held,
        "jobs_watched": service.watched,
    }
    return Response(service.metrics.text(gauges), media_type=metrics.CONTENT_TYPE)
