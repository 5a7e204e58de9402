"""Files where they lie: in a folder, or in a plain tar at an offset. Bytes are read when they are asked for."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from matteo.errors import DataError


@dataclass(frozen=True)
class Stored:
    """One file of a set. name: relative to the set, posix. path: the file itself, or the tar that holds it."""

    name: str
    path: Path
    offset: int = 0
    size: int | None = None  # None: a file of its own

    def read(self) -> bytes:
        """Raises DataError where the file is gone, closed, or cut off."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                data = file.read(-1 if self.size is None else self.size)
        except OSError as error:
            raise DataError(f"{self}: cannot be read ({error.strerror}); check the file and its rights") from error
        if self.size is not None and len(data) < self.size:
            raise DataError(f"{self}: the tar ends before it does; copy {self.path.name} again")
        return data

    def __str__(self) -> str:
        return str(self.path) if self.size is None else f"{self.path}: {self.name}"


def files_of(path: Path) -> list[Stored]:
    """The files of a folder (sorted, with its folders; hidden ones left out) or of a tar (in the tar's order).

    Raises DataError for what is neither.
    """
    if path.is_dir():
        return sorted(_in_folder(path), key=lambda stored: stored.name)
    if not path.exists():
        raise DataError(f"{path}: no such set; give a folder or a .tar of pictures and masks")
    try:
        return list(_in_tar(path))
    except (tarfile.TarError, OSError) as error:
        raise DataError(f"{path}: is no folder and no plain tar ({error}); unpack it and give the folder") from error


def _in_folder(root: Path) -> Iterator[Stored]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file():
                yield Stored(path.relative_to(root).as_posix(), path)


def _in_tar(path: Path) -> Iterator[Stored]:
    with tarfile.open(path, "r:") as tar:  # not compressed: what is read later is found by its offset
        for member in tar:
            name = member.name.removeprefix("./")
            if member.isfile() and not name.rpartition("/")[2].startswith("."):
                yield Stored(name, path, member.offset_data, member.size)


def read_tar(path: Path) -> dict[str, dict[str, bytes]]:
    """{key: {suffix: bytes}} of the tar's files, in the tar's order. A suffix is all after the name's first dot."""
    members: dict[str, dict[str, bytes]] = {}
    for stored in files_of(path):
        folder, _, name = stored.name.rpartition("/")
        stem, _, suffix = name.partition(".")
        members.setdefault(f"{folder}/{stem}".lstrip("/"), {})["." + suffix] = stored.read()
    return members
