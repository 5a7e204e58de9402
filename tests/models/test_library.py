"""The user's own networks: kept whole, found by name, never mixed with those that come with matteo."""

from __future__ import annotations

import json
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matteo import Remover
from matteo.errors import ModelError, OutputError, OutputExists, UnknownModel, UsageError, WeightsDamaged
from matteo.models import library
from matteo.models.card import ModelCard, from_json
from matteo.models.session import Session
from matteo.models.table import built_in, cards, find
from matteo.models.weights import location, weights_of
from matteo.picture.write import publish
from tests.models.small import mean_network, write_network


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATTEO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def network(tmp_path: Path) -> tuple[Path, ModelCard]:
    path = write_network(tmp_path, trained_on=["some cars"])
    return path, from_json(path.with_suffix(".json"))


def listed() -> list[str]:
    return sorted(path.name for path in library.folder().iterdir())


def test_a_network_is_added_found_and_run(network: tuple[Path, ModelCard]) -> None:
    assert library.names() == []
    kept = library.add(*network, "shop")
    assert kept.name == "shop"
    assert kept.trained_on == ("some cars",)
    card, path = find("shop")
    assert card == kept
    assert path == location(card) == weights_of(card, path)
    assert path.read_bytes() == network[0].read_bytes()
    assert library.names() == ["shop"]
    assert list(cards())[-1] == "shop"
    assert "shop" not in built_in()
    rgb = np.full((40, 60, 3), 200, np.uint8)
    assert (Remover("shop").alpha(rgb) == Remover(network[0]).alpha(rgb)).all()


def test_names_that_are_taken_or_none(network: tuple[Path, ModelCard]) -> None:
    for name in ("matteo", "u2netp", "Matteo"):
        with pytest.raises(ModelError, match="comes with matteo"):
            library.add(*network, name, overwrite=True)
    for name in ("", "../up", "a.b", ".hidden", "two words", "x" * 65, "a/b"):
        with pytest.raises(UsageError, match="no name for a model"):
            library.add(*network, name)
    library.add(*network, "shop")
    with pytest.raises(ModelError, match="named shop"):
        library.add(*network, "shop")
    with pytest.raises(ModelError, match="named shop"):
        library.add(*network, "Shop", overwrite=True)
    assert library.names() == ["shop"]


def test_a_replaced_network_leaves_nothing_of_the_old_one(network: tuple[Path, ModelCard]) -> None:
    first = library.add(*network, "shop")
    network[0].write_bytes(mean_network((1, 3, 64, 64)))
    second = library.add(*network, "shop", overwrite=True)
    assert first.file != second.file
    assert listed() == [second.file, "shop.json"]
    assert find("shop")[0] == second


