"""What a request carries: fields and files of a form, of JSON, or a picture as it is; bounded while it is read.

Nothing goes to the disk: a body is held in memory, and all bodies together within `memory_mb`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from matteo.server.refusal import Refusal, busy
from matteo.server.settings import Settings

FILES_A_REQUEST = 4  # picture, background, mask, trimap: what one may hold, in pictures of the largest size
FIELDS = 100
LONGEST_FIELD = 8192
LONGEST_NAME = 256
FORM = "application/x-www-form-urlencoded"
FORM_BYTES = 1 << 16  # of a form or JSON beside the picture in it
ENTRIES = 10_000  # of JSON: each takes some fifty times the room of its letters
ESCAPES = 3 * LONGEST_FIELD  # of a field of a form
_LETTERS = {b"%2B": b"+", b"%2F": b"/", b"%3D": b"=", b"%0D": b"\r", b"%0A": b"\n", b"%20": b" "}
_OF_BASE64 = {written: letter for code, letter in _LETTERS.items() for written in (code, code.lower())}
_WIDE = re.compile(rb"\\u(?!00)")  # an escape by which every letter of a text takes two bytes or four
UNSET = ("", "undefined", "null")  # what clients send for a value that they have not


@dataclass
class Upload:
    """A file of a form. name: as its sender calls it, for messages only."""

    name: str
    data: bytearray

    def __len__(self) -> int:
        return len(self.data)


@dataclass
class Body:
    """fields: texts, what is unset left out. files: every upload by its field, in order. raw: a picture as it is."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[Upload]] = field(default_factory=dict)
    raw: bytes | None = None

    def file(self, name: str) -> bytes | None:
        """The bytes of the only file of that field, or None. Refusal where there are several."""
        found = self.files.get(name, [])
        if len(found) > 1:
            raise Refusal(400, f"More than one file given for {name}", "invalid_parameter", "Give one.")
        return bytes(found[0].data) if found else None


class Memory:
    """How much of all bodies is held. Touched by the event loop's thread only."""

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0

    @contextlib.contextmanager
    def lease(self) -> Iterator[Lease]:
        lease = Lease(self)
        try:
            yield lease
        finally:
            self.held -= lease.held


class Lease:
    def __init__(self, memory: Memory) -> None:
        self.memory, self.held = memory, 0

    def take(self, count: int) -> None:
        """Refusal 429 where all bodies together would be too large."""
        if self.memory.held + count > self.memory.most:
            raise busy(2)
        self.memory.held += count
        self.held += count


@dataclass(frozen=True)
class Bounds:
    """file, request: bytes. files: how many. time_s: for the whole body."""

    file: int
    request: int
    files: int
    time_s: float

    @classmethod
    def of(cls, settings: Settings, files: int = FILES_A_REQUEST, request: int | None = None) -> Bounds:
        file = int(settings.request_mb * 1e6)
        return cls(file, request or FILES_A_REQUEST * file + FORM_BYTES, files, settings.body_timeout_s)


