"""matteo's own API in OpenAPI. Plain data."""

from __future__ import annotations

from typing import Any

from matteo.server.cutouts.options import DISTANCES, EDGES, FITS, FORMATS, LOOKS, MARKS, YES_OR_NO
from matteo.server.removebg.schema import RATES, answer, headers, refusals

TEXT, BYTES, NUMBER = {"type": "string"}, {"type": "string", "format": "binary"}, {"type": "number"}
WHOLE, YES = {"type": "integer"}, {"type": "boolean", "default": False}
TEXTS = {"type": "array", "items": TEXT}
TROUBLE = (400, 403, 408, 415, 429)
_MAYBE = {"type": ["number", "null"]}

OPTIONS: dict[str, Any] = {
    **dict.fromkeys(LOOKS, TEXT),
    **dict.fromkeys(YES_OR_NO, YES),
    **{name: {**TEXT, "description": "Pixels, or per cent of the long side as 0.2%."} for name in DISTANCES},
    **{name: {**TEXT, "description": "Points x,y and strokes x,y,x,y, in pixels or per cent."} for name in MARKS},
    "box": {**TEXT, "description": "x0,y0,x1,y1, in pixels or per cent."},
    "key": {**TEXT, "description": "It was taken before a screen: auto, green, blue, #00b140."},
    "preset": {**TEXT, "description": "A name of /api/presets."},
    "effect": {**TEXTS, "description": "Any of /api/effects, in order, as outline:12,red."},
    "edges": {**TEXT, "enum": list(EDGES)},
    "format": {**TEXT, "enum": [*FORMATS, "jpg"], "default": "png"},
    "quality": {**WHOLE, "minimum": 1, "maximum": 100},
    "background_fit": {**TEXT, "enum": list(FITS), "default": "cover"},
    "background_url": TEXT,
}
_FILES = dict.fromkeys(("file", "background_file", "mask", "trimap", "keep_mask", "drop_mask"), BYTES)
_URL = {"url": {**TEXT, "description": "The picture's address."}}
_IN_TEXT = _URL | {name: {**TEXT, "format": "byte"} for name in ("file_b64", "mask_b64")}


def _content(fields: dict[str, Any], files: dict[str, Any]) -> dict[str, Any]:
    plain = {"schema": {"type": "object", "properties": fields}}
    form = {"schema": {"type": "object", "properties": files | fields}}
    return {"multipart/form-data": form, "application/x-www-form-urlencoded": plain, "application/json": plain}


CUTOUT = {
    "requestBody": {
        "content": {
            **_content(_IN_TEXT | OPTIONS, _FILES),
            "image/*": {"schema": BYTES},
            "application/octet-stream": {"schema": BYTES},
        }
    }
}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def many(name: str, item: dict[str, Any]) -> dict[str, Any]:
    return thing(**{name: {"type": "array", "items": item}})


FACTS = {
    "format": TEXT, "width": WHOLE, "height": WHOLE, "source_width": WHOLE, "source_height": WHOLE, "model": TEXT,
    "confidence": _MAYBE, "kind": {"type": ["string", "null"]}, "reasons": TEXTS, "notes": TEXTS,
    "seconds": {"type": "object", "additionalProperties": NUMBER},
}  # fmt: skip
_KINDS = (
    "image/png", "image/jpeg", "image/webp", "image/avif", "image/tiff", "image/vnd.adobe.photoshop",
    "image/openraster", "image/x-exr",
)  # fmt: skip
_PICTURES = {kind: {"schema": BYTES} for kind in _KINDS}
_JSON = {"application/json": {"schema": thing(**FACTS, result_b64={**TEXT, "format": "byte"})}}

_HEADERS = RATES | headers({
    "X-Width": "Of the result, in pixels.", "X-Height": "Of the result, in pixels.", "X-Matteo-Model": "The network.",
    "X-Matteo-Kind": "What the subject is.", "X-Matteo-Notes": "What was done beside.",
    "X-Matteo-Confidence": "How much of it is expected to be right, 0 to 1.",
    "X-Matteo-Reasons": 'Why it deserves a look, "; " between several.',
})  # fmt: skip
RESULT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The result.", "content": _PICTURES | _JSON, "headers": _HEADERS},
    **refusals(*TROUBLE),
}
MODELS = answer("The networks.", many("models", thing(name=TEXT, licence=TEXT, loaded={"type": "boolean"})))
PRESETS = answer("The looks.", many("presets", thing(name=TEXT, help=TEXT, look={"type": "object"})))
EFFECTS = answer("The effects.", many("effects", thing(name=TEXT, help=TEXT, gives=TEXT)))
for table in (MODELS, PRESETS, EFFECTS):
    table |= refusals(403)
