"""Hundreds of requests that nobody should send: each is answered, none with 5xx, and nothing is left of them."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from .conftest import wait_until
from .fuzz import Case, answer_to, cases
from .running import started
from .sources import Sources

COUNT = 330


def test_hostile_requests_are_answered_and_leave_nothing(
    pictures: Sources, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    monkeypatch.chdir(folder)
    reached = len(pictures.asked) + len(pictures.posted)
    found: Counter[tuple[str, int]] = Counter()
    settings = {"rate": 10**9, "request_mb": 1.0, "max_megapixels": 1.0, "body_timeout_s": 3.0, "url_timeout_s": 1.0}
    bounds = {"threads": 1, "parallel": 1, "webhook_secret": "s", "data": str(folder / "data")}
    with started(**settings, **bounds) as running, httpx.Client(base_url=running.url, timeout=60) as client:

        def ask(case: Case) -> None:
            status, body = answer_to(case, client, running.port)
            found[case.name.split()[0], status] += 1
            assert status < 500, (case, body)
            if case.raw is None:
                assert status > 0, case
                if status >= 400:
                    assert json.loads(body)["errors"][0]["title"], case
            assert b"root:" not in body, case

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ask, cases(COUNT, 1, pictures.port)))
        wait_until(lambda: running.service.engine.held == 0)
        wait_until(lambda: running.service.memory.held == 0)
        assert client.get("/ready").status_code == 200
    assert len(pictures.asked) + len(pictures.posted) == reached
    assert sum(count for (_, status), count in found.items() if 400 <= status < 500) > COUNT / 3
    assert sum(count for (_, status), count in found.items() if status == 200) > 10
    assert {path.name for path in folder.iterdir()} <= {"data"}
