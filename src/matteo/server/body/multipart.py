"""Forms of several parts, read as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from matteo.server.body.kept import (
    FIELDS,
    LONGEST_FIELD,
    LONGEST_NAME,
    Body,
    Bounds,
    Upload,
    damaged,
    long_field,
    too_large,
)


async def from_multipart(chunks: AsyncIterator[bytes], boundary: bytes, bounds: Bounds) -> Body:
    if not 1 <= len(boundary) <= 256:
        raise damaged("Its multipart boundary is missing.")
    parts = Parts(bounds)
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


class Parts:
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
        most = self.bounds.file if self._is_file else self.bounds.longest(self._name)
        if len(self._part.data) > most:
            raise too_large(self.bounds.file) if self._is_file or most > LONGEST_FIELD else long_field(self._name)

    def part_end(self) -> None:
        assert self._part is not None
        if not self._is_file:
            self.body.keep(self._name, self._part.data.decode("utf-8", "replace"))
        elif self._part.data or self._part.name:
            if sum(map(len, self.body.files.values())) >= self.bounds.files:
                raise damaged(f"It has more than {self.bounds.files} files.")
            self.body.files.setdefault(self._name, []).append(self._part)
        self._part = None

    def end(self) -> None:
        self.ended = True
