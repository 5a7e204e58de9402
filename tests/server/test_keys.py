"""Keys: shown once, kept as hashes, and asked for where they are to be."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from matteo.errors import UsageError
from matteo.server.keys import Keys
from matteo.server.run import check_open
from matteo.server.settings import Settings

from .running import Running


def test_a_key_opens_and_is_nowhere_kept(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    key, text = keys.add("shop", rate=7)
    assert keys.find(text) == key
    kept = (tmp_path / "keys.json").read_text()
    assert text not in kept
    assert text.split("_")[2] not in kept
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    other, more = keys.add("other")
    assert (keys.find(more), other.rate) == (other, None)
    assert key.hash != other.hash
    assert key.salt != other.salt


@pytest.mark.parametrize(
    "change", [str.upper, lambda t: t[:-1], lambda t: t + "a", lambda t: t.replace("_", "-"), lambda t: ""]
)
def test_nothing_else_opens(tmp_path: Path, change: Callable[[str], str]) -> None:
    keys = Keys(tmp_path)
    _, text = keys.add("shop")
    assert keys.find(change(text)) is None


def test_a_revoked_key_opens_nothing_at_once_in_every_process(tmp_path: Path) -> None:
    keys, elsewhere = Keys(tmp_path), Keys(tmp_path)
    key, text = keys.add("shop")
    assert elsewhere.find(text) == key
    assert keys.revoke("shop") == key
    assert elsewhere.find(text) is None
    with pytest.raises(UsageError, match="there is no key"):
        keys.revoke("shop")


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb"])
def test_a_name_is_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        Keys(tmp_path).add(name)


def test_a_name_is_taken_once_though_many_ask(tmp_path: Path) -> None:
    made: list[str] = []

    def add() -> None:
        with contextlib.suppress(UsageError):
            made.append(Keys(tmp_path).add("shop")[1])

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{")
    with pytest.raises(UsageError, match=r"keys\.json: cannot be read"):
        Keys(tmp_path).all()


def test_a_public_address_needs_keys_or_a_word(tmp_path: Path) -> None:
    data = str(tmp_path)
    for host in ("0.0.0.0", "::", "192.168.1.2", "example.org"):
        with pytest.raises(UsageError, match="matteo keys add"):
            check_open(Settings(host=host, data=data))
        check_open(Settings(host=host, data=data, public_without_keys=True))
    for host in ("127.0.0.1", "::1", "localhost", "127.9.9.9"):
        check_open(Settings(host=host, data=data))
    with pytest.raises(UsageError, match=f"matteo keys add NAME --data {data}"):
        check_open(Settings(host="0.0.0.0", data=data))
    Keys(tmp_path).add("shop")
    check_open(Settings(host="0.0.0.0", data=data))


def test_without_a_key_403_and_never_401(serve: Callable[..., Running]) -> None:
    running = serve(keys="always", trusted_proxies="127.0.0.1")
    _, text = running.service.keys.add("shop", rate=3)
    with httpx.Client(base_url=running.url) as client:
        for path in ("/v1.0/account", "/api/models", "/api/effects", "/api/jobs", "/api/jobs/" + "a" * 22):
            missing = client.get(path)
            assert missing.status_code == 403
            assert missing.json()["errors"][0] | {"detail": ""} == {
                "title": "Missing API Key", "code": "auth_failed", "detail": "",
            }  # fmt: skip
            wrong = client.get(path, headers={"X-Api-Key": "wrong"})
            assert (wrong.status_code, wrong.json()["errors"][0]["title"]) == (403, "API Key invalid")
            assert "x-ratelimit-limit" in wrong.headers
        for path in ("/v1.0/removebg", "/v1.0/improve", "/api/cutouts", "/api/jobs"):
            assert client.post(path, files={"image_file": b"x"}).status_code == 403
        for headers in ({"x-api-key": text}, {"X-API-KEY": text}, {"Authorization": f"Bearer {text}"}):
            answer = client.get("/v1.0/account", headers=headers)
            assert answer.status_code == 200
            assert answer.headers["x-ratelimit-limit"] == "3"
        for path in ("/health", "/ready"):
            assert client.get(path).status_code == 200
        assert client.get("/metrics").status_code == 403
        assert client.get("/metrics", headers={"Authorization": f"Bearer {text}"}).status_code == 200
        running.service.keys.revoke("shop")
        assert client.get("/v1.0/account", headers={"X-Api-Key": text}).status_code == 403


def test_behind_a_proxy_strangers_need_a_key_and_this_machine_none(serve: Callable[..., Running]) -> None:
    running = serve(trusted_proxies="127.0.0.1")
    with httpx.Client(base_url=running.url) as client:
        assert client.get("/v1.0/account").status_code == 200
        assert client.get("/v1.0/account", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 200
        assert client.get("/v1.0/account", headers={"X-Forwarded-For": "8.8.8.8"}).status_code == 403
        assert client.get("/v1.0/account", headers={"X-Forwarded-For": "127.0.0.1, 8.8.8.8"}).status_code == 403


def test_what_nobody_trusted_forwards_makes_nobody_local(serve: Callable[..., Running]) -> None:
    with httpx.Client(base_url=serve().url) as client:
        assert client.get("/v1.0/account", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403