@contextmanager
def little_room(most: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_breaks_off_leaves_the_old_network(network: tuple[Path, ModelCard]) -> None:
    old = library.add(*network, "shop")
    before = listed()
    network[0].write_bytes(mean_network() + b"\0" * 100_000)
    with little_room(50_000), pytest.raises(OutputError):
        library.add(*network, "shop", overwrite=True)
    assert listed() == before
    card, path = find("shop")
    assert card == old
    weights_of(card, path)


def test_removed_is_gone(network: tuple[Path, ModelCard]) -> None:
    library.add(*network, "shop")
    library.add(*network, "shop2")
    library.remove("shop")
    assert [name.split(".")[0] for name in listed()] == ["shop2", "shop2"]
    with pytest.raises(UnknownModel, match=r"there are matteo.*shop2"):
        find("shop")
    for name in ("shop", "matteo"):
        with pytest.raises(UnknownModel, match="there are shop2"):
            library.remove(name)


def test_damage_is_said_with_its_remedy(network: tuple[Path, ModelCard]) -> None:
    card = library.add(*network, "shop")
    library.file_of(card).write_bytes(b"other")
    with pytest.raises(WeightsDamaged, match="matteo models remove shop"):
        weights_of(*find("shop"))
    (library.folder() / "shop.json").write_text("{")
    with pytest.raises(ModelError, match="matteo models remove shop"):
        find("shop")
    assert find("matteo")[0].name == "matteo"
    library.remove("shop")
    assert listed() == []


def test_written_out_and_taken_in_again(network: tuple[Path, ModelCard], tmp_path: Path) -> None:
    card = library.add(*network, "shop")
    path = library.write_to(tmp_path / "usb", library.file_of(card), card)
    assert json.loads((tmp_path / "usb" / "shop.json").read_text())["file"] == path.name == "shop.onnx"
    again = library.add(path, from_json(path.with_suffix(".json")), "again")
    assert replace(again, name=card.name, file=card.file) == card
    Session(path, again)
    with pytest.raises(OutputExists):
        library.write_to(tmp_path / "usb", library.file_of(card), card)


def test_the_folder_is_where_the_system_keeps_such_things(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MATTEO_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert library.folder() == tmp_path / "matteo" / "my-models"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert library.folder() == tmp_path / "local" / "matteo" / "my-models"


def test_of_two_that_add_at_once_neither_takes_the_others_file(
    network: tuple[Path, ModelCard], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(*network, "shop")
    other = tmp_path / "other.onnx"
    other.write_bytes(mean_network((1, 3, 64, 64)))
    has_network, first_is_done = threading.Event(), threading.Event()

    def slowly(data: bytes, target: Path, **how: Any) -> None:
        publish(data, target, **how)
        if threading.current_thread().name == "slow" and target.suffix == ".onnx":
            has_network.set()
            first_is_done.wait(0.5)

    monkeypatch.setattr(library, "publish", slowly)
    adding = partial(library.add, other, network[1], "shop", overwrite=True)
    slow = threading.Thread(target=adding, name="slow")
    slow.start()
    assert has_network.wait(10)
    network[0].write_bytes(mean_network((1, 3, 32, 32)))
    library.add(*network, "shop", overwrite=True)
    first_is_done.set()
    slow.join()
    assert weights_of(*find("shop")).read_bytes() == network[0].read_bytes()
    assert len(listed()) == 2


def test_a_card_that_cannot_be_read_costs_no_weights(network: tuple[Path, ModelCard]) -> None:
    kept = library.add(*network, "shop")
    card = library.folder() / "shop.json"
    whole = card.read_bytes()
    card.write_text("{")
    network[0].write_bytes(mean_network((1, 3, 64, 64)))
    with little_room(20_000), pytest.raises(OutputError):
        library.add(network[0], replace(network[1], provenance="x" * 50_000), "shop", overwrite=True)
    card.write_bytes(whole)
    assert find("shop")[0] == kept
    weights_of(*find("shop"))


def test_written_out_over_another_it_is_both_or_none(network: tuple[Path, ModelCard], tmp_path: Path) -> None:
    card, usb = library.add(*network, "shop"), tmp_path / "usb"
    path = library.write_to(usb, library.file_of(card), card)
    before = {file.name: file.read_bytes() for file in usb.iterdir()}
    other = tmp_path / "other.onnx"
    other.write_bytes(mean_network((1, 3, 64, 64)))
    long = replace(card, provenance="x" * 50_000)
    assert other.stat().st_size < 20_000
    with little_room(20_000), pytest.raises(OutputError):
        library.write_to(usb, other, long, overwrite=True)
    assert {file.name: file.read_bytes() for file in usb.iterdir()} == before
    with little_room(20_000), pytest.raises(OutputError):
        library.write_to(tmp_path / "new", other, long)
    assert list((tmp_path / "new").iterdir()) == []
    assert library.write_to(usb, other, long, overwrite=True) == path
    assert sorted(file.name for file in usb.iterdir()) == sorted(before)
    assert path.read_bytes() == other.read_bytes()


def test_what_cannot_be_deleted_is_said(network: tuple[Path, ModelCard]) -> None:
    card = library.add(*network, "shop")
    library.file_of(card).unlink()
    (library.file_of(card)).mkdir()
    with pytest.raises(OutputError, match=r"shop\..* cannot be deleted"):
        library.remove("shop")
