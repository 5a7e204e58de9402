"""Killed in the middle, alone or beside another: no picture of a job is lost or done twice, over both bases."""

from __future__ import annotations

import io
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from PIL import Image as PilImage

from matteo.server.jobs.store import DONE, Store, open_store

from .postgres import Cluster
from .running import Running, children, process, wait_until
from .test_jobs import PICTURE, URL, given, over
from .test_store import ID, a_job

COUNT = 12


def done(client: httpx.Client, identity: str) -> int:
    return int(client.get(f"{URL}/{identity}").json()["done"])


def runs_of(store: Store, identity: str, states: tuple[str, ...] = (DONE,)) -> dict[int, int]:
    """How often each item was begun."""
    job = store.job(identity)
    assert job is not None
    return {item.n: item.runs for item in job.items if item.state in states}


def test_killed_in_the_middle_no_picture_is_lost_or_done_twice(tmp_path: Path, jobs_url: str) -> None:
    with process(tmp_path, jobs_url=jobs_url) as (url, server), httpx.Client(base_url=url, timeout=60) as client:
        job = given(client, COUNT)
        wait_until(lambda: done(client, job["id"]) >= 3, 60)
        server.send_signal(signal.SIGKILL)
        server.wait()
    store = open_store(jobs_url, tmp_path)
    before = runs_of(store, job["id"])
    assert len(before) >= 3
    place = tmp_path / "jobs" / job["id"]
    files = {n: (place / f"out-{n}").stat().st_mtime_ns for n in before}
    (place / ".out-11.killed-film").mkdir()  # what one who was killed may leave
    (place / ".out-11.killed.part").write_bytes(b"half")
    with process(tmp_path, jobs_url=jobs_url) as (url, server), httpx.Client(base_url=url, timeout=60) as client:
        told = over(client, job["id"])
        assert [item["state"] for item in told["items"]] == ["done"] * COUNT
        assert PilImage.open(io.BytesIO(client.get(told["items"][-1]["result"]).content)).mode == "RGBA"
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) in (0, -signal.SIGTERM)
    runs = runs_of(store, job["id"])
    store.close()
    assert {n: runs[n] for n in before} == before  # what was done was not touched again
    assert sum(runs.values()) <= COUNT + 1  # and of the others only the one that was at work begun anew
    for n, stamp in files.items():
        assert (place / f"out-{n}").stat().st_mtime_ns == stamp
    assert not list(place.glob(".*"))


def counted(url: str) -> int:
    """How many items a server says that it did."""
    found = re.search(r"matteo_job_items_total (\d+)", httpx.get(url + "/metrics").text)
    return int(found[1]) if found else 0


def test_two_servers_share_the_work_and_do_nothing_twice(tmp_path: Path, jobs_url: str) -> None:
    with process(tmp_path, jobs_url=jobs_url) as (one, _), process(tmp_path, jobs_url=jobs_url) as (other, _):
        with httpx.Client(base_url=one, timeout=60) as client, httpx.Client(base_url=other, timeout=60) as beside:
            job = given(client, 1)
            over(beside, job["id"])  # now both know of the jobs
            jobs = [given(client, COUNT), given(beside, COUNT)]
            for told in jobs:
                assert over(beside, told["id"])["state"] == "done"
        shares = counted(one), counted(other)
    assert sum(shares) == 2 * COUNT + 1
    assert min(shares) >= 1
    store = open_store(jobs_url, tmp_path)
    assert [set(runs_of(store, told["id"]).values()) for told in jobs] == [{1}, {1}]
    store.close()


