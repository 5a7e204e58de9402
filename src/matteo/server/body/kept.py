"""What is kept of a request's body, and how much of each part of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from matteo.server.refusal import Refusal
from matteo.server.settings import Settings

FILES_A_REQUEST = 5  # picture, background, mask, painted areas: what one may hold, in pictures of the largest size
FIELDS = 100
LONGEST_FIELD = 8192
LONGEST_NAME = 256
FORM_BYTES = 1 << 16  # of a form or JSON beside the picture in it
SEVERAL = ("effect", "keep", "drop")
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

    def keep(self, name: str, value: str) -> None:
        """The later of two values of a name counts; those of SEVERAL become lines of one."""
        if value.strip() in UNSET:
            return
        name = name.removesuffix("[]")
        self.fields[name] = f"{self.fields[name]}\n{value}" if name in SEVERAL and name in self.fields else value

    def file(self, name: str) -> bytes | None:
        """The bytes of the only file of that field, or None. Refusal where there are several."""
        found = self.files.get(name, [])
        if len(found) > 1:
            raise Refusal(400, f"More than one file given for {name}", "invalid_parameter", "Give one.")
        return bytes(found[0].data) if found else None


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

    def longest(self, name: str) -> int:
        """Bytes of a field: a picture in base64 is one, and no file."""
        return math.ceil(self.file * 4 / 3) + 1024 if name.endswith("_b64") else LONGEST_FIELD


def too_large(most: int) -> Refusal:
    return Refusal(400, "File too large", "file_too_large", f"File exceeds limit of {most / 1e6:g}MB")


def damaged(why: str) -> Refusal:
    return Refusal(400, "The request cannot be read", "invalid_request", why)


def long_field(name: str) -> Refusal:
    return damaged(f"The field {name[:40]} is too long.")
