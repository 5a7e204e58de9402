"""Jobs: given, watched, cancelled, fetched; the same over SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from matteo.server.jobs import webhook, work
from matteo.server.jobs.links import is_valid, link, secret_of

from .conftest import BASES, jobs_url_of
from .running import Running, started, wait_until
from .sources import Sources, small

URL = "/api/jobs"
PICTURE = small(step=4)


@pytest.fixture(scope="module", params=BASES)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(
        data=str(tmp_path_factory.mktemp("jobs")), jobs_url=jobs_url_of(request), url_networks="127.0.0.0/8",
        rate=1_000_000, webhook_secret="w", url_timeout_s=2.0, parallel=1, threads=1,
    ) as running:  # fmt: skip
        yield running


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

    wait_until(ended, 240)
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


def test_a_job_needs_pictures_and_room(client: httpx.Client, serve: Callable[..., Running], jobs_url: str) -> None:
    assert client.post(URL, data={"kind": "cutouts"}).json()["errors"][0]["code"] == "missing_source"
    small_one = serve(disk_mb=1.0, job_pictures=3, jobs_url=jobs_url)
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


def test_what_has_expired_is_deleted(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch, jobs_url: str
) -> None:
    monkeypatch.setattr(work, "SWEEP_S", 0.2)
    running = serve(result_hours=0.001, jobs_url=jobs_url)
    with httpx.Client(base_url=running.url, timeout=60) as client:
        job = given(client, 1)
        wait_until(lambda: client.get(f"{URL}/{job['id']}").status_code == 404)
        wait_until(lambda: not running.service.jobs.place(job["id"]).exists())  # the record goes first, then its files


def test_a_result_that_has_no_room_fails_and_leaves_nothing(serve: Callable[..., Running], jobs_url: str) -> None:
    """The quota holds for what comes out, too: here a picture leaves a thousand bytes of it."""
    running = serve(disk_mb=1.0, jobs_url=jobs_url)
    with httpx.Client(base_url=running.url, timeout=60) as client:
        heavy = PICTURE + bytes(999_000 - len(PICTURE))
        job = client.post(URL, files={"file": heavy}).json()
        (item,) = over(client, job["id"])["items"]
        assert (item["state"], item["error"]["code"]) == ("failed", "quota_exceeded")
        assert {path.name for path in running.service.jobs.place(job["id"]).iterdir()} == {"in-0"}
        assert client.delete(f"{URL}/{job['id']}").status_code == 200
        assert over(client, given(client, 1)["id"])["state"] == "done"


def test_a_name_that_a_database_cannot_hold_is_told_without_it(client: httpx.Client) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a\x00\x1b[31m.jpg"\r\n\r\n'
        + PICTURE + b"\r\n--b--\r\n"
    )  # fmt: skip
    answer = client.post(URL, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 202, answer.text
    assert answer.json()["items"][0]["name"] == "a\ufffd\ufffd[31m.jpg"
