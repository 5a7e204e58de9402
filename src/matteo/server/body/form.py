"""Forms in one line, as a browser's or curl's without files are."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from matteo.server.body.kept import FIELDS, LONGEST_FIELD, LONGEST_NAME, Body, Bounds, damaged, long_field, too_large

ESCAPES = 3 * LONGEST_FIELD  # of a field
_LETTERS = {b"%2B": b"+", b"%2F": b"/", b"%3D": b"=", b"%0D": b"\r", b"%0A": b"\n", b"%20": b" "}
_OF_BASE64 = {written: letter for code, letter in _LETTERS.items() for written in (code, code.lower())}


def from_form(data: bytearray, bounds: Bounds) -> Body:
    body = Body()
    if data.count(b"&") >= FIELDS:
        raise damaged("Its form has too many fields.")
    for pair in data.split(b"&"):
        raw_name, _, raw = pair.partition(b"=")
        if len(raw_name) > 3 * LONGEST_NAME:
            raise damaged("A field has too long a name.")
        name = unquoted(raw_name)
        most = bounds.longest(name)
        if len(raw) > 3 * most:
            raise too_large(bounds.file) if name.endswith("_b64") else long_field(name)
        value = unquoted(raw)
        if len(value) > most:
            raise too_large(bounds.file) if name.endswith("_b64") else long_field(name)
        if name:
            body.keep(name, value)
    return body


def unquoted(raw: bytearray) -> str:
    """A value of a form. The escapes of base64 are replaced as a whole: one by one, as others are, millions of them
    would take a hundred times the body's room."""
    plain = bytes(raw).replace(b"+", b" ")
    for escape, letter in _OF_BASE64.items():
        plain = plain.replace(escape, letter)
    if plain.count(b"%") > ESCAPES:
        raise damaged("A field of its form has too many escapes.")
    return unquote_to_bytes(plain).decode("utf-8", "replace")
