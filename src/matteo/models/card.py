"""The facts of one network. All preprocessing follows from them; there is no code for any one network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from matteo.errors import ModelError

Fit = Literal["pad", "stretch"]
Output = Literal["alpha", "logits"]
VERDICTS = ("kind", "quality")


@dataclass(frozen=True)
class ModelCard:
    """What a network takes, what it gives, where it is from, and on which terms.

    checksum: "sha256:<hex>" or, where its publisher gives nothing better, "md5:<hex>", of the ONNX file.
    """

    name: str
    file: str  # name of the ONNX file
    checksum: str
    side: int  # the picture is brought to about side x side pixels
    licence: str  # of the weights, in plain words
    provenance: str  # who trained it, on what
    commercial: bool = False  # whether the weights may clearly be used commercially
    fit: Fit = "stretch"  # "pad": aspect kept, padded to `multiple`; "stretch": to a square
    multiple: int = 32
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)  # of values in [0, 1]
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    output: Output = "alpha"
    looks: int = 1  # 2: a picture is looked at again, closer and mirrored (`matteo.models.looks`)
    sources: tuple[str, ...] = ()  # addresses to fetch the file from, tried in order
    bytes: int | None = None  # size of the file
    scores: Mapping[str, float] | None = None  # measured by this project
    trained_on: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()  # outputs beside alpha, by these names: "kind", B x kinds; "quality", B
    kinds: tuple[str, ...] = ()  # what "kind" is the chances of, in order


def from_json(path: Path) -> ModelCard:
    """The card beside an ONNX file.

    Raises ModelError where the file is missing, no JSON, or states too little or something unknown.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{path} is missing: a network needs its card beside it, a JSON with at least {', '.join(_needed())}"
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is no readable card: {error}") from error
    return from_facts(facts, path)


def from_facts(facts: Any, origin: Path) -> ModelCard:
    if not isinstance(facts, dict):
        raise ModelError(f"{origin}: a card is a JSON object")
    known = {field.name for field in fields(ModelCard)}
    missing, unknown = set(_needed()) - set(facts), set(facts) - known
    if missing or unknown:
        problems = (("lacks", missing), ("unknown:", unknown))
        said = [f"{problem} {', '.join(sorted(names))}" for problem, names in problems if names]
        raise ModelError(f"{origin}: {'; '.join(said)}")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()}
    card = ModelCard(**values)
    _check(card, origin)
    return card


def to_json(card: ModelCard) -> str:
    return json.dumps(asdict(card), indent=2, ensure_ascii=False) + "\n"


def _needed() -> list[str]:
    return ["name", "file", "checksum", "side", "licence", "provenance"]


def _check(card: ModelCard, origin: Path) -> None:
    problems = []
    if not (isinstance(card.side, int) and 16 <= card.side <= 8192):
        problems.append("side must be a whole number from 16 to 8192")
    if not (isinstance(card.multiple, int) and 1 <= card.multiple <= 256):
        problems.append("multiple must be a whole number from 1 to 256")
    if card.fit not in ("pad", "stretch"):
        problems.append('fit must be "pad" or "stretch"')
    if card.output not in ("alpha", "logits"):
        problems.append('output must be "alpha" or "logits"')
    if card.looks not in (1, 2):
        problems.append("looks must be 1 or 2")
    if len(card.mean) != 3 or len(card.std) != 3 or not all(value > 0 for value in card.std):
        problems.append("mean and std must be three numbers, std above 0")
    if card.checksum.partition(":")[0] not in ("sha256", "md5"):
        problems.append('checksum must be "sha256:<hex>" or "md5:<hex>"')
    if not set(card.verdicts) <= set(VERDICTS):
        problems.append(f"verdicts may be {' and '.join(VERDICTS)}")
    if ("kind" in card.verdicts) != bool(card.kinds):
        problems.append('kinds must name what the output "kind" tells apart, and only where there is one')
    if Path(card.file).name != card.file:
        problems.append("file must be a bare file name")
    if problems:
        raise ModelError(f"{origin}: {'; '.join(problems)}")
