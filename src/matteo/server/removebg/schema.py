"""The dialect in OpenAPI: what its addresses take and give. Plain data."""

from __future__ import annotations

from typing import Any

from matteo.server.removebg.fields import CHANNELS, FORMATS, LEVELS, MEGAPIXELS, SHADOWS, TYPES

_TEXT, _BYTES = {"type": "string"}, {"type": "string", "format": "binary"}


def _choice(*values: str, default: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values), "default": default}


def _told(schema: dict[str, Any], help: str) -> dict[str, Any]:
    return {**schema, "description": help}


SOURCES: dict[str, Any] = {
    "image_file_b64": _told(_TEXT, "The picture in base64."),
    "image_url": _told(_TEXT, "Or its address."),
}
FILES: dict[str, Any] = {"image_file": _told(_BYTES, "The picture."), "bg_image_file": _told(_BYTES, "The background.")}
FIELDS: dict[str, Any] = SOURCES | {
    "size": _told(_choice(*MEGAPIXELS, default="preview"), "The largest result: 0.25, 1.5, 4, 25 or 50 megapixels."),
    "type": _told(_choice(*TYPES, default="auto"), "What the subject is. Checked, and not needed."),
    "type_level": _told(_choice(*LEVELS, default="1"), "How finely X-Type tells what was found."),
    "format": _told(_choice(*FORMATS, default="auto"), "auto: PNG where there is transparency, else JPEG."),
    "roi": _told(_TEXT, "x1 y1 x2 y2, each in px or %: what lies outside is background."),
    "crop": {"type": "boolean", "default": False},
    "crop_margin": _told(_TEXT, "One, two or four values in px or %: 50% or 500px at most."),
    "scale": _told(_TEXT, "original, or 10% to 100% of the canvas."),
    "position": _told(_TEXT, "original, center, or one or two shares of the free room."),
    "channels": _told(_choice(*CHANNELS, default="rgba"), "alpha: the matte as a grey picture."),
    "add_shadow": {"type": "boolean", "default": False},
    "shadow_type": _choice(*SHADOWS, default="none"),
    "shadow_opacity": {"type": "number", "minimum": 0, "maximum": 100},
    "semitransparency": _told({"type": "boolean", "default": True}, "Checked; changes nothing here."),
    "bg_color": _told(_TEXT, "Hex of 3, 4, 6 or 8 digits, or a name."),
    "bg_image_url": _told(_TEXT, "The background's address."),
}


def body_of(fields: dict[str, Any], files: dict[str, Any]) -> dict[str, Any]:
    """A request's body in the three forms."""
    plain = {"schema": {"type": "object", "properties": fields}}
    whole = {"schema": {"type": "object", "properties": files | fields}}
    content = {"multipart/form-data": whole, "application/x-www-form-urlencoded": plain, "application/json": plain}
    return {"requestBody": {"content": content}}


ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["errors"],
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["title"],
                "properties": {"title": _TEXT, "code": _TEXT, "detail": _TEXT},
            },
        }
    },
}
_NUMBER = {"type": "number"}
_REASONS = {
    400: "Something in the request is wrong; the code says what.", 403: "No key, or a wrong one.",
    404: "There is no such thing.", 408: "The request took too long to arrive.",
    415: "The body is of a kind that is not read.", 429: "Too much, or too many at once; Retry-After says when.",
    503: "Jobs cannot be had now; Retry-After says when.",
}  # fmt: skip


def headers(told: dict[str, str]) -> dict[str, Any]:
    """Those of an answer, each with what it says."""
    return {name: {"description": help, "schema": _TEXT} for name, help in told.items()}


RATES = headers({
    "X-RateLimit-Limit": "Megapixels a minute.", "X-RateLimit-Remaining": "What is left of them.",
    "X-RateLimit-Reset": "Until when, in seconds since 1970.",
})  # fmt: skip
_RETRY = headers({"Retry-After": "Seconds after which to try again."})


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers with an error, each in the one form."""
    content = {"application/json": {"schema": ERROR}}
    return {
        status: {
            "description": _REASONS[status], "content": content,
            "headers": RATES | (_RETRY if status in (429, 503) else {}),
        }
        for status in statuses
    }  # fmt: skip


def answer(description: str, schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "content": {"application/json": {"schema": schema}}, "headers": RATES}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


_PLACE = {f"foreground_{name}": {"type": "integer"} for name in ("top", "left", "width", "height")}
_PICTURES = {kind: {"schema": _BYTES} for kind in ("image/png", "image/jpeg", "image/webp", "application/zip")}
_IN_JSON = {"application/json": {"schema": _object(data=_object(result_b64=_TEXT, **_PLACE))}}
_TROUBLE = (400, 403, 408, 415, 429)

REMOVEBG = body_of(FIELDS, FILES)
_HEADERS = RATES | headers({
    "X-Width": "Of the result, in pixels.", "X-Height": "Of the result, in pixels.",
    "X-Max-Width": "Of the largest result that could be had.",
    "X-Max-Height": "Of the largest result that could be had.",
    "X-Type": "What the subject is; not with type_level none.",
    "X-Credits-Charged": "What it would cost where it is sold.",
    **{f"X-Foreground-{side}": "Of the subject, in pixels of the picture as it was sent."
       for side in ("Top", "Left", "Width", "Height")},
    "X-Matteo-Confidence": "How much of it is expected to be right, 0 to 1.",
})  # fmt: skip
RESULT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The result.", "content": _PICTURES | _IN_JSON, "headers": _HEADERS},
    **refusals(*_TROUBLE),
}
IMPROVE = body_of(SOURCES | {"image_filename": _TEXT, "tag": _TEXT}, {"image_file": _BYTES})
IMPROVED = answer("Its number.", _object(id=_TEXT)) | refusals(*_TROUBLE)
ACCOUNT = answer(
    "The account.",
    _object(
        data=_object(
            attributes=_object(
                credits=_object(total=_NUMBER, subscription=_NUMBER, payg=_NUMBER, enterprise=_NUMBER),
                api=_object(free_calls=_NUMBER, sizes=_TEXT),
            )
        )
    ),
) | refusals(403)
