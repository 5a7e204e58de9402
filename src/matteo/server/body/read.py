"""A request's body by its kind; bounded while it is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from matteo.server.body.fields_json import from_json
from matteo.server.body.form import from_form
from matteo.server.body.held import Lease
from matteo.server.body.kept import FORM_BYTES, Body, Bounds, too_large
from matteo.server.body.multipart import from_multipart
from matteo.server.refusal import Refusal

FORM = "application/x-www-form-urlencoded"


async def read_body(request: Request, bounds: Bounds, lease: Lease) -> Body:
    """The body of a request. Refusal: 400 for what is damaged or too large, 408 too slow, 415 of no known kind."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said[:18]) > bounds.request:
        raise too_large(bounds.request)
    try:
        async with asyncio.timeout(bounds.time_s):
            chunks = within(request, bounds.request, lease)
            if kind == b"multipart/form-data":
                return await from_multipart(chunks, options.get(b"boundary", b""), bounds)
            data = bytearray()
            async for chunk in chunks:
                data += chunk
    except TimeoutError:
        raise Refusal(408, "The request took too long to arrive", "timeout") from None
    except ClientDisconnect:
        raise Refusal(400, "The request ended too early", "incomplete_request") from None
    whole = partial(of_kind, kind.decode("latin-1"), data, bounds)
    return whole() if len(data) <= FORM_BYTES else await run_in_threadpool(whole)


def of_kind(kind: str, data: bytearray, bounds: Bounds) -> Body:
    if kind == FORM:
        return from_form(data, bounds)
    if kind == "application/json":
        return from_json(data)
    if kind.startswith("image/") or kind == "application/octet-stream":
        if len(data) > bounds.file:
            raise too_large(bounds.file)
        return Body(raw=bytes(data))
    if not data:
        return Body()
    detail = "Send multipart/form-data, application/x-www-form-urlencoded, application/json or image/*."
    raise Refusal(415, "Content type not supported", "unsupported_content_type", detail)


async def within(request: Request, most: int, lease: Lease) -> AsyncIterator[bytes]:
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > most:
            raise too_large(most)
        lease.take(len(chunk))
        yield chunk
