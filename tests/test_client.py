"""The client, before a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

import matteo
from matteo import OutputExists, UsageError
from matteo.client import Client, ServiceError
from tests.pictures import ASTRONAUT, photograph
from tests.server.conftest import serve as serve  # the fixture
from tests.server.running import Running
from tests.server.sources import small


@pytest.fixture
def server(serve: Callable[..., Running]) -> Running:
    return serve(rate=1_000_000)


@pytest.fixture
def client(server: Running) -> Iterator[Client]:
    with Client(server.url) as client:
        yield client


def test_a_cut_is_that_of_the_library(client: Client, tmp_path: Path) -> None:
    answer = client.cut(ASTRONAUT, edges="fast")
    own = matteo.remove(ASTRONAUT, edges="fast")
    path = answer.save(tmp_path / "cut.png")
    opacity = matteo.read(path).opacity
    assert opacity is not None
    assert np.abs(opacity - own.alpha).max() <= 2 / 255
    assert answer.type == "image/png"
    assert answer.kind == own.kind
    assert answer.confidence == pytest.approx(own.confidence, abs=1e-3)
    with pytest.raises(OutputExists):
        answer.save(path)


def test_a_mask_and_options_go_along(client: Client) -> None:
    from matteo.picture.read import read

    picture = photograph("astronaut")[::4, ::4]
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[40:90, 30:100] = 255
    png = [cv2.imencode(".png", array)[1].tobytes() for array in (picture, mask)]
    opacity = read(client.cut(png[0], mask=png[1], edges="none", keep_hidden=True).data).opacity
    assert opacity is not None
    assert np.array_equal(opacity > 0.5, mask > 127)


def test_a_job_is_waited_for_and_fetched(client: Client) -> None:
    seen: list[str] = []
    job = client.wait(client.start([small(step=4), b"no picture"], format="webp"), lambda job: seen.append(job.state))
    good, bad = job.items
    assert (good.state, bad.state) == ("done", "failed")
    assert client.fetch(good).data[8:12] == b"WEBP"
    with pytest.raises(ServiceError, match="picture"):
        client.fetch(bad)
    client.cancel(job)
    with pytest.raises(ServiceError) as found:
        client.job(job.id)
    assert found.value.status == 404


def test_a_refusal_says_why(client: Client) -> None:
    with pytest.raises(ServiceError, match="did you mean drop") as found:
        client.cut(small(step=4), shadow="dropp")
    assert found.value.status == 400


def test_a_key_that_can_be_none_is_refused_without_asking() -> None:
    with pytest.raises(UsageError, match="matteo keys add"):
        Client("http://127.0.0.1:9", key="schlüssel")


def test_a_wrong_key_is_refused_at_once(serve: Callable[..., Running]) -> None:
    strict = serve(keys="always")
    with Client(strict.url, key="wrong") as stranger, pytest.raises(ServiceError) as found:
        stranger.cut(small(step=4))
    assert found.value.status == 403


def test_nobody_there_is_said_so() -> None:
    with Client("http://127.0.0.1:9") as client, pytest.raises(ServiceError, match="is `matteo serve` running"):
        client.job("x")
