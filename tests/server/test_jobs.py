"""Jobs: given, watched, cancelled, fetched; and none lost when the server is killed."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image as PilImage

from matteo.server.jobs import webhook, work
from matteo.server.jobs.links import is_valid, link, secret_of
from matteo.server.jobs.store import MOST_RUNS, Item, Job, Store

from .conftest import wait_until
from .running import Running
from .sources import Sources, small

URL = "/api/jobs"
PICTURE = small(step=4)


def given(client: httpx.Client, count: int = 2, **fields: str) -> dict[str, Any]:
    files = [("file", (f"{n}.jpg", PICTURE)) for n in range(count)]
    answer = client.post(URL, files=files, data=fields)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{URL}/{told['id']}"
    return told


def over(client: httpx.Client, identity: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def ended() -> bool:
        found.update(client.get(f"{URL}/{identity}").json())
        return found["state"] in ("done", "failed")

    wait_until(ended, 60)
    return found


def test_several_pictures_come_out_as_one_by_one(client: httpx.Client) -> None:
    job = given(client, format="webp", background="white")
    assert (job["state"] in ("queued", "running"), job["total"], job["kind"]) == (True, 2, "cutouts")
    done = over(client, job["id"])
    assert (done["state"], done["done"], done["progress"]) == ("done", 2, 1.0)
    alone = client.post("/api/cutouts", files={"file": PICTURE}, data={"format": "webp", "background": "white"})
    for item in done["items"]:
        result = client.get(item["result"])
        assert result.content == alone.content
        assert result.headers["content-type"] == "image/webp"
        assert 'filename="result-' in result.headers["content-disposition"]
        assert item["facts"]["width"] == 128


def test_one_that_cannot_be_read_fails_alone(client: httpx.Client) -> None:
    answer = client.post(URL, files=[("file", ("a.jpg", PICTURE)), ("file", ("b.jpg", b"no picture"))])
    done = over(client, answer.json()["id"])
    assert done["state"] == "done"
    assert [item["state"] for item in done["items"]] == ["done", "failed"]
    assert done["items"][1]["error"]["code"] == "failed_to_read_image"
    assert "result" not in done["items"][1]


def test_progress_comes_as_events_until_the_end(client: httpx.Client) -> None:
    job = given(client, 3)
    with client.stream("GET", f"{URL}/{job['id']}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in stream.iter_lines() if line]
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    told = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert names[-1] == "done"
    assert set(names[:-1]) <= {"progress"}
    assert [one["progress"] for one in told] == sorted(one["progress"] for one in told)
    assert told[-1]["done"] == 3


def test_a_cancelled_job_is_gone_with_its_files(client: httpx.Client, server: Running) -> None:
    job = given(client, 20)
    place = server.service.jobs.place(job["id"])
    assert place.is_dir()
    assert client.delete(f"{URL}/{job['id']}").json() == {"id": job["id"], "state": "cancelled"}
    assert client.get(f"{URL}/{job['id']}").status_code == 404
    assert client.delete(f"{URL}/{job['id']}").status_code == 404
    wait_until(lambda: server.service.jobs.store.counts().get("running", 0) == 0)
    wait_until(lambda: not place.exists())


def test_links_end_and_open_nothing_else(client: httpx.Client, server: Running) -> None:
    done = over(client, given(client)["id"])
    url = done["items"][0]["result"]
    assert client.get(url).status_code == 200
    secret = secret_of(server.service.jobs.folder)
    identity = done["id"]
    late, other = link(secret, identity, 0, time.time() - 1), link(b"another", identity, 0, time.time() + 60)
    for wrong in (late, other, url.replace("results/0", "results/1"), url[:-1] + ("0" if url[-1] != "0" else "1")):
        query = dict(part.split("=") for part in wrong.partition("?")[2].split("&"))
        number = int(wrong.partition("results/")[2].partition("?")[0])
        assert not is_valid(secret, identity, number, query["expires"], query["signature"])
    assert client.get(f"{URL}/{identity}/results/99").status_code == 404
    for path in ("../secret", "%2e%2e%2fsecret", "0/../../secret", "-1", "٣", "in-0"):
        assert client.get(f"{URL}/{identity}/results/{path}").status_code == 404


def test_somebody_elses_job_is_not_there(serve: Callable[..., Running]) -> None:
    running = serve(keys="always")
    keys = [running.service.keys.add(name)[1] for name in ("a", "b")]
    with httpx.Client(base_url=running.url, timeout=60) as mine, httpx.Client(base_url=running.url) as theirs:
        mine.headers["X-Api-Key"], theirs.headers["X-Api-Key"] = keys
        job = over(mine, given(mine)["id"])
        for path in ("", "/events", "/results/0"):
            assert theirs.get(f"{URL}/{job['id']}{path}").status_code == 404
        assert theirs.delete(f"{URL}/{job['id']}").status_code == 404
        assert mine.get(f"{URL}/{job['id']}/results/0").status_code == 200
        assert httpx.get(running.url + job["items"][0]["result"]).status_code == 200  # the link is the key
        assert httpx.get(f"{running.url}{URL}/{job['id']}/results/0").status_code == 403


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"kind": "film"}, "invalid_kind"), ({"format": "bmp"}, "invalid_parameter"),
     ({"size": "9x"}, "invalid_parameter"), ({"effect": "stiker"}, "invalid_parameter"),
     ({"webhook": "ftp://a"}, "invalid_webhook"), ({"background": "/etc/passwd"}, "invalid_parameter")],
)  # fmt: skip
def test_what_is_wrong_is_said_at_once(client: httpx.Client, fields: dict[str, str], code: str) -> None:
    answer = client.post(URL, files={"file": PICTURE}, data=fields)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, code)


def test_a_job_needs_pictures_and_room(client: httpx.Client, serve: Callable[..., Running]) -> None:
    assert client.post(URL, data={"kind": "cutouts"}).json()["errors"][0]["code"] == "missing_source"
    small_one = serve(disk_mb=1.0, job_pictures=3)
    with httpx.Client(base_url=small_one.url, timeout=60) as other:
        big = PICTURE + bytes(600_000)
        assert other.post(URL, files={"file": big}).status_code == 202
        full = other.post(URL, files={"file": big})
        assert (full.status_code, full.json()["errors"][0]["code"]) == (429, "quota_exceeded")
        assert len(list((small_one.service.jobs.folder / "jobs").iterdir())) == 1
        many = other.post(URL, files=[("file", ("a", PICTURE))] * 6)
        assert many.status_code == 400


def test_a_webhook_is_told_and_signed(client: httpx.Client, pictures: Sources) -> None:
    pictures.posted.clear()
    job = given(client, 1, webhook=pictures.url + "/hook")
    wait_until(lambda: bool(pictures.posted), 60)
    headers, body = pictures.posted[0]
    stamp, _, told = headers["X-Matteo-Signature"].partition(",")
    wanted = hmac.new(b"w", stamp.removeprefix("t=").encode() + b"." + body, hashlib.sha256).hexdigest()
    assert told == f"v1={wanted}"
    assert json.loads(body)["id"] == job["id"]
    assert headers["X-Matteo-Event"] == "job.done"
    time.sleep(1.2)
    assert len(pictures.posted) == 1


def test_a_webhook_that_is_not_taken_is_called_again(
    client: httpx.Client, pictures: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "AGAIN_S", (0.1, 0.1))
    pictures.posted.clear()
    monkeypatch.setattr(pictures, "status", 500)
    given(client, 1, webhook=pictures.url + "/hook")
    wait_until(lambda: len(pictures.posted) == 3, 60)
    time.sleep(1.5)
    assert len(pictures.posted) == 3  # and then no more


def test_without_a_secret_there_are_no_webhooks(serve: Callable[..., Running]) -> None:
    answer = httpx.post(serve().url + URL, files={"file": PICTURE}, data={"webhook": "http://a.example/"})
    assert answer.status_code == 400
    assert "MATTEO_WEBHOOK_SECRET" in answer.json()["errors"][0]["detail"]


def test_what_has_expired_is_deleted(serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "SWEEP_S", 0.2)
    running = serve(result_hours=0.001)
    with httpx.Client(base_url=running.url, timeout=60) as client:
        job = given(client, 1)
        wait_until(lambda: client.get(f"{URL}/{job['id']}").status_code == 404)
        assert not running.service.jobs.place(job["id"]).exists()


@contextlib.contextmanager
def process(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server of its own process, as `matteo serve` is."""
    environment = os.environ | {"MATTEO_DATA": str(folder), "MATTEO_LOG": "none", "MATTEO_PARALLEL": "1"}
    port = _free_port()
    server = subprocess.Popen([sys.executable, "-m", "matteo", "serve", "--port", str(port)], env=environment)
    try:
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            assert server.poll() is None
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(url + "/ready").status_code == 200
            return False

        wait_until(answers, 60)
        yield url, server
    finally:
        server.kill()
        server.wait()


