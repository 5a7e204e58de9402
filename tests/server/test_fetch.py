"""Addresses that clients name: none of them may lead to this machine or its network."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest

from matteo.server.fetch import Bounds, FetchError, fetch
from matteo.server.settings import networks

from .running import Running
from .sources import Sources

BOUNDS = Bounds(1 << 20, 5.0)
HERE = Bounds(1 << 20, 2.0, networks("127.0.0.0/8", "x"))

# This machine in every notation, the clouds' inner address, and what is no http address at all.
TARGETS = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://LOCALHOST:{port}/", "http://127.1:{port}/",
    "http://127.0.1:{port}/", "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/", "http://017700000001:{port}/", "http://0:{port}/", "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/", "http://[::]:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/",
    "http://[0:0:0:0:0:ffff:7f00:1]:{port}/", "http://[::127.0.0.1]:{port}/", "http://127.0.0.1.:{port}/",
    "http://localhost.:{port}/", "http://user@127.0.0.1:{port}/", "http://8.8.8.8@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@8.8.8.8/", "http://127.0.0.1:{port}\\@8.8.8.8/", "http://127.0.0.1%2f:{port}/",
    "http://169.254.169.254/latest/meta-data/", "http://[fe80::1%25lo]:{port}/", "http://10.0.0.1/",
    "http://192.168.0.1/",
    "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:{port}/", "data:image/png;base64,AAAA",
    "//127.0.0.1/",
    "http://", "http:///a", "http://:80/", "http://127.0.0.1:99999/", "http://127.0.0.1:port/", "http://[::1/", "",
    "javascript:alert(1)", "http://a b/", "http://a\r\nHost: b/", "http://\u2460\u2461\u2466.0.0.1:{port}/",
    "/etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_no_notation_leads_here(pictures: Sources, target: str) -> None:
    before = len(pictures.asked)
    with pytest.raises(FetchError) as told:
        fetch(target.format(port=pictures.port), BOUNDS)
    assert told.value.invalid
    assert len(pictures.asked) == before


@pytest.mark.parametrize(
    "target", ["http://[::1]:{port}/picture.jpg", "http://10.0.0.1/", "http://169.254.169.254/", "file:///etc/passwd"]
)
def test_nor_does_a_redirect(pictures: Sources, target: str) -> None:
    with pytest.raises(FetchError) as told:
        fetch(f"{pictures.url}/to/{target.format(port=pictures.port)}", HERE)
    assert told.value.invalid
    assert pictures.asked[-1].startswith("/to/")


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is public when asked first and this machine when asked again (rebinding) is asked once only."""
    asked = []

    def resolver(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", ("127.0.0.1" if len(asked) > 1 else "192.0.2.7", port))]

    monkeypatch.setattr("matteo.server.fetch.socket.getaddrinfo", resolver)
    to = []

    def connect(address: tuple[str, int], timeout: float) -> None:
        to.append(address)
        raise OSError("no way")

    monkeypatch.setattr("matteo.server.fetch.socket.create_connection", connect)
    with pytest.raises(FetchError):
        fetch("http://rebound.example/", Bounds(10, 1.0, networks("192.0.2.0/24", "x")))
    assert asked == ["rebound.example"]
    assert to == [("192.0.2.7", 80)]


def test_one_private_address_of_a_name_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(0, 0, 0, "", ("8.8.8.8", 80)), (0, 0, 0, "", ("10.0.0.1", 80))]
    monkeypatch.setattr("matteo.server.fetch.socket.getaddrinfo", lambda *_, **__: both)
    with pytest.raises(FetchError, match="public"):
        fetch("http://both.example/", BOUNDS)


def test_a_picture_comes_and_a_redirect_is_followed(pictures: Sources) -> None:
    data = fetch(pictures.url + "/picture.jpg", HERE)
    assert data[:2] == b"\xff\xd8"
    assert fetch(f"{pictures.url}/to//to//picture.jpg".replace("/to//to/", "/to/"), HERE) == data


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/404", "HTTP Status 404"),
        ("/round", "too many redirects"),
        ("/endless", "larger than"),
        ("/short", "too early"),
    ],
)
def test_why_nothing_came(pictures: Sources, path: str, reason: str) -> None:
    with pytest.raises(FetchError, match=reason) as told:
        fetch(pictures.url + path, HERE)
    assert not told.value.invalid


def test_what_drips_is_cut_in_time(pictures: Sources) -> None:
    started = time.monotonic()
    with pytest.raises(FetchError, match="too long"):
        fetch(pictures.url + "/drip", Bounds(1 << 20, 0.7, HERE.allowed))
    assert time.monotonic() - started < 5


def test_even_when_the_line_cannot_be_cut(pictures: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the middle of a TLS handshake, whose socket is another one afterwards."""
    monkeypatch.setattr("matteo.server.fetch._Watch._cut", lambda _: None)
    started = time.monotonic()
    with pytest.raises(FetchError, match="too long"):
        fetch(pictures.url + "/drip", Bounds(1 << 20, 0.7, HERE.allowed))
    assert time.monotonic() - started < 5


def test_a_server_as_it_comes_fetches_nothing_from_here(serve: Callable[..., Running], pictures: Sources) -> None:
    running = serve()
    before = len(pictures.asked)
    with httpx.Client(base_url=running.url, timeout=30) as client:
        for field in ("image_url", "bg_image_url"):
            answer = client.post(
                "/v1.0/removebg",
                data={field: pictures.url + "/picture.jpg"}
                | ({} if field == "image_url" else {"image_file_b64": "aGk="}),
            )
            assert answer.json()["errors"][0]["code"] == f"invalid_{field}"
        answer = client.post("/api/cutouts", json={"url": f"http://localhost:{pictures.port}/picture.jpg"})
        assert answer.json()["errors"][0]["code"] == "invalid_url"
    assert len(pictures.asked) == before