def test_what_a_killed_server_had_at_work_another_takes_up(tmp_path: Path, jobs_url: str) -> None:
    with process(tmp_path, jobs_url=jobs_url) as (one, server), process(tmp_path, jobs_url=jobs_url) as (other, _):
        with httpx.Client(base_url=one, timeout=60) as client:
            job = given(client, 2 * COUNT)
            assert httpx.get(f"{other}{URL}/{job['id']}").status_code == 200
            wait_until(lambda: done(client, job["id"]) >= 3, 60)
            server.send_signal(signal.SIGKILL)
            server.wait()
        with httpx.Client(base_url=other, timeout=60) as client:
            assert over(client, job["id"])["state"] == "done"
    store = open_store(jobs_url, tmp_path)
    runs = runs_of(store, job["id"])
    store.close()
    assert len(runs) == 2 * COUNT
    assert sum(runs.values()) <= 2 * COUNT + 1


def test_while_the_database_is_away_pictures_are_cut_out_and_jobs_wait(
    serve: Callable[..., Running], postgres: Cluster
) -> None:
    running = serve(jobs_url=postgres.database())
    with httpx.Client(base_url=running.url, timeout=60) as client:
        job = given(client, COUNT)
        postgres.stop()
        try:
            refused = client.get(f"{URL}/{job['id']}"), client.post(URL, files={"file": PICTURE})
            assert client.post("/api/cutouts", files={"file": PICTURE}).status_code == 200
        finally:
            postgres.start()
        for answer in refused:
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "jobs_unreachable")
            assert int(answer.headers["retry-after"]) > 0
            assert "x-ratelimit-remaining" in answer.headers
        assert over(client, job["id"])["state"] == "done"
        assert [path.name for path in (running.service.jobs.folder / "jobs").iterdir()] == [job["id"]]
        assert sum(runs_of(running.service.jobs.store, job["id"]).values()) <= COUNT + 1


def workers(pid: int) -> list[int]:
    """uvicorn's processes, without those that only watch."""
    return [one for one in children(pid) if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def test_one_of_two_workers_is_killed_over_postgres(tmp_path: Path, postgres: Cluster) -> None:
    """As deploy/compose.yaml has it: one server with two workers; a new one comes in the killed one's place."""
    url = postgres.database()
    with process(tmp_path, jobs_url=url, workers="2") as (address, server):
        wait_until(lambda: len(workers(server.pid)) == 2)
        with httpx.Client(base_url=address, timeout=60) as client:
            job = asked(client)
            wait_until(lambda: told(address, job)["done"] >= 2, 120)
            os.kill(workers(server.pid)[0], signal.SIGKILL)
            wait_until(lambda: told(address, job)["state"] == "done", 240)
    store = open_store(url, tmp_path)
    runs = runs_of(store, job)
    store.close()
    assert len(runs) == 2 * COUNT
    assert sum(runs.values()) <= 2 * COUNT + 1


def asked(client: httpx.Client) -> str:
    files = [("file", (f"{n}.jpg", PICTURE)) for n in range(2 * COUNT)]
    return str(client.post(URL, files=files).json()["id"])


def told(address: str, identity: str) -> dict[str, Any]:
    """Of whichever worker answers; the line to one that was killed is lost."""
    while True:
        try:
            found: dict[str, Any] = httpx.get(f"{address}{URL}/{identity}", timeout=60).json()
            return found
        except httpx.TransportError:
            time.sleep(0.1)


def test_a_result_that_was_in_place_is_taken_and_not_made_again(
    serve: Callable[..., Running], tmp_path: Path, jobs_url: str
) -> None:
    """Its maker was killed between the last two steps."""
    place = tmp_path / "data" / "jobs" / ID
    place.mkdir(parents=True)
    (place / "in-0").write_bytes(b"no picture, and not to be read")
    (place / "out-0.json").write_text('{"format": "png"}')
    (place / "out-0").write_bytes(b"made before")
    store = open_store(jobs_url, tmp_path / "data")
    assert store.add(a_job(), 1, 10)
    assert store.claim("dead") == (ID, 0)
    store.close()
    with httpx.Client(base_url=serve(jobs_url=jobs_url).url) as client:
        (item,) = over(client, ID)["items"]
        assert client.get(item["result"]).content == b"made before"
