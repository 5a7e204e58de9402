"""What a store promises, the same of SQLite and PostgreSQL: an item is one holder's, and nothing is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from matteo.errors import UsageError
from matteo.server.jobs.base import Unreachable
from matteo.server.jobs.store import MOST_RUNS, Item, Job, Store, open_store

from .conftest import wait_until
from .postgres import Cluster

ID = "j" * 22


def a_job(count: int = 1, identity: str = ID, hook: str = "", fields: dict[str, str] | None = None) -> Job:
    now = time.time()
    items = tuple(Item(identity, n, "a", "queued", 0, {}, None, 0) for n in range(count))
    return Job(identity, "cutouts", "", fields or {}, now, now + 600, hook, 0, items)


@pytest.fixture
def opened(jobs_url: str, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """The same jobs opened once more, as another process would."""
    stores: list[Store] = []

    def make() -> Store:
        stores.append(open_store(jobs_url, tmp_path))
        return stores[-1]

    yield make
    for one in stores:
        one.close()


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    return opened()


def test_a_job_comes_back_as_it_was(store: Store) -> None:
    told = a_job(3, hook="http://a.example/", fields={"effect": "outline:1,red\nsrgb", "x": "\x00\u00fc"})
    assert store.add(told, 5_000_000_000, 6_000_000_000)
    assert store.job(ID) == told
    assert store.job("k" * 22) is None
    assert store.known() == {ID}
    assert store.room(6_000_000_000) == 1_000_000_000
    assert not store.add(a_job(1, "k" * 22), 1_000_000_001, 6_000_000_000)
    store.delete(ID)
    assert (store.job(ID), store.known(), store.counts()) == (None, set(), {})


def test_jobs_take_turns(store: Store) -> None:
    for identity in ("a" * 22, "b" * 22):
        assert store.add(a_job(2, identity), 1, 10)
    claimed = [store.claim("x") for _ in range(5)]
    assert claimed == [("a" * 22, 0), ("b" * 22, 0), ("a" * 22, 1), ("b" * 22, 1), None]
    assert store.holders() == ["x"]


def test_of_many_at_once_each_item_is_claimed_by_one(opened: Callable[[], Store]) -> None:
    stores = [opened() for _ in range(4)]
    assert stores[0].add(a_job(60), 1, 10)

    def claims(number: int) -> list[tuple[str, int]]:
        """Until nothing is left: PostgreSQL passes over what another is just claiming."""
        found = []
        while stores[number].counts().get("queued"):
            if (one := stores[number].claim(f"x{number}")) is not None:
                found.append(one)
        return found

    with ThreadPoolExecutor(4) as pool:
        claimed = [one for found in pool.map(claims, range(4)) for one in found]
    assert sorted(claimed) == [(ID, n) for n in range(60)]
    job = stores[0].job(ID)
    assert job is not None
    assert {item.runs for item in job.items} == {1}


def test_only_the_holder_may_tell_and_end(store: Store) -> None:
    assert store.add(a_job(2), 1, 10)
    assert store.claim("mine") == (ID, 0)
    assert not store.report(ID, 0, "another", 0.5)
    assert not store.finish(ID, 0, "another", 1, {})
    assert store.report(ID, 0, "mine", 0.5)
    assert store.finish(ID, 0, "mine", 7, {"format": "png"})
    assert not store.finish(ID, 0, "mine", 7, {})  # only once
    assert store.claim("mine") == (ID, 1)
    store.cancel(ID)
    assert not store.report(ID, 1, "mine", 0.9)
    assert not store.finish(ID, 1, "mine", 1, {})
    job = store.job(ID)
    assert job is not None
    assert [(item.state, dict(item.facts)) for item in job.items] == [("done", {"format": "png"}), ("cancelled", {})]
    assert store.room(100) == 100 - 1 - 7


def test_an_item_that_ends_the_process_each_time_fails_and_its_webhook_is_called(store: Store) -> None:
    assert store.add(a_job(hook="http://a.example/"), 1, 10)
    for n in range(MOST_RUNS):
        assert store.hook(1) is None
        assert store.claim(f"holder {n}") == (ID, 0)
        assert store.claim("another") is None
        assert store.release("nobody") == 0
        store.release(f"holder {n}")
    found = store.job(ID)
    assert found is not None
    assert (found.state, found.items[0].runs) == ("failed", MOST_RUNS)
    assert "ended each time" in json.dumps(dict(found.items[0].error or {}))
    assert not store.finish(ID, 0, "holder 0", 1, {})  # too late
    assert store.hook(1) == ID


def test_the_last_of_those_who_end_a_job_at_once_calls_its_webhook(opened: Callable[[], Store]) -> None:
    """Neither sees what the other has not yet said: without order among them nobody would be the last."""
    stores = [opened() for _ in range(4)]
    for turn in range(8):
        identity = f"{turn}" * 22
        assert stores[0].add(a_job(4, identity, hook="http://a.example/"), 1, 100)
        for n in range(4):
            assert stores[0].claim(f"x{n}") == (identity, n)
        with ThreadPoolExecutor(4) as pool:
            ended = pool.map(lambda n, job=identity: stores[n].finish(job, n, f"x{n}", 1, {}), range(4))
            assert list(ended) == [True] * 4
        assert stores[0].hook(60) == identity
        assert stores[1].hook(60) is None  # one calls it
        stores[0].hooked(identity, None)


def test_cancelling_and_ending_at_once_stop_nobody(opened: Callable[[], Store]) -> None:
    stores = [opened() for _ in range(3)]
    for turn in range(8):
        identity = f"{turn}" * 22
        assert stores[0].add(a_job(30, identity), 1, 100)

        def work(store: Store, job: str = identity) -> None:
            while (one := store.claim("x")) is not None:
                store.finish(*one, "x", 1, {})
            store.release("x")

        def end(job: str = identity) -> None:
            stores[2].cancel(job)
            stores[2].delete(job)

        with ThreadPoolExecutor(3) as pool:
            for one in [pool.submit(work, stores[0]), pool.submit(work, stores[1]), pool.submit(end)]:
                one.result(30)
        assert stores[0].job(identity) is None


def test_the_room_is_never_given_twice(opened: Callable[[], Store]) -> None:
    stores = [opened() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: stores[n % 4].add(a_job(1, f"{n:022}"), 10, 100), range(40)))
    assert sum(found) == 10
    assert stores[0].room(100) == 0


def test_a_holder_is_there_until_it_ends(opened: Callable[[], Store]) -> None:
    one, other = opened(), opened()
    assert other.base.is_gone("one")
    one.base.hold("one")
    assert not other.base.is_gone("one")
    assert not other.base.is_gone("one")
    one.close()
    wait_until(lambda: other.base.is_gone("one"))
    with pytest.raises(Unreachable):
        one.known()


def test_postgres_may_be_restarted(postgres: Cluster, tmp_path: Path) -> None:
    """What is asked while it is away says so; then all goes on, and holders hold."""
    url = postgres.database()
    one, other = open_store(url, tmp_path), open_store(url, tmp_path)
    one.base.hold("one")
    assert one.add(a_job(), 1, 10)
    postgres.stop()
    with pytest.raises(Unreachable, match="start PostgreSQL") as told:
        one.job(ID)
    assert "only" not in str(told.value)  # the password
    postgres.start()
    assert one.job(ID) == other.job(ID)
    assert one.known() == {ID}
    assert not other.base.is_gone("one")
    one.close()
    other.close()


def test_servers_of_one_database_share_a_folder(postgres: Cluster, tmp_path: Path) -> None:
    """Else one would take work whose pictures another has."""
    url = postgres.database()
    open_store(url, tmp_path / "one").close()
    open_store(url, tmp_path / "one").close()
    with pytest.raises(UsageError, match="set MATTEO_DATA"):
        open_store(url, tmp_path / "two")


def test_where_there_is_no_postgres_the_remedy_is_named(postgres: Cluster, tmp_path: Path) -> None:
    for url, remedy in (
        ("postgresql://a:secret@127.0.0.1:9/b", "start PostgreSQL"),
        (postgres.url("postgres").replace("only", "secret"), "start PostgreSQL"),
        ("postgresql://a:secret@127.0.0.1/?nonsense=1", "give postgresql://"),
    ):
        with pytest.raises((Unreachable, UsageError), match=remedy) as told:
            open_store(url, tmp_path)
        assert "secret" not in str(told.value)
