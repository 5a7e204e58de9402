"""Jobs in OpenAPI. Plain data."""

from __future__ import annotations

from typing import Any

from matteo.server.cutouts.schema import BYTES, NUMBER, OPTIONS, TEXT, TROUBLE, WHOLE, many, thing
from matteo.server.removebg.schema import ERROR, answer, refusals

ITEM = thing(n=WHOLE, name=TEXT, state=TEXT, facts={"type": "object"})
ITEM["properties"] |= {
    "result": {**TEXT, "description": "A link that needs no key, and ends when the job expires."},
    "error": ERROR["properties"]["errors"]["items"],
}
JOB = thing(
    id=TEXT, kind=TEXT, state={**TEXT, "enum": ["queued", "running", "done", "failed", "cancelled"]},
    progress={**NUMBER, "minimum": 0, "maximum": 1}, done=WHOLE, total=WHOLE, created=NUMBER, expires=NUMBER,
    items={"type": "array", "items": ITEM},
)  # fmt: skip
FIELDS: dict[str, Any] = {
    "kind": {**TEXT, "default": "cutouts", "description": "A name of GET /api/jobs."},
    "file": {"type": "array", "items": BYTES, "description": "The pictures."},
    "background_file": {**BYTES, "description": "Behind every one of them."},
    "webhook": {**TEXT, "description": "An address that is told when the job is over."},
}
MADE_OF = {
    "requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": FIELDS | OPTIONS}}}}
}
_MADE = {"description": "The job.", "content": {"application/json": {"schema": JOB}}}
MADE: dict[int | str, dict[str, Any]] = {202: _MADE, **refusals(*TROUBLE, 503)}
KINDS = answer("The kinds.", many("kinds", thing(name=TEXT, help=TEXT))) | refusals(403)
TOLD = answer("The job.", JOB) | refusals(403, 404, 503)
GONE = answer("It is forgotten.", thing(id=TEXT, state=TEXT)) | refusals(403, 404, 503)
_EVENT = thing(event={**TEXT, "enum": ["progress", "done", "failed", "cancelled"]}, data=TEXT)
_EVENT["properties"]["data"] = {**TEXT, "contentMediaType": "application/json", "description": "The job."}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events named progress, and at the end done, failed or cancelled; each bears the job.",
        "content": {"text/event-stream": {"schema": _EVENT}},
    },
    **refusals(403, 404, 429, 503),
}
RESULT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The result.",
        "content": {"image/*": {"schema": BYTES}, "application/octet-stream": {"schema": BYTES}},
    },
    **refusals(403, 404, 503),
}
