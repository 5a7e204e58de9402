"""The dialect's three addresses. What they do lives in fields.py and render.py."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from matteo.server.answers import as_json, picture
from matteo.server.fetch import FetchError
from matteo.server.refusal import Refusal
from matteo.server.removebg import schema
from matteo.server.removebg.fields import Asked, Sources, asked, sources
from matteo.server.removebg.render import Rendered, render
from matteo.server.service import Caller, Service, service_of

router = APIRouter(prefix="/v1.0", tags=["remove.bg's dialect"])


@router.post("/removebg", openapi_extra=schema.REMOVEBG, responses=schema.RESULT, response_class=Response)
async def removebg(request: Request) -> Response:
    """Takes the background out of one picture, as remove.bg's address of this name does."""
    service = service_of(request)
    caller = service.admitted(request)
    async with service.body(request) as body:
        wanted = asked(body.fields, _wants_json(request))
        found = sources(body, int(service.settings.request_mb * 1e6))
        image, background = await _bytes_of(service, found, caller)
        del body, found
        done = await service.run(
            lambda: render(service.engine.remover, image, background, wanted, service.charger(caller))
        )
    service.metrics.add("pictures")
    service.metrics.add("megapixels", done.megapixels)
    request.state.facts = {"megapixels": round(done.megapixels, 3), "format": done.format}
    return _answer(done, wanted)


@router.get("/account", responses=schema.ACCOUNT, response_class=Response)
async def account(request: Request) -> Response:
    """The account's credits. Nothing is charged here: the number is a setting."""
    service = service_of(request)
    service.allowed(request)
    owned = float(service.settings.credits)
    credits = {"total": owned, "subscription": 0.0, "payg": owned, "enterprise": 0.0}
    return as_json({"data": {"attributes": {"credits": credits, "api": {"free_calls": 0, "sizes": "all"}}}})


@router.post("/improve", openapi_extra=schema.IMPROVE, responses=schema.IMPROVED, response_class=Response)
async def improve(request: Request) -> Response:
    """Takes a picture that came out badly, and keeps nothing of it: this machine's pictures stay its own."""
    service = service_of(request)
    caller = service.admitted(request)
    async with service.body(request) as body:
        found = sources(body, int(service.settings.request_mb * 1e6))
        if isinstance(found.image, str):
            await _fetched(service, found.image, "image", caller)
    return as_json({"id": str(uuid.uuid4())})


def _wants_json(request: Request) -> bool:
    """Whether JSON is what the client names first among what we have."""
    kinds = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    known = [kind for kind in kinds if kind == "application/json" or kind.startswith(("image/", "*/", "application/z"))]
    return bool(known) and known[0] == "application/json"


async def _bytes_of(service: Service, found: Sources, caller: Caller) -> tuple[bytes, bytes | None]:
    """Picture and background, the two fetched at the same time where both are addresses."""
    image, background = await asyncio.gather(
        _fetched(service, found.image, "image", caller), _fetched(service, found.background, "bg", caller)
    )
    assert image is not None
    return image, background


async def _fetched(service: Service, source: bytes | str | None, what: str, caller: Caller) -> bytes | None:
    if not isinstance(source, str):
        return source
    field = "image_url" if what == "image" else "bg_image_url"
    title = f"Failed to download image from given {field}"
    try:
        return await service.fetched(source, caller)
    except FetchError as error:
        code = f"invalid_{field}" if error.invalid else f"failed_{what}_download"
        raise Refusal(400, f"{title}: {error}", code) from error


def _answer(done: Rendered, wanted: Asked) -> Response:
    height, width = done.size_hw
    box = done.foreground
    place = {"top": box.top, "left": box.left, "width": box.width, "height": box.height}
    headers = {
        "X-Width": f"{width}", "X-Height": f"{height}", "X-Credits-Charged": wanted.credits,
        "X-Max-Width": f"{done.most_hw[1]}", "X-Max-Height": f"{done.most_hw[0]}",
        **{f"X-Foreground-{name.title()}": f"{value}" for name, value in place.items()},
    }  # fmt: skip
    if wanted.level != "none":
        headers["X-Type"] = done.type
    if done.confidence is not None:
        headers["X-Matteo-Confidence"] = f"{done.confidence:.4f}"
    if not wanted.as_json:
        return picture(done.data, done.format, headers, "no-bg")
    said = {"result_b64": base64.b64encode(done.data).decode(), **{f"foreground_{k}": v for k, v in place.items()}}
    return Response(json.dumps({"data": said}), 200, headers, "application/json")
