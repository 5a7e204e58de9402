"""The user's own networks, known by name: `<name>.json` and the ONNX file that this card names, in one folder.

The ONNX file carries the head of its checksum in its name. So a network is replaced by replacing its card, in one
step: at every moment the name means the old network or the new one, and never one's card with the other's weights.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

from matteo.errors import ModelError, OutputError, OutputExists, UnknownModel, UsageError
from matteo.models.card import ModelCard, from_json, to_json
from matteo.models.home import home
from matteo.models.lock import alone
from matteo.picture.write import publish

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
HEAD = 12  # digits of the checksum in a file's name


def folder() -> Path:
    """Where the user's own networks lie. It need not be there yet."""
    return home() / "my-models"


def names() -> list[str]:
    """The names of the user's networks, sorted, whether their cards can be read or not."""
    return sorted(path.stem for path in folder().glob("*.json")) if folder().is_dir() else []


def has(name: str) -> bool:
    return name in names()  # as written, also where the file system takes Shop for shop


def card_of(name: str) -> ModelCard:
    """Raises UnknownModel where there is none, ModelError where its card is damaged."""
    if not has(name):
        raise UnknownModel(f"no model of yours is named {name!r}: there are {', '.join(names()) or 'none yet'}")
    try:
        return from_json(folder() / f"{name}.json")
    except ModelError as error:
        raise ModelError(f"{error}; `matteo models remove {name}` takes it away") from error


def file_of(card: ModelCard) -> Path:
    return folder() / card.file


def check_name(name: str) -> None:
    """Raises UsageError for a name that could not be a file's on every system."""
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a model: use letters, digits, - and _, at most 64, no path, no dot")


def add(onnx: Path, card: ModelCard, name: str, *, overwrite: bool = False) -> ModelCard:
    """Copies a network into the user's folder under a name, whole or not at all; gives its card as kept there.

    The card's name, file, checksum and size become those of the copy; its addresses to fetch from are left out.
    Raises UsageError for a name that is none, ModelError for one that is taken (by a network that ships or is listed,
    whatever `overwrite` says; by the user's own unless `overwrite`), OutputError where it cannot be written.
    """
    check_name(name)
    check_free(name, overwrite=overwrite)
    data = _bytes_of(onnx)
    checksum = hashlib.sha256(data).hexdigest()
    kept = replace(
        card,
        name=name,
        file=f"{name}.{checksum[:HEAD]}.onnx",
        checksum=f"sha256:{checksum}",
        bytes=len(data),
        sources=(),
    )
    _make(folder())
    with _alone():
        check_free(name, overwrite=overwrite)  # once more: another process may have taken it
        try:
            publish(data, file_of(kept), overwrite=True)
            publish(to_json(kept).encode(), folder() / f"{name}.json", overwrite=overwrite)
        finally:
            _drop_unused(name)
    return kept


def check_free(name: str, *, overwrite: bool = False) -> None:
    """Raises ModelError where `add` would refuse the name: worth asking before hours of training, too."""
    from matteo.models.table import built_in  # which finds by name, and so knows this file

    if name.casefold() in {known.casefold() for known in built_in()}:
        raise ModelError(f"{name} is the name of a network that comes with matteo: choose another")
    taken = next((own for own in names() if own.casefold() == name.casefold()), None)
    if taken is not None and not (overwrite and taken == name):
        raise ModelError(f"a model of yours is named {taken}: choose another name, or `matteo models remove {taken}`")


def remove(name: str) -> None:
    """Deletes one of the user's networks. Raises UnknownModel where there is none, OutputError where it cannot go."""
    if not has(name):
        card_of(name)
    with _alone():
        _delete(folder() / f"{name}.json")
        _drop_unused(name)


def write_to(target: Path, onnx: Path, card: ModelCard, *, overwrite: bool = False) -> Path:
    """Writes a network's file and card as <name>.onnx and <name>.json into a folder; gives the path of the former.

    Both or none. Raises OutputExists unless `overwrite`, OutputError where they cannot be written.
    """
    network, facts = target / f"{card.name}.onnx", target / f"{card.name}.json"
    if facts.exists() and not overwrite:
        raise OutputExists(f"{facts}: is there already; --overwrite (overwrite=True) replaces it")
    _make(target)
    data, old = _bytes_of(onnx), _copied(network) if overwrite and network.exists() else None
    try:
        publish(data, network, overwrite=overwrite, sources=(onnx,))
        try:
            publish(to_json(replace(card, file=network.name)).encode(), facts, overwrite=overwrite)
        except BaseException:
            network.unlink() if old is None else os.replace(old, network)
            raise
    finally:
        if old is not None:
            old.unlink(missing_ok=True)
    return network


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror}); give another folder") from error


def _copied(file: Path) -> Path:
    """A copy beside a file, to be put back in one step, for which no room is needed."""
    copy = file.with_name(f".{file.name}.old")
    try:
        shutil.copyfile(file, copy)
    except OSError as error:
        copy.unlink(missing_ok=True)
        raise OutputError(f"{copy}: cannot be written ({error.strerror}); make room or give another folder") from error
    return copy


def _alone() -> contextlib.AbstractContextManager[None]:
    """One writer at a time: else one could delete, as unused, the ONNX file whose card another is about to write."""
    return alone(home() / "my-models.lock")


def _drop_unused(name: str) -> None:
    """Deletes the ONNX files under a name that its card does not name: those of a model replaced or removed.

    Nothing where the card cannot be read, as any of them may be the one that it names.
    """
    card, used = folder() / f"{name}.json", None
    if card.exists():
        try:
            used = from_json(card).file
        except ModelError:
            return
    for path in folder().glob(f"{name}.{'[0-9a-f]' * HEAD}.onnx"):
        if path.name != used:
            _delete(path)


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be deleted ({error.strerror}); check your rights to its folder") from error


def _bytes_of(onnx: Path) -> bytes:
    try:
        return onnx.read_bytes()
    except OSError as error:
        raise ModelError(f"{onnx}: cannot be read ({error.strerror}); check the path") from error