def _free_port() -> int:
    import socket

    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def test_killed_in_the_middle_no_picture_is_lost_or_done_twice(tmp_path: Path) -> None:
    count = 12
    with process(tmp_path) as (url, server), httpx.Client(base_url=url, timeout=60) as client:
        job = given(client, count)
        wait_until(lambda: client.get(f"{URL}/{job['id']}").json()["done"] >= 3, 60)
        server.send_signal(signal.SIGKILL)
        server.wait()
    base = sqlite3.connect(tmp_path / "jobs.sqlite")
    before = dict(base.execute("SELECT n, runs FROM items WHERE state = 'done'").fetchall())
    assert len(before) >= 3
    files = {n: (tmp_path / "jobs" / job["id"] / f"out-{n}").stat().st_mtime_ns for n in before}
    with process(tmp_path) as (url, server), httpx.Client(base_url=url, timeout=60) as client:
        done = over(client, job["id"])
        assert [item["state"] for item in done["items"]] == ["done"] * count
        assert PilImage.open(io.BytesIO(client.get(done["items"][-1]["result"]).content)).mode == "RGBA"
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) in (0, -signal.SIGTERM)
    runs = dict(base.execute("SELECT n, runs FROM items").fetchall())
    base.close()
    assert {n: runs[n] for n in before} == before  # what was done was not touched again
    assert sum(runs.values()) <= count + 1  # and of the others only the one that was at work begun anew
    for n, stamp in files.items():
        assert (tmp_path / "jobs" / job["id"] / f"out-{n}").stat().st_mtime_ns == stamp
    assert not list((tmp_path / "jobs" / job["id"]).glob("*.part"))


