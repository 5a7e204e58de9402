"""Every setting of the server, each an option of `matteo serve` and an environment variable. Standard library only."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from matteo.errors import UsageError

SECRET = ("webhook_secret",)  # never shown
POSTGRES = ("postgresql", "postgres")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_YES, _NO = ("1", "yes", "true", "on"), ("0", "no", "false", "off")


def _say(default: Any, help: str, low: float | None = None, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"help": help, "low": low, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """What the server does, in the order that `--show-config` prints it. UsageError for a value that makes no sense."""

    host: str = _say("127.0.0.1", "The address to listen on.")
    port: int = _say(7000, "The port; 0 takes a free one.", 0)
    workers: int = _say(1, "Processes, each with a network of its own; one serves several pictures at once.", 1)
    model: str = _say("matteo", "The network, one for all requests: a name (`matteo models`) or an ONNX file.")
    provider: str = _say("cpu", "What runs the network: cpu, cuda, coreml, …")
    threads: int = _say(0, "Processor threads for each run of the network; 0: the processors, shared out.", 0)
    parallel: int = _say(0, "Pictures at work at the same time; 0: as many as processors, 4 at most.", 0)
    queue: int = _say(32, "Pictures that may wait; beyond, the answer is 429.", 0)
    timeout_s: float = _say(60.0, "How long a picture may wait for its turn.", 0.1)
    body_timeout_s: float = _say(30.0, "How long a client may take for its headers, and for its body.", 0.1)
    shutdown_s: float = _say(30.0, "How long a shutdown waits for what runs.", 0.1)
    request_mb: float = _say(22.0, "Megabytes (10^6 bytes) of one picture; a request may hold four.", 0.001)
    memory_mb: float = _say(512.0, "Megabytes of request bodies held at once.", 1)
    max_megapixels: float = _say(50.0, "Larger pictures are refused.", 0.001)
    rate: int = _say(500, "Megapixels a minute for each key or address; a key may have a rate of its own.", 1)
    keys: str = _say("auto", "Who needs a key: auto is all but this machine.", choices=("auto", "always"))
    public_without_keys: bool = _say(False, "Serve a public address though there are no keys: anybody may use it.")
    trusted_proxies: str = _say("", "Addresses or networks whose X-Forwarded-For is believed, with commas between.")
    cors: str = _say("*", "Origins that may read answers, with commas between; * all, empty none.")
    urls: bool = _say(True, "Fetch pictures from addresses that clients name.")
    url_timeout_s: float = _say(15.0, "How long fetching one may take in all.", 0.1)
    url_networks: str = _say("", "Private networks that may be fetched from all the same, with commas between.")
    credits: int = _say(0, "Credits that /v1.0/account tells; nothing is ever charged.", 0)
    data: str = _say("", "The folder of keys and jobs.  [default: server in matteo's own folder]")
    jobs_url: str = _say("", "Jobs in PostgreSQL: postgresql://user@host/database; empty is a file in the data folder.")
    disk_mb: float = _say(2000.0, "Megabytes that jobs and their results may take.", 1)
    job_pictures: int = _say(200, "Pictures of one job at most.", 1)
    result_hours: float = _say(24.0, "How long a job and its results are kept.", 0.001)
    webhook_secret: str = _say("", "Signs what webhooks are sent; without one they are off.")
    log: str = _say("json", "How a request is logged, on stderr.", choices=("json", "text", "none"))

    def __post_init__(self) -> None:
        for one in fields(self):
            value, low, choices = getattr(self, one.name), one.metadata["low"], one.metadata["choices"]
            if low is not None and not low <= value < float("inf"):
                raise UsageError(f"{one.name} is {value}; give a number of at least {low:g}")
            if choices and value not in choices:
                raise UsageError(f"{one.name} is {value!r}; give {' or '.join(choices)}")
        if self.port > 65535:
            raise UsageError(f"port is {self.port}; give one from 0 to 65535")
        if self.jobs_url and urlsplit(self.jobs_url).scheme not in POSTGRES:
            raise UsageError("jobs_url is no address of PostgreSQL; give postgresql://user@host/database, or nothing")
        _ = networks(self.trusted_proxies, "trusted_proxies"), networks(self.url_networks, "url_networks")

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def folder(self) -> Path:
        """Where keys and jobs lie."""
        from matteo.models.home import home

        return Path(self.data) if self.data else home() / "server"


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"MATTEO_{name.upper()}"


def settings_from(environment: Mapping[str, str], given: Mapping[str, Any] | None = None) -> Settings:
    """The settings: what is given, else what the environment says, else the defaults."""
    said = {one.name: _parsed(one.name, environment[variable(one.name)])
            for one in fields(Settings) if environment.get(variable(one.name), "") != ""}  # fmt: skip
    return Settings(**said | {name: value for name, value in (given or {}).items() if value is not None})


def as_environment(settings: Settings) -> dict[str, str]:
    """The variables that make these settings, for processes that are to have the same."""
    return {variable(one.name): _text(getattr(settings, one.name)) for one in fields(settings)}


def shown(settings: Settings, given: Mapping[str, Any] | None = None) -> str:
    """A line a setting: its value, its variable, and where the value is from. Secrets are only said to be set."""
    lines = []
    for one in fields(settings):
        value = getattr(settings, one.name)
        told = ("set" if value else "not set") if one.name in SECRET else without_password(_text(value)) or '""'
        if (given or {}).get(one.name) is not None:
            source = "option"
        else:
            source = "environment" if os.environ.get(variable(one.name)) else "default"
        lines.append(f"{one.name:20} {told:20} {variable(one.name):26} {source}")
    return "\n".join(lines)


def without_password(text: str) -> str:
    """An address as it may be shown and logged; any other text as it is."""
    hidden = re.sub(r"(://[^/?#:@]*):.*@", r"\1:***@", text)
    return re.sub(r"(?i)([?&]password=)[^&]*", r"\1***", hidden)


def kind_of(name: str) -> type:
    """The type of a setting's values: str, int, float or bool."""
    return next(type(one.default) for one in fields(Settings) if one.name == name)


def networks(text: str, name: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Addresses and networks of a text with commas between. UsageError for what is none."""
    try:
        return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise UsageError(f"{name}: {error}; give addresses or networks, as 10.0.0.0/8,192.168.1.5") from error


def is_loopback(host: str) -> bool:
    if host in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parsed(name: str, text: str) -> Any:
    kind = kind_of(name)
    if kind is bool:
        if text.lower() not in _YES + _NO:
            raise UsageError(f"{variable(name)} is {text!r}; give yes or no")
        return text.lower() in _YES
    try:
        return kind(text)
    except ValueError:
        raise UsageError(f"{variable(name)} is {text!r}; give a number") from None


def _text(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else f"{value}"
