"""POST /api/cutouts, and the tables of what can be asked for."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from matteo.errors import UsageError
from matteo.server.answers import as_json, picture, safe
from matteo.server.body import Body, too_large
from matteo.server.cutouts import schema
from matteo.server.cutouts.options import Options, options_of
from matteo.server.cutouts.render import Given, Made, make
from matteo.server.cutouts.tables import effects, models, presets
from matteo.server.fetch import FetchError
from matteo.server.refusal import Refusal, of_error
from matteo.server.service import Caller, Service, service_of

router = APIRouter(prefix="/api", tags=["matteo"])


@router.post("/cutouts", openapi_extra=schema.CUTOUT, responses=schema.RESULT, response_class=Response)
async def cutouts(request: Request) -> Response:
    """One picture without its background: a file, raw bytes or an address; options as those of `matteo remove`."""
    service = service_of(request)
    caller = service.admitted(request)
    async with service.body(request) as body:
        body.fields = {**dict(request.query_params), **body.fields}
        options, given = await read_request(service, body, caller)
        del body
        done = await service.run(lambda: make(service.engine.remover, given, options, service.charger(caller)))
    service.metrics.add("pictures")
    service.metrics.add("megapixels", done.megapixels)
    request.state.facts = {"megapixels": round(done.megapixels, 3), "format": done.format}
    wants_json = request.headers.get("accept", "").lower().startswith("application/json")
    return _in_json(done) if wants_json else picture(done.data, done.format, _headers(done))


@router.get("/models", responses=schema.MODELS, response_class=Response)
async def list_models(request: Request) -> Response:
    """The networks that are known here, with their terms; `loaded` is the one that is used."""
    service = service_of(request)
    service.allowed(request)
    return as_json({"models": models(service.engine.remover.card)})


@router.get("/presets", responses=schema.PRESETS, response_class=Response)
async def list_presets(request: Request) -> Response:
    """The looks for `preset`, with whose rule they follow."""
    service_of(request).allowed(request)
    return as_json({"presets": presets()})


@router.get("/effects", responses=schema.EFFECTS, response_class=Response)
async def list_effects(request: Request) -> Response:
    """The effects for `effect`, with their parameters in order."""
    service_of(request).allowed(request)
    return as_json({"effects": effects()})


async def read_request(service: Service, body: Body, caller: Caller) -> tuple[Options, Given]:
    """The options and what is sent with them. Refusal 400 for what makes no sense."""
    sources = [body.file("file"), body.raw, _decoded(service, body, "file_b64"), body.fields.get("url")]
    found = [one for one in sources if one is not None]
    if len(found) != 1:
        code = "multiple_sources" if found else "missing_source"
        raise Refusal(400, "Give one picture", code, "As file, as url, or as the body itself.")
    background = body.file("background_file") or body.fields.get("background_url")
    options = checked(service, body, behind=background is not None)
    image, behind = await asyncio.gather(_bytes(service, found[0], caller), _bytes(service, background, caller))
    assert image is not None
    mask = body.file("mask") or _decoded(service, body, "mask_b64")
    return options, Given(
        image, behind, mask, body.file("trimap"), body.file("keep_mask"), body.file("drop_mask")
    )  # fmt: skip


def checked(service: Service, body: Body, behind: bool) -> Options:
    try:
        return options_of(body.fields, service.settings.max_megapixels * 1e6, behind)
    except UsageError as error:
        raise of_error(error, service.settings.max_megapixels) from error


def _decoded(service: Service, body: Body, name: str) -> bytes | None:
    if name not in body.fields:
        return None
    try:
        data = base64.b64decode("".join(body.fields.pop(name).split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, "Invalid parameter", "invalid_parameter", f"{name} is no base64.") from None
    if len(data) > service.settings.request_mb * 1e6:
        raise too_large(int(service.settings.request_mb * 1e6))
    return data


async def _bytes(service: Service, source: bytes | str | None, caller: Caller) -> bytes | None:
    if not isinstance(source, str):
        return source
    try:
        return await service.fetched(source.strip(), caller)
    except FetchError as error:
        code = "invalid_url" if error.invalid else "failed_download"
        raise Refusal(400, f"The address could not be fetched: {error}", code) from error


def _headers(done: Made) -> dict[str, str]:
    told = {
        "X-Width": done.size_hw[1], "X-Height": done.size_hw[0], "X-Matteo-Model": done.model,
        "X-Matteo-Confidence": None if done.confidence is None else f"{done.confidence:.4f}",
        "X-Matteo-Kind": done.kind, "X-Matteo-Reasons": "; ".join(done.reasons),
        "X-Matteo-Notes": "; ".join(done.notes),
    }  # fmt: skip
    return {name: safe(f"{value}") for name, value in told.items() if value is not None}


def _in_json(done: Made) -> Response:
    said: dict[str, Any] = {**done.facts, "result_b64": base64.b64encode(done.data).decode()}
    return as_json(said, headers=_headers(done))
