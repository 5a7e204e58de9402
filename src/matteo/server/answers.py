"""Answers as they go out: JSON that any client can read, refusals, and pictures under types that nobody runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from matteo.server.refusal import Refusal

TYPES = {
    "png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "avif": "image/avif", "tiff": "image/tiff",
    "psd": "image/vnd.adobe.photoshop", "ora": "image/openraster", "exr": "image/x-exr", "zip": "application/zip",
    "mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm", "gif": "image/gif",
}  # fmt: skip
SUFFIXES = {"jpeg": "jpg"}


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """In ASCII, so that nothing a client sent can break what it is told."""
    return Response(json.dumps(value), status, dict(headers or {}), "application/json")


def refused(refusal: Refusal) -> Response:
    return as_json(refusal.body, refusal.status, refusal.headers)


def picture(data: bytes, format: str, headers: Mapping[str, str], name: str = "cutout") -> Response:
    """A file that a browser shows or keeps, and never takes for a page."""
    shown = "inline" if TYPES[format].startswith("image/") and format not in ("psd", "ora", "exr") else "attachment"
    disposition = f'{shown}; filename="{name}.{SUFFIXES.get(format, format)}"'
    return Response(data, 200, {**headers, "Content-Disposition": disposition}, TYPES[format])


def safe(text: str) -> str:
    """A text as a header can hold it."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
