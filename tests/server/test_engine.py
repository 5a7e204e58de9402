"""Back-pressure: as many as fit, the others are told to come back, and nothing grows."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from matteo.server.engine import Engine
from matteo.server.refusal import Refusal
from matteo.server.settings import Settings

from .running import Running
from .sources import small

PICTURE = small(step=4)


def test_so_many_run_so_many_wait_and_the_next_is_refused() -> None:
    engine = Engine(Settings(parallel=2, queue=3))
    gate, begun = threading.Event(), []

    def work() -> int:
        begun.append(1)
        gate.wait(10)
        return len(begun)

    async def all_of_them() -> None:
        tasks = [asyncio.create_task(engine.run(work)) for _ in range(5)]
        await asyncio.sleep(0.3)
        assert (len(begun), engine.held, engine.waiting, engine.is_full) == (2, 5, 3, True)
        with pytest.raises(Refusal) as told:
            await engine.run(work)
        assert told.value.status == 429
        assert int(told.value.headers["Retry-After"]) >= 1
        gate.set()
        await asyncio.gather(*tasks)
        await asyncio.sleep(0.05)
        assert (engine.held, len(begun)) == (0, 5)

    asyncio.run(all_of_them())
    engine.close()


def test_who_waits_too_long_is_told_and_never_begun() -> None:
    engine = Engine(Settings(parallel=1, queue=3, timeout_s=0.2))
    gate, begun = threading.Event(), []

    async def both() -> None:
        first = asyncio.create_task(engine.run(lambda: gate.wait(10)))
        await asyncio.sleep(0.05)
        with pytest.raises(Refusal):
            await engine.run(lambda: begun.append(1))
        gate.set()
        assert await first is True
        assert await engine.run(lambda: 7) == 7

    asyncio.run(both())
    engine.close()
    assert begun == []


def test_who_went_away_is_never_begun() -> None:
    engine = Engine(Settings(parallel=1, queue=3))
    gate, begun = threading.Event(), []

    async def both() -> None:
        first = asyncio.create_task(engine.run(lambda: gate.wait(10)))
        gone = asyncio.create_task(engine.run(lambda: begun.append(1)))
        await asyncio.sleep(0.1)
        gone.cancel()
        await asyncio.sleep(0.1)
        assert engine.held == 1
        gate.set()
        await first

    asyncio.run(both())
    engine.close()
    assert begun == []


def test_an_error_of_the_work_comes_back_and_frees_its_place() -> None:
    engine = Engine(Settings(parallel=1, queue=0))

    async def twice() -> None:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await engine.run(lambda: 1 // 0)
            await asyncio.sleep(0.05)

    asyncio.run(twice())
    engine.close()


def test_under_overload_every_request_is_answered_200_or_429(serve: Callable[..., Running]) -> None:
    running = serve(queue=2)

    def ask(_: int) -> tuple[int, bytes, str]:
        answer = httpx.post(running.url + "/v1.0/removebg", files={"image_file": PICTURE}, timeout=60)
        return answer.status_code, answer.content, answer.headers.get("retry-after", "")

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(ask, range(48)))
    statuses = Counter(status for status, *_ in answers)
    assert set(statuses) == {200, 429}
    assert statuses[200] >= 3
    assert len({content for status, content, _ in answers if status == 200}) == 1
    assert all(int(retry) >= 1 for status, _, retry in answers if status == 429)
    assert (running.service.engine.held, running.service.memory.held) == (0, 0)


def test_a_shutdown_finishes_what_runs(serve: Callable[..., Running]) -> None:
    from .running import started

    with ThreadPoolExecutor(1) as pool:
        with started(parallel=1, threads=1) as running:
            engine = running.service.engine
            answer = pool.submit(httpx.post, running.url + "/api/cutouts", files={"file": small(step=1)}, timeout=60)
            deadline = time.monotonic() + 20
            while engine.held == 0 and time.monotonic() < deadline:
                time.sleep(0.005)
            assert engine.held == 1
        assert answer.result().status_code == 200


def test_free_memory_is_given_back_at_rest_and_seldom_while_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr("matteo.server.engine.TRIM_S", 0.0)
    monkeypatch.setattr("matteo.server.engine.TRIM_EVERY", 4)
    engine = Engine(Settings(parallel=1, queue=9))
    monkeypatch.setattr("matteo.server.engine.give_back", lambda: given.append(engine._done))

    async def first_alone_then_six() -> None:
        await engine.run(lambda: None)
        await asyncio.sleep(0.05)
        assert given == [1]
        await asyncio.gather(*(engine.run(lambda: time.sleep(0.1)) for _ in range(6)))

    asyncio.run(first_alone_then_six())
    engine.close()
    assert given == [1, 4, 7]
