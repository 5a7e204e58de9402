"""Real servers: uvicorn on a free port of this machine, in a thread, with the shipped network."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from .postgres import Cluster, cluster
from .running import Running, started
from .running import wait_until as wait_until
from .sources import Sources, sources_served

BASES = ("sqlite", "postgres")


@pytest.fixture(scope="session")
def pictures() -> Iterator[Sources]:
    """A web server with pictures, redirects and traps."""
    with sources_served() as served:
        yield served


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The server that most tests share. It may fetch from this machine, which no server may by itself."""
    folder = tmp_path_factory.mktemp("server")
    with started(
        data=str(folder), url_networks="127.0.0.0/8", rate=1_000_000, webhook_secret="w", url_timeout_s=2.0,
        body_timeout_s=5.0, parallel=1, threads=1,
    ) as running:  # fmt: skip
        yield running


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Servers of a test's own, with settings of its own."""
    with contextlib.ExitStack() as stack:

        def make(**settings: object) -> Running:
            return stack.enter_context(
                started(**({"data": str(tmp_path / "data"), "parallel": 1, "threads": 1} | settings))
            )

        yield make


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A server of PostgreSQL; the test fails where there is none."""
    with cluster() as found:
        yield found


def jobs_url_of(request: pytest.FixtureRequest) -> str:
    """Where jobs lie: nothing for SQLite, else the address of a new database."""
    if request.param == "sqlite":
        return ""
    found: Cluster = request.getfixturevalue("postgres")
    return found.database()


@pytest.fixture(params=BASES)
def jobs_url(request: pytest.FixtureRequest) -> str:
    """The same test over both bases."""
    return jobs_url_of(request)
