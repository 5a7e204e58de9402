"""Names of outputs, such that no two sources can ever share one, and of what is kept beside them. Touches no file."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath


def settle(names: Iterable[str], suffix: str, *, tail: str = "", taken: Collection[str] = ()) -> dict[str, str]:
    """Output name of every source name (posix, relative), no two alike, none of them (folded) in `taken`.

    The shortest of these that is free:  stem + tail + suffix  ->  whole name + tail + suffix  ->  with a digest.
    Depends on the set of names alone, never on their order. It returns only when nothing clashes, on file systems
    that know upper from lower case and composed from decomposed letters as on those that do not.
    """
    levels = dict.fromkeys(names, 0)
    outputs = {name: _spell(name, 0, tail + suffix) for name in levels}
    while clashing := _clashing(outputs, levels, taken):
        for name in clashing:
            levels[name] += 1
            outputs[name] = _spell(name, levels[name], tail + suffix)
    return outputs


def fold(name: str) -> str:
    """The same text for all spellings that some file system takes for one name."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def part_of(name: str, count: int) -> int:
    """Which of `count` shards a name belongs to, from 1: the same on every machine, whatever else is in the folder."""
    same_everywhere = unicodedata.normalize("NFC", name)  # a Mac lists decomposed letters where others do not
    return int(_digest(same_everywhere), 16) % count + 1


def manifest_name(shard: tuple[int, int] | None = None) -> str:
    """The manifest's file name; every shard writes one of its own."""
    return f"matteo-manifest{_shard_part(shard)}.jsonl"


def is_manifest(name: str) -> bool:
    """Whether a file of this name shows that matteo has written its outputs into the folder."""
    return re.fullmatch(r"matteo-manifest(-\d+-of-\d+)?\.jsonl", name) is not None


def lock_name(shard: tuple[int, int] | None = None) -> str:
    return f".matteo{_shard_part(shard)}.lock"


def _shard_part(shard: tuple[int, int] | None) -> str:
    return f"-{shard[0]}-of-{shard[1]}" if shard else ""


def _clashing(outputs: dict[str, str], levels: dict[str, int], taken: Collection[str]) -> list[str]:
    """The names that have to give way: of those that share an output, the ones that have given way least so far."""
    holders: dict[str, list[str]] = defaultdict(list)
    for name, output in outputs.items():
        holders[fold(output)].append(name)
    clashing = []
    for key, held in holders.items():
        if len(held) > 1 or key in taken:
            least = min(levels[name] for name in held)
            clashing += [name for name in held if levels[name] == least]
    return clashing


def _spell(name: str, level: int, ending: str) -> str:
    path = PurePosixPath(name)
    if level == 0:
        return str(path.with_name(path.stem + ending))
    if level == 1:
        return f"{name}{ending}"
    # Twins such as A.jpg and a.jpg: a digest of the exact name, another one at each level, so that it always ends.
    return f"{name}.{_digest(f'{level}/{name}')[:8]}{ending}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()  # names may hold bytes that are no UTF-8