async def read_body(request: Request, bounds: Bounds, lease: Lease) -> Body:
    """The body of a request. Refusal: 400 for what is damaged or too large, 408 too slow, 415 of no known kind."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said[:18]) > bounds.request:
        raise too_large(bounds.request)
    try:
        async with asyncio.timeout(bounds.time_s):
            chunks = _within(request, bounds.request, lease)
            if kind == b"multipart/form-data":
                return await _multipart(chunks, options.get(b"boundary", b""), bounds)
            data = bytearray()
            async for chunk in chunks:
                data += chunk
    except TimeoutError:
        raise Refusal(408, "The request took too long to arrive", "timeout") from None
    except ClientDisconnect:
        raise Refusal(400, "The request ended too early", "incomplete_request") from None
    whole = partial(_whole, kind.decode("latin-1"), data, bounds)
    return whole() if len(data) <= FORM_BYTES else await run_in_threadpool(whole)


def _whole(kind: str, data: bytearray, bounds: Bounds) -> Body:
    if kind == FORM:
        return _form(data, bounds)
    if kind == "application/json":
        return _json(data)
    if kind.startswith("image/") or kind == "application/octet-stream":
        if len(data) > bounds.file:
            raise too_large(bounds.file)
        return Body(raw=bytes(data))
    if not data:
        return Body()
    detail = "Send multipart/form-data, application/x-www-form-urlencoded, application/json or image/*."
    raise Refusal(415, "Content type not supported", "unsupported_content_type", detail)


def too_large(most: int) -> Refusal:
    return Refusal(400, "File too large", "file_too_large", f"File exceeds limit of {most / 1e6:g}MB")


def damaged(why: str) -> Refusal:
    return Refusal(400, "The request cannot be read", "invalid_request", why)


async def _within(request: Request, most: int, lease: Lease) -> AsyncIterator[bytes]:
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > most:
            raise too_large(most)
        lease.take(len(chunk))
        yield chunk


class _Parts:
    """The callbacks of the multipart parser: what belongs to a part is bounded before it is kept."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds, self.body = bounds, Body()
        self.ended = False
        self._seen: dict[str, str] = {}
        self._count = 0
        self._part: Upload | None = None
        self._name = ""
        self._is_file = False
        self._header: tuple[bytearray, bytearray] = bytearray(), bytearray()
        self._disposition = b""

    def callbacks(self) -> dict[str, Any]:
        names = ("part_begin", "part_data", "part_end", "header_field", "header_value", "header_end",
                 "headers_finished", "end")  # fmt: skip
        return {f"on_{name}": getattr(self, name) for name in names}

    def part_begin(self) -> None:
        self._count += 1
        if self._count > FIELDS + self.bounds.files:
            raise damaged("It has too many parts.")
        self._disposition = b""

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._extend(0, data[start:end])

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._extend(1, data[start:end])

    def _extend(self, which: int, more: bytes) -> None:
        self._header[which].extend(more)
        if len(self._header[which]) > LONGEST_FIELD:
            raise damaged("A part's header is too long.")

    def header_end(self) -> None:
        if bytes(self._header[0]).lower() == b"content-disposition":
            self._disposition = bytes(self._header[1])
        self._header = bytearray(), bytearray()

    def headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = b"filename" in options
        if not self._name or len(self._name) > LONGEST_NAME:
            raise damaged("A part has no name, or too long a one.")
        self._part = Upload(options.get(b"filename", b"").decode("utf-8", "replace")[:LONGEST_NAME], bytearray())

    def part_data(self, data: bytes, start: int, end: int) -> None:
        assert self._part is not None
        self._part.data += data[start:end]
        # A picture in base64 is a field and no file.
        most = self.bounds.file if self._is_file else _longest(self._name, self.bounds)
        if len(self._part.data) > most:
            raise too_large(self.bounds.file) if self._is_file or most > LONGEST_FIELD else _long_field(self._name)

    def part_end(self) -> None:
        assert self._part is not None
        if not self._is_file:
            _keep(self.body, self._name, self._part.data.decode("utf-8", "replace"))
        elif self._part.data or self._part.name:
            if sum(map(len, self.body.files.values())) >= self.bounds.files:
                raise damaged(f"It has more than {self.bounds.files} files.")
            self.body.files.setdefault(self._name, []).append(self._part)
        self._part = None

    def end(self) -> None:
        self.ended = True


def _longest(name: str, bounds: Bounds) -> int:
    return math.ceil(bounds.file * 4 / 3) + 1024 if name.endswith("_b64") else LONGEST_FIELD


def _long_field(name: str) -> Refusal:
    return damaged(f"The field {name[:40]} is too long.")


async def _multipart(chunks: AsyncIterator[bytes], boundary: bytes, bounds: Bounds) -> Body:
    if not 1 <= len(boundary) <= 256:
        raise damaged("Its multipart boundary is missing.")
    parts = _Parts(bounds)
    try:
        parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise damaged("Its multipart form is damaged.") from error
    if not parts.ended:
        raise damaged("Its multipart form is cut off.")
    return parts.body


def _form(data: bytearray, bounds: Bounds) -> Body:
    body = Body()
    if data.count(b"&") >= FIELDS:
        raise damaged("Its form has too many fields.")
    for pair in data.split(b"&"):
        raw_name, _, raw = pair.partition(b"=")
        if len(raw_name) > 3 * LONGEST_NAME:
            raise damaged("A field has too long a name.")
        name = _unquoted(raw_name)
        most = _longest(name, bounds)
        if len(raw) > 3 * most:
            raise too_large(bounds.file) if name.endswith("_b64") else _long_field(name)
        value = _unquoted(raw)
        if len(value) > most:
            raise too_large(bounds.file) if name.endswith("_b64") else _long_field(name)
        if name:
            _keep(body, name, value)
    return body


def _unquoted(raw: bytearray) -> str:
    """A value of a form. The escapes of base64 are replaced as a whole: one by one, as others are, millions of them
    would take a hundred times the body's room."""
    plain = bytes(raw).replace(b"+", b" ")
    for escape, letter in _OF_BASE64.items():
        plain = plain.replace(escape, letter)
    if plain.count(b"%") > ESCAPES:
        raise damaged("A field of its form has too many escapes.")
    return unquote_to_bytes(plain).decode("utf-8", "replace")


def _json(data: bytearray) -> Body:
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
            raise _long_field(name)
        _keep(body, _sane(name), _sane(f"{value}"))
    return body


def _sane(text: str) -> str:
    """Without halves of letters, which JSON can hold and nothing can be answered with."""
    return text.encode("utf-8", "replace").decode()


def _keep(body: Body, name: str, value: str) -> None:
    """The later of two values of a name counts; `effect` may be given several times, which makes lines of it."""
    if value.strip() in UNSET:
        return
    name = name.removesuffix("[]")
    body.fields[name] = f"{body.fields[name]}\n{value}" if name == "effect" and name in body.fields else value