def a_job(count: int = 1) -> Job:
    now = time.time()
    items = tuple(Item("j" * 22, n, "a", "queued", 0, {}, None, 0) for n in range(count))
    return Job("j" * 22, "cutouts", "", {}, now, now + 600, "", 0, items)


def test_a_result_that_was_in_place_is_taken_and_not_made_again(serve: Callable[..., Running], tmp_path: Path) -> None:
    """Its maker was killed between the last two steps."""
    place = tmp_path / "data" / "jobs" / ("j" * 22)
    place.mkdir(parents=True)
    (place / "in-0").write_bytes(b"no picture, and not to be read")
    (place / "out-0.json").write_text('{"format": "png"}')
    (place / "out-0").write_bytes(b"made before")
    base = Store(tmp_path / "data" / "jobs.sqlite")
    assert base.add(a_job(), 1, 10)
    assert base.claim("dead") == ("j" * 22, 0)
    base.close()
    with httpx.Client(base_url=serve().url) as client:
        (item,) = over(client, "j" * 22)["items"]
        assert client.get(item["result"]).content == b"made before"


def test_an_item_that_ends_the_process_each_time_fails(tmp_path: Path) -> None:
    base = Store(tmp_path / "jobs.sqlite")
    assert base.add(a_job(), 1, 10)
    for n in range(MOST_RUNS):
        assert base.claim(f"holder {n}") == ("j" * 22, 0)
        assert base.claim("another") is None
        base.release(f"holder {n}")
    found = base.job("j" * 22)
    assert found is not None
    assert (found.state, found.items[0].runs) == ("failed", MOST_RUNS)
    assert not base.finish("j" * 22, 0, "holder 0", 1, {})  # too late
    base.close()


def test_of_many_threads_each_item_is_claimed_once(tmp_path: Path) -> None:
    bases = [Store(tmp_path / "jobs.sqlite") for _ in range(4)]
    assert bases[0].add(a_job(60), 1, 10)

    def claims(base: Store) -> list[tuple[str, int]]:
        return list(iter(lambda: base.claim("x"), None))

    with ThreadPoolExecutor(4) as pool:
        claimed = [one for found in pool.map(claims, bases) for one in found]
    assert sorted(claimed) == [("j" * 22, n) for n in range(60)]
    for base in bases:
        base.close()
