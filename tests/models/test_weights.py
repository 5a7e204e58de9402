"""Fetching against a server on this machine: it can be slow to give, break off, or give the wrong bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from matteo.errors import WeightsDamaged, WeightsUnavailable
from matteo.models.card import ModelCard, from_facts
from matteo.models.weights import home, location, weights_of
from tests.models.small import facts, mean_network

DATA = mean_network() + b"\0" * 100_000


class Server(ThreadingHTTPServer):
    content = DATA
    breaks_after: int | None = None
    ranges = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        self.server.asked.append(asked)
        if self.path != "/mean.onnx":
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.server.ranges else 0
        body = self.server.content[start:]
        if start and not body:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.breaks_after])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATTEO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MATTEO_OFFLINE", raising=False)
    return tmp_path / "home"


def card(*urls: str) -> ModelCard:
    return from_facts(facts(DATA, sources=list(urls)), Path("card.json"))


def test_fetched_once_then_found(server: Server, user_folder: Path) -> None:
    wanted = card(server.url + "/mean.onnx")
    seen: list[tuple[int, int | None]] = []
    path = weights_of(wanted, progress=lambda done, total: seen.append((done, total)))
    assert path == user_folder / "models" / "mean.onnx" == location(wanted)
    assert path.read_bytes() == DATA
    assert seen[-1] == (len(DATA), len(DATA))
    assert weights_of(wanted) == path
    assert len(server.asked) == 1
    assert [p.name for p in path.parent.iterdir()] == ["mean.onnx"]


def test_a_broken_download_goes_on_where_it_broke(server: Server) -> None:
    wanted = card(server.url + "/mean.onnx")
    server.breaks_after = 40_000
    with pytest.raises(WeightsUnavailable, match="run again to go on"):
        weights_of(wanted)
    server.breaks_after = None
    assert weights_of(wanted).read_bytes() == DATA
    assert server.asked == ["", "bytes=40000-"]


def test_a_server_without_ranges_starts_anew(server: Server) -> None:
    wanted = card(server.url + "/mean.onnx")
    server.breaks_after, server.ranges = 40_000, False
    with pytest.raises(WeightsUnavailable):
        weights_of(wanted)
    server.breaks_after = None
    assert weights_of(wanted).read_bytes() == DATA


def test_all_bytes_were_there_already_but_for_the_name(server: Server) -> None:
    wanted = card(server.url + "/mean.onnx")
    part = home() / "models" / "mean.onnx.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(DATA)
    assert weights_of(wanted).read_bytes() == DATA


def test_the_second_source_serves_when_the_first_does_not(server: Server) -> None:
    wanted = card(server.url + "/gone.onnx", server.url + "/mean.onnx")
    assert weights_of(wanted).read_bytes() == DATA


def test_wrong_bytes_are_refused_and_not_kept(server: Server, user_folder: Path) -> None:
    server.content = bytes(reversed(DATA))
    with pytest.raises(WeightsDamaged, match="checksum"):
        weights_of(card(server.url + "/mean.onnx"))
    assert list((user_folder / "models").iterdir()) == []


def test_damage_on_disk_is_found_and_nothing_is_fetched_over_it(server: Server, user_folder: Path) -> None:
    wanted = card(server.url + "/mean.onnx")
    path = weights_of(wanted)
    path.write_bytes(DATA[:-1] + b"x")
    with pytest.raises(WeightsDamaged, match="delete it"):
        weights_of(wanted)
    assert len(server.asked) == 1


def test_offline_asks_nobody(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTEO_OFFLINE", "1")
    with pytest.raises(WeightsUnavailable, match=r"put mean\.onnx into"):
        weights_of(card(server.url + "/mean.onnx"))
    assert server.asked == []


def test_a_card_without_its_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match="is missing beside its card"):
        weights_of(card(), tmp_path / "mean.onnx")


def test_nobody_answers() -> None:
    with pytest.raises(WeightsUnavailable, match="cannot be fetched"):
        weights_of(card("http://127.0.0.1:9/mean.onnx"))
