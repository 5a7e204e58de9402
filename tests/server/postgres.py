"""PostgreSQL as Debian has it, on a free port of this machine, for as long as a test run takes."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from .running import free_port

REMEDY = "these tests need PostgreSQL's server: apt-get install postgresql"
USER = "postgres"  # Debian's: the server runs under no root
PASSWORD = "only for tests"


@dataclass
class Cluster:
    """A server of PostgreSQL. folder: all that it has."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return f"postgresql://matteo:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def start(self) -> None:
        command = [
            program("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder),
            "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=60",
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **_as_user())
        deadline = time.monotonic() + 60
        while True:
            assert self.process.poll() is None, "PostgreSQL ended by itself"
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.1)

    def stop(self) -> None:
        """As an operator does who does not wait for those that are connected."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
            self.process = None


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A new server, with a user who may make databases and who needs a password."""
    folder = Path(tempfile.mkdtemp(prefix="matteo-postgres-"))
    secret = folder / "password"
    secret.write_text(PASSWORD)
    try:
        if os.geteuid() == 0:
            for path in (folder, secret):
                shutil.chown(path, USER, USER)
        command = [program("initdb"), "-D", str(folder / "data"), "-U", "matteo", "-A", "scram-sha-256", "-E", "UTF8",
                   "--locale=C", "--no-sync", f"--pwfile={secret}"]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, **_as_user())
        found = Cluster(folder, free_port())
        found.start()
        try:
            yield found
        finally:
            found.stop()
    finally:
        shutil.rmtree(folder)


def program(name: str) -> str:
    """Where one of PostgreSQL's programs is: Debian keeps them off the path."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: one.parent.name)
    found = next((one / name for one in reversed(places) if (one / name).exists()), None) or shutil.which(name)
    assert found, REMEDY
    return str(found)


def _as_user() -> dict[str, Any]:
    return {"user": USER, "group": USER, "extra_groups": [], "cwd": "/"} if os.geteuid() == 0 else {}
