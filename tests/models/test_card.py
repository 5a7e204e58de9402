import json
from pathlib import Path

import pytest

from matteo.errors import ModelError, UnknownModel
from matteo.models.card import from_facts, from_json, to_json
from matteo.models.table import DEFAULT, FETCHED, built_in, find, shipped
from tests.models.small import facts, mean_network, write_network

HERE = Path("card.json")


def test_a_card_comes_back_from_its_json(tmp_path: Path) -> None:
    card = shipped()[DEFAULT]
    path = tmp_path / "again.json"
    path.write_text(to_json(card), encoding="utf-8")
    assert from_json(path) == card


@pytest.mark.parametrize("name", built_in())
def test_every_card_says_what_it_must(name: str) -> None:
    card = built_in()[name]
    algorithm, _, digest = card.checksum.partition(":")
    assert len(bytes.fromhex(digest)) == {"sha256": 32, "md5": 16}[algorithm]
    assert card.licence
    assert card.provenance
    assert card.trained_on
    assert card.side % card.multiple == 0
    assert card.sources or card in shipped().values()


def test_names_are_unique_and_nothing_fetched_hides_what_ships() -> None:
    names = [card.name for card in FETCHED]
    assert len({*names, *shipped()}) == len(names) + len(shipped())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"side": 3}, "side"),
        ({"fit": "crop"}, "fit"),
        ({"output": "classes"}, "output"),
        ({"std": [0, 1, 1]}, "std"),
        ({"checksum": "12"}, "checksum"),
        ({"file": "../x.onnx"}, "bare file name"),
        ({"verdicts": ["mood"]}, "verdicts may be kind and quality"),
        ({"verdicts": ["kind"]}, "kinds must name"),
        ({"kinds": ["person"]}, "kinds must name"),
        ({"colour": "bgr"}, "unknown: colour"),
    ],
)
def test_a_wrong_fact_is_named(change: dict[str, object], says: str) -> None:
    with pytest.raises(ModelError, match=says):
        from_facts(facts(mean_network()) | change, HERE)


def test_a_missing_fact_is_named() -> None:
    with pytest.raises(ModelError, match="lacks licence, side"):
        from_facts({k: v for k, v in facts(mean_network()).items() if k not in ("side", "licence")}, HERE)


@pytest.mark.parametrize("text", ["", "{", "[]", "3"])
def test_what_is_no_card_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "net.json"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"net\.json"):
        from_json(path)


def test_find_by_path_and_by_name(tmp_path: Path) -> None:
    path = write_network(tmp_path)
    assert find(path)[0].name == "mean"
    assert find(path)[1] == path
    assert find("matteo")[0].name == "matteo"
    with pytest.raises(UnknownModel, match="there are matteo, matteo-fast, u2net"):
        find("u3net")
    with pytest.raises(UnknownModel, match="does not exist"):
        find(tmp_path / "none.onnx")
    path.with_suffix(".json").unlink()
    with pytest.raises(ModelError, match="needs its card beside it"):
        find(path)


def test_a_card_is_plain_json(tmp_path: Path) -> None:
    assert json.loads(to_json(shipped()[DEFAULT]))["name"] == DEFAULT
