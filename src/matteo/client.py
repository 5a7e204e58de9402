"""A client of `matteo serve`, typed, for programs that have no network of their own.

    from matteo.client import Client

    with Client("http://localhost:7000", key="KEY") as service:
        service.cut("photo.jpg", background="white", format="jpeg").save("white.jpg")
        for item in service.wait(service.start(["a.jpg", "b.jpg"], preset="amazon")).items:
            service.fetch(item).save(f"{item.name}.png")

With `pip install "matteo[client]"`; any HTTP client does, too: the service's /api/docs say how.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from matteo.errors import MatteoError, MissingExtra, OutputExists, UsageError

Picture = str | os.PathLike[str] | bytes
Option = str | int | float | bool
EVERY_S = 0.5
TRIES = 5
OVER = ("done", "failed", "cancelled")


class ServiceError(MatteoError):
    """What a service refused. status: of HTTP, 0 where it was not reached; code: for programs, may be empty."""

    def __init__(self, text: str, status: int = 0, code: str = "") -> None:
        super().__init__(text)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Answer:
    """A finished file. confidence: how much of it is expected to be right, 0 to 1, None where nothing is told."""

    data: bytes
    type: str
    confidence: float | None = None
    kind: str | None = None
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Writes the file whole or not at all. OutputExists where there is one and overwrite was not asked for."""
        target = Path(path)
        if target.exists() and not overwrite:
            raise OutputExists(f"{target}: is there already; choose another name, or overwrite=True")
        part = target.with_name(f".{target.name}.part")
        try:
            part.write_bytes(self.data)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
        return target


@dataclass(frozen=True)
class Item:
    """One input of a job. error: why it failed, empty where it did not. result: the link of what came of it."""

    n: int
    name: str
    state: str
    facts: Mapping[str, Any]
    result: str = ""
    error: str = ""


@dataclass(frozen=True)
class Job:
    """state: queued, running, done, failed or cancelled. progress: 0 to 1."""

    id: str
    kind: str
    state: str
    progress: float
    items: tuple[Item, ...]


class Client:
    """One service. key: where it asks for one. timeout_s: for one request. Use it as a context, or close it."""

    def __init__(self, url: str = "http://localhost:7000", *, key: str | None = None, timeout_s: float = 120.0) -> None:
        if find_spec("httpx") is None:
            raise MissingExtra('the client needs httpx: pip install "matteo[client]"')
        import httpx

        if key and not key.isascii():
            raise UsageError("the key holds letters that no key has: give it as `matteo keys add` showed it")
        headers = {"X-Api-Key": key} if key else {}
        self._http = httpx.Client(base_url=url, timeout=timeout_s, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def cut(
        self, picture: Picture, *, mask: Picture | None = None, keep_mask: Picture | None = None,
        drop_mask: Picture | None = None, **options: Option,
    ) -> Answer:  # fmt: skip
        """One picture without its background: a path or bytes; options as those of `matteo remove`, with underscores.

        mask: somebody else's alpha, refined in place of the network's. keep_mask, drop_mask: painted areas. A busy
        service is asked again, as it says. Raises ServiceError for what it refuses.
        """
        beside = {"mask": mask, "keep_mask": keep_mask, "drop_mask": drop_mask}
        files = [("file", _file(picture)), *((name, _file(one)) for name, one in beside.items() if one is not None)]
        answer = self._asked("POST", "/api/cutouts", files=files, data=_fields(options))
        return _answer(answer)

    def start(self, pictures: Iterable[Picture], *, kind: str = "cutouts", **options: Option) -> Job:
        """Work that takes long: several pictures, or films with kind="video". Raises ServiceError."""
        files = [("file", _file(picture)) for picture in pictures]
        return _job(self._asked("POST", "/api/jobs", files=files, data={"kind": kind} | _fields(options)).json())

    def job(self, identity: str) -> Job:
        """How far a job is. Raises ServiceError, status 404, where there is none or it has expired."""
        return _job(self._asked("GET", f"/api/jobs/{identity}").json())

    def wait(self, job: Job, told: Callable[[Job], None] = lambda job: None) -> Job:
        """The job once it is over. told: called with it now and then."""
        while job.state not in OVER:
            told(job)
            time.sleep(EVERY_S)
            job = self.job(job.id)
        return job

    def cancel(self, job: Job) -> None:
        """Ends the job and deletes all of it."""
        self._asked("DELETE", f"/api/jobs/{job.id}")

    def fetch(self, item: Item) -> Answer:
        """What came of one input of a job. Raises ServiceError where nothing did."""
        if not item.result:
            raise ServiceError(f"{item.name}: {item.error or f'is {item.state}'}")
        return _answer(self._asked("GET", item.result), item.facts)

    def _asked(self, method: str, url: str, **given: Any) -> Any:
        import httpx

        for left in reversed(range(TRIES)):
            try:
                answer = self._http.request(method, url, **given)
            except httpx.HTTPError as error:
                raise ServiceError(
                    f"{self._http.base_url}: not reached ({error}); is `matteo serve` running?"
                ) from error
            if answer.status_code == 429 and left:
                time.sleep(min(60.0, float(answer.headers.get("Retry-After", 1))))
                continue
            if answer.status_code >= 400:
                raise _refusal(answer)
            return answer
        raise AssertionError("unreachable")


def _refusal(answer: Any) -> ServiceError:
    try:
        said = answer.json()["errors"][0]
    except (ValueError, LookupError, TypeError):
        said = {"title": f"HTTP {answer.status_code}"}
    text = ": ".join(part for part in (said.get("title"), said.get("detail")) if part)
    return ServiceError(text, answer.status_code, said.get("code", ""))


def _file(picture: Picture) -> tuple[str, bytes]:
    """Name and bytes; read at once, so that a request can be sent again."""
    if isinstance(picture, bytes):
        return "picture", picture
    return Path(picture).name, Path(picture).read_bytes()


def _fields(options: Mapping[str, Option]) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in options.items()}


def _answer(answer: Any, facts: Mapping[str, Any] | None = None) -> Answer:
    told = answer.headers
    if facts is None:
        confidence = told.get("X-Matteo-Confidence")
        listed = (tuple(filter(None, told.get(f"X-Matteo-{n}", "").split("; "))) for n in ("Reasons", "Notes"))
        facts = {"confidence": float(confidence) if confidence else None, "kind": told.get("X-Matteo-Kind") or None}
        facts |= dict(zip(("reasons", "notes"), listed, strict=True))
    return Answer(
        answer.content, told.get("Content-Type", ""), facts.get("confidence"), facts.get("kind"),
        tuple(facts.get("reasons", ())), tuple(facts.get("notes", ())),
    )  # fmt: skip


def _job(told: Mapping[str, Any]) -> Job:
    return Job(told["id"], told["kind"], told["state"], told["progress"], tuple(map(_item, told["items"])))


def _item(told: Mapping[str, Any]) -> Item:
    error = told.get("error", {})
    why = ": ".join(filter(None, (error.get("title"), error.get("detail"))))
    return Item(told["n"], told["name"], told["state"], told["facts"], told.get("result", ""), why)
