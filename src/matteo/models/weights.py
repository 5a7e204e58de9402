"""Weights on this machine: found, fetched, verified. Offline first: what is there and right is never fetched again.

A download goes to `<file>.part`, is resumed where it broke off, and gets its name only when its checksum is that of
the card. `MATTEO_OFFLINE=1` forbids every connection; `MATTEO_HOME` moves the folder.
"""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from matteo.errors import WeightsDamaged, WeightsUnavailable
from matteo.models import library
from matteo.models.card import ModelCard
from matteo.models.home import home as home
from matteo.models.table import SHIPPED

CHUNK = 1 << 20
TIMEOUT_S = 30
Progress = Callable[[int, int | None], None]


def location(card: ModelCard) -> Path | None:
    """Where the card's file lies on this machine, unverified; None if it is to be fetched."""
    return next((path for path in _places(card) if path.is_file()), None)


def _places(card: ModelCard) -> tuple[Path, ...]:
    return SHIPPED / card.file, home() / "models" / card.file, library.file_of(card)


def digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def is_right(path: Path, card: ModelCard) -> bool:
    algorithm, _, expected = card.checksum.partition(":")
    return digest(path, algorithm) == expected


def weights_of(card: ModelCard, local: Path | None = None, progress: Progress | None = None) -> Path:
    """The verified ONNX file of a card: the given one, the shipped one, the one fetched before, or fetched now.

    progress: called with (bytes so far, bytes in all or None) while it downloads.
    Raises WeightsUnavailable (offline, no source answers) or WeightsDamaged (bytes are not the card's).
    """
    path = local or location(card)
    if path is None:
        return fetch(card, home() / "models" / card.file, progress)
    if not path.is_file():
        raise WeightsUnavailable(f"{path} is missing beside its card: {_anew(card, path)}, or put it there")
    if not is_right(path, card):
        raise WeightsDamaged(f"{path} does not have the checksum that its card names: {_anew(card, path)}")
    return path


def _anew(card: ModelCard, path: Path) -> str:
    if path.is_relative_to(SHIPPED):
        return "install matteo again"
    if path.is_relative_to(library.folder()):
        return f"`matteo models remove {card.name}` and import it again"
    return "delete it and run again"


def fetch(card: ModelCard, target: Path, progress: Progress | None = None) -> Path:
    if os.environ.get("MATTEO_OFFLINE", "") not in ("", "0"):
        raise WeightsUnavailable(
            f"{card.name} is not on this machine and MATTEO_OFFLINE forbids fetching it: "
            f"put {card.file} into {target.parent}"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    failures = []
    for url in card.sources:
        try:
            return _fetch_one(card, url, target, progress)
        except (OSError, HTTPException) as error:
            failures.append(f"{url}: {error}")
    why = "; ".join(failures) or "its card names no address"
    raise WeightsUnavailable(f"{card.name} cannot be fetched ({why}): put {card.file} into {target.parent}")


def _fetch_one(card: ModelCard, url: str, target: Path, progress: Progress | None) -> Path:
    part = target.with_name(target.name + ".part")
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            resumed = answer.status == 206
            length = answer.headers.get("Content-Length")
            total = int(length) + (have if resumed else 0) if length else None
            with part.open("ab" if resumed else "wb") as file:
                _copy(answer, file, total, progress)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # 416: all bytes are here already, and the check below decides
            raise
    if total_is_short(part, card):
        raise OSError("the connection ended early; run again to go on")
    if not is_right(part, card):
        part.unlink()
        raise WeightsDamaged(f"what {url} gave does not have the checksum that the card of {card.name} names")
    os.replace(part, target)
    return target


def total_is_short(part: Path, card: ModelCard) -> bool:
    return card.bytes is not None and part.stat().st_size < card.bytes


def _copy(answer: BinaryIO, file: BinaryIO, total: int | None, progress: Progress | None) -> None:
    while chunk := answer.read(CHUNK):
        file.write(chunk)
        if progress:
            progress(file.tell(), total)
    if total is not None and file.tell() < total:
        raise OSError(f"the connection ended after {file.tell()} of {total} bytes; run again to go on")
