"""What the server says when it does not do what it was asked: one form for both dialects."""

from __future__ import annotations

import math
from collections.abc import Mapping

from matteo.errors import (
    LimitExceeded,
    MatteoError,
    MissingExtra,
    NoScreen,
    UnreadablePicture,
    UnsupportedFormat,
    UsageError,
)


class Refusal(Exception):
    """An answer other than the one asked for. title: a sentence; code: for programs; detail: the remedy.

    retry_s: seconds after which it is worth trying again, for 429.
    """

    def __init__(
        self, status: int, title: str, code: str = "", detail: str = "", *, retry_s: float | None = None
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.code, self.detail, self.retry_s = status, title, code, detail, retry_s

    @property
    def body(self) -> dict[str, object]:
        """The JSON: {"errors": [{"title", "code", "detail"}]}, the last two where there are any."""
        said = {"title": self.title, "code": self.code, "detail": self.detail}
        return {"errors": [{key: value for key, value in said.items() if value}]}

    @property
    def headers(self) -> Mapping[str, str]:
        if self.status == 408:  # the rest of a body that is not waited for
            return {"Connection": "close"}
        return {} if self.retry_s is None else {"Retry-After": str(max(1, math.ceil(self.retry_s)))}


def busy(retry_s: float) -> Refusal:
    return Refusal(429, "The server is busy", "rate_limit_exceeded", "Try again later.", retry_s=retry_s)


def too_fast(retry_s: float) -> Refusal:
    return Refusal(429, "Rate limit exceeded", "rate_limit_exceeded", "Try again later.", retry_s=retry_s)


def of_error(error: MatteoError, max_megapixels: float) -> Refusal:
    """What a caller is told of an error of the library: never a path of this machine."""
    if isinstance(error, LimitExceeded):
        detail = f"The maximum supported input resolution is {max_megapixels:g} megapixels."
        return Refusal(400, "Image resolution too high", "resolution_too_high", detail)
    if isinstance(error, (UnsupportedFormat, MissingExtra)):
        return Refusal(400, "File type not supported", "invalid_file_type", _plain(error))
    if isinstance(error, UnreadablePicture):
        return Refusal(400, "Failed to read image", "failed_to_read_image", _plain(error))
    if isinstance(error, NoScreen):
        return Refusal(400, "No screen found", "no_screen", _plain(error))
    if isinstance(error, UsageError):
        return Refusal(400, "Invalid parameter", "invalid_parameter", _plain(error))
    raise error


def _plain(error: Exception) -> str:
    return str(error).removeprefix("the picture given as bytes: ")
