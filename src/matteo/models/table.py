"""The networks known by name. What ships is found by its card in `weights/`; what is fetched is listed here; the
user's own lie in the library.

An entry states only what its publishers state. The files listed here were not run by this project's tests, which
have no network to fetch them by; the code that fetches and verifies them was.
"""

from __future__ import annotations

from pathlib import Path

from matteo.errors import UnknownModel
from matteo.models import library
from matteo.models.card import ModelCard, from_json

SHIPPED = Path(__file__).parent / "weights"
DEFAULT = "matteo"

_REMBG = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"
_U2NET = "U2-Net's authors, on DUTS-TR"
_BIREFNET = "BiRefNet's authors, on public segmentation sets, some of them research-only"

FETCHED = (
    ModelCard(
        name="u2net", file="u2net.onnx", checksum="md5:60024c5c889badc19c04ad937298a77b", side=320,
        licence="Apache-2.0 by its author's word; its training pictures (DUTS) have no open licence",
        provenance=_U2NET, sources=(_REMBG + "u2net.onnx",), trained_on=("DUTS-TR",),
    ),
    ModelCard(
        name="u2netp", file="u2netp.onnx", checksum="md5:8e83ca70e441ab06c318d82300c84806", side=320,
        licence="Apache-2.0 by its author's word; its training pictures (DUTS) have no open licence",
        provenance=_U2NET, sources=(_REMBG + "u2netp.onnx",), trained_on=("DUTS-TR",),
    ),
    ModelCard(
        name="isnet-general-use", file="isnet-general-use.onnx", checksum="md5:fc16ebd8b0c10d971d3513d564d01e29",
        side=1024, mean=(0.5, 0.5, 0.5), std=(1.0, 1.0, 1.0),
        licence="unclear: the repository's licence covers code only",
        provenance="IS-Net's authors, on DIS5K", sources=(_REMBG + "isnet-general-use.onnx",), trained_on=("DIS5K-TR",),
    ),
    ModelCard(
        name="birefnet-general-lite", file="birefnet-general-lite.onnx",
        checksum="md5:4fab47adc4ff364be1713e97b7e66334", side=1024, output="logits",
        licence="MIT by its author's word, on research-only training sets", provenance=_BIREFNET,
        sources=(_REMBG + "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",),
        trained_on=("DIS5K-TR", "DIS-TE1-4", "DUTS-TR", "DUTS-TE", "HRSOD", "UHRSD", "P3M-500"),
    ),
)  # fmt: skip


def shipped() -> dict[str, ModelCard]:
    """The default first."""
    found = sorted(map(from_json, SHIPPED.glob("*.json")), key=lambda card: (card.name != DEFAULT, card.name))
    return {card.name: card for card in found}


def built_in() -> dict[str, ModelCard]:
    """The networks that come with matteo, the shipped ones first, then those it can fetch."""
    return shipped() | {card.name: card for card in FETCHED}


def cards() -> dict[str, ModelCard]:
    """Every network known by name, the user's own last. Raises ModelError where a card of theirs is damaged."""
    return built_in() | {name: library.card_of(name) for name in library.names()}


def find(model: str | Path) -> tuple[ModelCard, Path | None]:
    """The card of a name, or of an ONNX file with its card beside it (`net.onnx`, `net.json`), and the file if local.

    A name is one that ships, one that is listed here, or one of the user's own.

    Raises UnknownModel, naming what there is; nothing is guessed.
    """
    path = Path(model)
    if path.suffix == ".onnx":
        if not path.is_file():
            raise UnknownModel(f"{path} does not exist")
        return from_json(path.with_suffix(".json")), path
    card_path = SHIPPED / f"{model}.json"
    if str(model) == path.name and card_path.is_file():
        card = from_json(card_path)
        return card, SHIPPED / card.file
    known = built_in()
    if str(model) in known:
        return known[str(model)], None
    if library.has(str(model)):
        card = library.card_of(str(model))
        return card, library.file_of(card)
    names = ", ".join([*known, *library.names()])
    raise UnknownModel(f"no model named {str(model)!r}: there are {names}; or give the path of an ONNX file")
