"""What every answer bears, what is open to whom, and that the description fits."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from matteo.server import app as application
from matteo.server import logs
from matteo.server.metrics import Metrics

from .conftest import wait_until
from .running import Running
from .sources import small

PICTURE = small(step=4)


@pytest.mark.parametrize(
    "path", ["/health", "/ready", "/metrics", "/v1.0/account", "/api/models", "/api/docs", "/nothing", "/"]
)
def test_every_answer_is_safe_to_show(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert (
        "default-src 'none'" in headers["content-security-policy"]
        or "default-src 'self'" in headers["content-security-policy"]
    )
    assert len(headers["x-request-id"]) == 16
    assert headers["access-control-allow-origin"] == "*"
    assert "server" not in headers


def test_a_preflight_is_answered(client: httpx.Client) -> None:
    answer = client.options("/v1.0/removebg", headers={"Origin": "http://a", "Access-Control-Request-Method": "POST"})
    assert answer.status_code == 204
    assert "X-Api-Key" in answer.headers["access-control-allow-headers"]
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_origins_can_be_named(serve: Callable[..., Running]) -> None:
    running = serve(cors="https://shop.example")
    for origin, told in (("https://shop.example", "https://shop.example"), ("https://evil.example", None)):
        answer = httpx.get(running.url + "/health", headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == told
        assert answer.headers["vary"] == "Origin"


def test_errors_of_http_have_the_one_form(client: httpx.Client) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("PUT", "/api/jobs", 405), ("GET", "/v1.0/removebg", 405)):
        answer = client.request(method, path)
        assert answer.status_code == status
        assert answer.json()["errors"][0]["title"]
    assert client.get("/v1.0/removebg").headers["allow"] == "POST"
    assert client.put("/api/jobs").headers["allow"] == "GET, POST"
    assert client.put("/api/jobs/" + "a" * 22).headers["allow"] == "DELETE, GET"


def test_health_ready_and_metrics(client: httpx.Client, server: Running) -> None:
    assert client.get("/health").json()["status"] == "ok"
    assert client.get("/ready").json() == {"status": "ready", "model": "matteo"}
    client.post("/v1.0/removebg", files={"image_file": PICTURE})
    client.get("/api/jobs/" + "a" * 22)
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    line = re.compile(r'(# (HELP|TYPE) .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+)')
    assert all(line.fullmatch(one) for one in answer.text.splitlines())
    assert re.search(r'matteo_requests_total\{method="POST",path="/v1.0/removebg",status="200"\} [1-9]', answer.text)
    assert 'path="/api/jobs/{identity}",status="404"' in answer.text
    assert "a" * 22 not in answer.text
    assert "matteo_pictures_total" in answer.text
    server.service.engine.held += 1000
    try:
        assert client.get("/ready").status_code == 503
        assert client.post("/v1.0/removebg", files={"image_file": PICTURE}).status_code == 429
    finally:
        server.service.engine.held -= 1000


def test_a_histogram_counts_up_to_its_bounds() -> None:
    metrics = Metrics()
    for seconds in (0.01, 0.2, 99.0):
        metrics.request("GET", "/a", 200, seconds)
    text = metrics.text({})
    for bound, count in (("0.05", 1), ("0.25", 2), ("30.0", 2), ("+Inf", 3)):
        assert f'matteo_request_seconds_bucket{{path="/a",le="{bound}"}} {count}\n' in text
    assert 'matteo_request_seconds_sum{path="/a"} 99.21' in text


def test_what_is_not_foreseen_is_told_by_number_only(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = serve()
    monkeypatch.setattr(running.service.keys, "find", lambda _: 1 // 0)
    answer = httpx.get(running.url + "/v1.0/account", headers={"X-Api-Key": "k"})
    assert answer.status_code == 500
    (error,) = answer.json()["errors"]
    assert error["code"] == "internal_error"
    assert answer.headers["x-request-id"] in error["detail"]
    assert "division" not in answer.text


def test_a_log_line_tells_all_but_the_picture(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("matteo.server").propagate = True
    with caplog.at_level(logging.INFO, "matteo.server"):
        files = {"image_file": ("my-wedding.jpg", PICTURE)}
        answer = client.post("/v1.0/removebg?secret=1", files=files, data={"size": "auto"})
        wait_until(lambda: any(answer.headers["x-request-id"] in str(vars(one)) for one in caplog.records))
    lines = [logs.AsJson().format(record) for record in caplog.records]
    told = [json.loads(line) for line in lines if answer.headers["x-request-id"] in line]
    assert [one["event"] for one in told] == ["request"]
    assert told[0]["path"] == "/v1.0/removebg"
    assert (told[0]["status"], told[0]["method"], told[0]["caller"]) == (200, "POST", "127.0.0.1")
    assert told[0]["megapixels"] == pytest.approx(0.016, abs=0.001)
    assert told[0]["bytes"] == len(answer.content)
    assert not any("wedding" in line or "secret" in line for line in lines)


def test_the_description_names_every_address_and_the_page_shows_it(client: httpx.Client) -> None:
    described = client.get("/api/openapi.json").json()
    assert set(described["paths"]) == {
        "/v1.0/removebg", "/v1.0/account", "/v1.0/improve", "/api/cutouts", "/api/models", "/api/presets",
        "/api/effects", "/api/jobs", "/api/jobs/{identity}", "/api/jobs/{identity}/events",
        "/api/jobs/{identity}/results/{n}", "/health", "/ready", "/metrics",
    }  # fmt: skip
    page = client.get("/api/docs")
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            assert told["description"], path
            assert f"<h3>{method.upper()} {path}</h3>" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "<script" not in page.text


def test_the_page_lies_at_the_root_where_there_is_one(
    serve: Callable[..., Running], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><title>matteo</title>")
    (page / "page.js").write_text("1")
    (tmp_path / "secret").write_text("secret")
    monkeypatch.setattr(application, "PAGE", page)
    with httpx.Client(base_url=serve().url) as client:
        assert client.get("/").text.startswith("<!doctype html>")
        assert client.get("/page.js").headers["content-type"].startswith("text/javascript")
        assert "default-src 'self'" in client.get("/").headers["content-security-policy"]
        assert client.get("/").headers["cross-origin-embedder-policy"] == "require-corp"
        for path in ("/../secret", "/%2e%2e/secret", "/..%2fsecret", "//etc/passwd", "/page.js/../../secret"):
            assert "secret" not in client.get(path).text
        assert client.get("/v1.0/account").status_code == 200
        assert client.get("/none").json()["errors"][0]["code"] == "not_found"
        assert client.get("/v1.0/removebg").status_code == 405
