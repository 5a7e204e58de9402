"""Fields of a JSON object."""

from __future__ import annotations

import json
import re

from matteo.server.body.kept import FIELDS, FORM_BYTES, LONGEST_FIELD, Body, damaged, long_field

ENTRIES = 10_000  # each takes some fifty times the room of its letters
_WIDE = re.compile(rb"\\u(?!00)")  # an escape by which every letter of a text takes two bytes or four


def from_json(data: bytearray) -> Body:
    body = Body()
    if sum(data.count(sign) for sign in (b",", b"[", b"{")) > ENTRIES:
        raise damaged("Its JSON has too many entries.")
    if len(data) > FORM_BYTES and (not data.isascii() or _WIDE.search(data)):
        raise damaged("Its JSON is long, and not of plain letters, as a picture in base64 is.")
    try:
        found = json.loads(data) if data.strip() else {}
    except (ValueError, RecursionError) as error:
        raise damaged("It is no JSON.") from error
    if not isinstance(found, dict) or len(found) > FIELDS:
        raise damaged("Its JSON is no object of a few fields.")
    for name, value in found.items():
        if isinstance(value, bool):
            value = "true" if value else "false"
        if value is None:
            continue
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            value = "\n".join(value)
        if not isinstance(value, (str, int, float)):
            raise damaged(f"The field {name[:40]} is neither text nor number.")
        if len(f"{value}") > LONGEST_FIELD and not name.endswith("_b64"):
            raise long_field(name)
        body.keep(sane(name), sane(f"{value}"))
    return body


def sane(text: str) -> str:
    """Without halves of letters, which JSON can hold and nothing can be answered with."""
    return text.encode("utf-8", "replace").decode()
