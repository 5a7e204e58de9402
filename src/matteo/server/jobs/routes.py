"""/api/jobs: give work, ask for it, watch it, cancel it, fetch what came of it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from matteo.errors import UsageError
from matteo.server.answers import SUFFIXES, TYPES, as_json
from matteo.server.body import FORM_BYTES, Body, Bounds
from matteo.server.fetch import FetchError, checked
from matteo.server.jobs import schema, store
from matteo.server.jobs.base import Unreachable
from matteo.server.jobs.kinds import KINDS
from matteo.server.jobs.store import Job
from matteo.server.refusal import Refusal, of_error
from matteo.server.service import Service, service_of

router = APIRouter(prefix="/api/jobs", tags=["jobs"])

EVERY_S = 0.3  # between looks at a job that is watched
ALIVE_S = 15.0  # between signs of life, so that no proxy hangs up
MOST_WATCHED = 64
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@router.post("", status_code=202, openapi_extra=schema.MADE_OF, responses=schema.MADE, response_class=Response)
async def give(request: Request) -> Response:
    """Several pictures at once: answered at once, worked on beside what others wait for."""
    service = service_of(request)
    caller = service.admitted(request)
    settings = service.settings
    room = min(settings.job_pictures * int(settings.request_mb * 1e6), int(settings.memory_mb * 5e5))
    bounds = Bounds.of(settings, files=settings.job_pictures + 1, request=room + FORM_BYTES)
    async with service.body(request, bounds) as body:
        kind, hook, beside = _checked(service, body)
        uploads = body.files.get("file", [])
        if not uploads:
            raise Refusal(
                400, "Give at least one picture", "missing_source", "As file, as often as there are pictures."
            )
        service.rates.charge(caller.who, caller.rate, len(uploads))
        inputs = [(_shown(one.name), bytes(one.data)) for one in uploads]
        job = await run_in_threadpool(service.jobs.add, kind, caller.key, body.fields, inputs, beside, hook)
    return as_json(service.jobs.told(job), 202, {"Location": f"/api/jobs/{job.id}"})


@router.get("", responses=schema.KINDS, response_class=Response)
async def kinds(request: Request) -> Response:
    """The kinds of jobs there are."""
    service_of(request).allowed(request)
    return as_json({"kinds": [{"name": name, "help": kind.help} for name, kind in KINDS.items()]})


@router.get("/{identity}", responses=schema.TOLD, response_class=Response)
async def tell(request: Request, identity: str) -> Response:
    """How far a job is, and the links to its results."""
    service = service_of(request)
    return as_json(service.jobs.told(await _own(service, request, identity)))


@router.delete("/{identity}", responses=schema.GONE, response_class=Response)
async def cancel(request: Request, identity: str) -> Response:
    """Ends a job and deletes all of it, its results too."""
    service = service_of(request)
    job = await _own(service, request, identity)
    await run_in_threadpool(service.jobs.remove, job.id)
    return as_json({"id": job.id, "state": store.CANCELLED})


@router.get("/{identity}/events", responses=schema.EVENTS, response_class=StreamingResponse)
async def watch(request: Request, identity: str) -> Response:
    """Progress as server-sent events."""
    service = service_of(request)
    job = await _own(service, request, identity)
    if service.watched >= MOST_WATCHED:
        raise Refusal(429, "Too many are watching", "rate_limit_exceeded", "Ask for the job instead.", retry_s=5)
    return StreamingResponse(_events(service, job), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get("/{identity}/results/{n}", responses=schema.RESULT, response_class=Response)
async def result(request: Request, identity: str, n: str) -> Response:
    """What came of one input: with the link's signature, or with the key that gave the job."""
    service = service_of(request)
    number = int(n) if n.isascii() and n.isdigit() and len(n) < 7 else -1
    expires, signature = (request.query_params.get(name, "") for name in ("expires", "signature"))
    signed = bool(_ID.fullmatch(identity)) and await run_in_threadpool(
        service.jobs.is_signed, identity, number, expires, signature
    )
    job = await (_found(service, identity) if signed else _own(service, request, identity))
    item = next((one for one in job.items if one.n == number and one.state == store.DONE), None)
    path = service.jobs.result(job.id, number)
    if item is None or not path.exists():
        raise _missing()
    format = str(item.facts.get("format", ""))
    name = f"result-{number}.{SUFFIXES.get(format, format)}"
    return FileResponse(path, media_type=TYPES.get(format, "application/octet-stream"), filename=name)


def _checked(service: Service, body: Body) -> tuple[str, str, dict[str, bytes]]:
    """The kind, the webhook's address and the files beside the inputs; the fields that are left are the kind's own."""
    name = body.fields.pop("kind", "cutouts").strip()
    if name not in KINDS:
        raise Refusal(400, "No such kind of job", "invalid_kind", f"There are {', '.join(KINDS)}.")
    hook = body.fields.pop("webhook", "").strip()
    kind = KINDS[name]
    beside = {one: data for one in kind.beside if (data := body.file(one)) is not None}
    strangers = set(body.files) - {"file", *kind.beside}
    try:
        if strangers:
            raise UsageError(f"{sorted(strangers)[0]!r} is no file that a job takes; send pictures as file")
        kind.check(body.fields, service.settings.max_megapixels * 1e6, tuple(beside))
        if hook and not service.settings.webhook_secret:
            raise UsageError("webhooks are off here; the server's owner sets MATTEO_WEBHOOK_SECRET")
        if hook:
            checked(hook)
    except UsageError as error:
        raise of_error(error, service.settings.max_megapixels) from error
    except FetchError as error:
        raise Refusal(400, "Invalid value for parameter 'webhook'", "invalid_webhook", f"{error}") from error
    return name, hook, beside


def _shown(name: str) -> str:
    """A file's name as it is told again: nothing that a database or a terminal stumbles over."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name[:100])


async def _found(service: Service, identity: str) -> Job:
    job = None
    if _ID.fullmatch(identity) and service.jobs.is_there:
        job = await run_in_threadpool(service.jobs.store.job, identity)
    if job is None:
        raise _missing()
    return job


async def _own(service: Service, request: Request, identity: str) -> Job:
    """A job of the caller's. Somebody else's is not there for them."""
    caller = service.allowed(request)
    job = await _found(service, identity)
    if job.owner != caller.key:
        raise _missing()
    return job


def _missing() -> Refusal:
    return Refusal(404, "There is no such job, or it has expired", "not_found")


async def _events(service: Service, job: Job) -> AsyncIterator[bytes]:
    service.watched += 1
    try:
        said: Any = None
        quiet = 0.0
        while not service.closing.is_set():
            try:
                found = await run_in_threadpool(service.jobs.store.job, job.id)
            except Unreachable:  # for a while
                found = job
            job = found or job
            told = None if found is None else service.jobs.told(found)
            if told is None or found is None:
                yield _event("cancelled", {"id": job.id, "state": store.CANCELLED})
                return
            if told != said:
                over = found.state in store.OVER
                yield _event(found.state if over else "progress", told)
                said, quiet = told, 0.0
                if over:
                    return
            await asyncio.sleep(EVERY_S)
            quiet += EVERY_S
            if quiet >= ALIVE_S:
                yield b": alive\n\n"
                quiet = 0.0
    finally:
        service.watched -= 1


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
