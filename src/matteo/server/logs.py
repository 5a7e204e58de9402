"""One line a request and an event, as JSON or text, on stderr. Never what is in a picture, its name or address."""

from __future__ import annotations

import json
import logging
import time

LOGGER = logging.getLogger("matteo.server")
_QUIET = "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"


class AsJson(logging.Formatter):
    """{"time", "level", "event", …}: what `extra={"facts": …}` says, and the trace of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, object] = getattr(record, "facts", {})
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
        line = {"time": stamp, "level": record.levelname.lower(), "event": record.getMessage(), **facts}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


class AsText(logging.Formatter):
    """The same for a person who looks on."""

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, object] = getattr(record, "facts", {})
        told = " ".join(f"{key}={json.dumps(value)}" for key, value in facts.items())
        trace = "\n" + self.formatException(record.exc_info) if record.exc_info else ""
        return (
            f"{time.strftime('%H:%M:%S', time.localtime(record.created))} {record.getMessage()} {told}{trace}".rstrip()
        )


def set_up(how: str) -> None:
    """json, text or none. uvicorn's own words go the same way, its line a request is left out as ours says more."""
    handler: logging.Handler = logging.NullHandler()
    if how != "none":
        handler = logging.StreamHandler()
        handler.setFormatter(AsJson() if how == "json" else AsText())
    for name in (*_QUIET, LOGGER.name):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING if name in _QUIET else logging.INFO)


def tell(event: str, level: int = logging.INFO, **facts: object) -> None:
    LOGGER.log(level, event, extra={"facts": facts})
