"""Megapixels a minute."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from matteo.server.rates import Rates
from matteo.server.refusal import Refusal

from .running import Running
from .sources import Sources, small


def test_a_minute_holds_its_megapixels_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("matteo.server.rates.time.monotonic", lambda: now[0])
    rates = Rates()
    assert rates.standing("a", 10).remaining == 10
    assert rates.charge("a", 10, 0.3).remaining == 9
    assert rates.charge("a", 10, 3.01).remaining == 5
    with pytest.raises(Refusal) as told:
        rates.charge("a", 10, 6)
    assert told.value.status == 429
    assert 0 < int(told.value.headers["Retry-After"]) <= 60
    assert rates.standing("a", 10).remaining == 5  # what was refused costs nothing
    assert rates.charge("b", 10, 9).remaining == 1  # each for itself
    rates.charge("a", 10, 5)
    with pytest.raises(Refusal):
        rates.check("a", 10)
    now[0] += 60
    rates.check("a", 10)
    assert rates.charge("a", 10, 1).remaining == 9


def test_a_picture_larger_than_the_minute_comes_first_or_not_at_all() -> None:
    rates = Rates()
    assert rates.charge("a", 10, 40).remaining == 0
    with pytest.raises(Refusal):
        rates.charge("a", 10, 1)


def test_several_processes_share_a_rate() -> None:
    assert Rates(4).standing("a", 10).limit == 2


def test_callers_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matteo.server.rates.MOST_CALLERS", 50)
    rates = Rates()
    for n in range(200):
        rates.charge(str(n), 10, 1)
    assert len(rates._windows) <= 50


def test_over_http_the_headers_say_it_and_429_says_when(serve: Callable[..., Running]) -> None:
    picture = small(step=4)
    with httpx.Client(base_url=serve(rate=2).url, timeout=60) as client:
        left = [
            client.post("/v1.0/removebg", files={"image_file": picture}).headers["x-ratelimit-remaining"] for _ in "ab"
        ]
        assert left == ["1", "0"]
        refused = client.post("/v1.0/removebg", files={"image_file": picture})
        assert refused.status_code == 429
        assert refused.json()["errors"][0]["code"] == "rate_limit_exceeded"
        assert 0 < int(refused.headers["retry-after"]) <= 61
        assert client.get("/v1.0/account").status_code == 200  # costs nothing


def test_what_is_fetched_costs_whatever_comes_of_it(serve: Callable[..., Running], pictures: Sources) -> None:
    running = serve(rate=10, url_networks="127.0.0.0/8")
    with httpx.Client(base_url=running.url, timeout=60) as client:
        left = [
            client.post(path, data={field: pictures.url + name}).headers["x-ratelimit-remaining"]
            for path, field, name in (
                ("/v1.0/improve", "image_url", "/picture.jpg"), ("/v1.0/improve", "image_url", "/404"),
                ("/api/cutouts", "url", "/text"), ("/v1.0/removebg", "image_url", "/picture.jpg"),
            )
        ]  # fmt: skip
    assert left == ["9", "8", "7", "5"]  # the last one's picture is a megapixel, too
