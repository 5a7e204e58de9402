"""From settings to a server that runs, and the refusal to be open to the world by accident."""

from __future__ import annotations

import os
from typing import Any

from fastapi import FastAPI

from matteo.errors import UsageError
from matteo.server import logs
from matteo.server.app import create_app
from matteo.server.jobs.store import open_store
from matteo.server.keys import Keys
from matteo.server.settings import Settings, as_environment, settings_from

FACTORY = "matteo.server.run:from_environment"
HEAD_BYTES = 32_768  # of a request's line and headers
KEEP_ALIVE_S = 15
WAITING = 1024  # connections that the system holds before they are taken


def serve(settings: Settings) -> None:
    """Serves until a signal ends it; what runs is finished. UsageError where it would be open to everybody."""
    check_open(settings)
    check_jobs(settings)
    logs.set_up(settings.log)
    configuration = config(settings)
    if settings.workers == 1:
        import uvicorn

        uvicorn.Server(configuration).run()
        return
    from uvicorn.supervisors import Multiprocess

    os.environ.update(as_environment(settings))
    Multiprocess(configuration, sockets=[configuration.bind_socket()]).run()


def config(settings: Settings, app: FastAPI | None = None) -> Any:
    """uvicorn's configuration. Several processes read the settings from the environment."""
    import uvicorn

    from matteo.server.protocol import Impatient

    one = settings.workers == 1
    found = uvicorn.Config(
        (app or create_app(settings)) if one else FACTORY, factory=not one, host=settings.host, port=settings.port,
        workers=settings.workers, http=Impatient, ws="none", loop="asyncio", lifespan="on",
        log_config=None, access_log=False, proxy_headers=False, server_header=False, date_header=True,
        timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=max(1, round(settings.shutdown_s)),
        h11_max_incomplete_event_size=HEAD_BYTES, backlog=WAITING,
    )  # fmt: skip
    found.patience_s = settings.body_timeout_s  # type: ignore[attr-defined] # goes to other processes with it
    return found


def from_environment() -> FastAPI:
    """The application of one of several processes."""
    settings = settings_from(os.environ)
    logs.set_up(settings.log)
    return create_app(settings)


def check_open(settings: Settings) -> None:
    """UsageError where others could reach the server and there is no key to tell them apart by."""
    if settings.local or settings.public_without_keys or Keys(settings.folder).all():
        return
    where = f" --data {settings.data}" if settings.data else ""
    raise UsageError(
        f"{settings.host} can be reached by others and there are no keys: make one with `matteo keys add NAME{where}`, "
        "or let everybody in with --public-without-keys"
    )


def check_jobs(settings: Settings) -> None:
    """MatteoError where there is an address for the jobs and they cannot be kept there."""
    if settings.jobs_url:
        open_store(settings.jobs_url, settings.folder).close()
