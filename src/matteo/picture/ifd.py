"""Directories of tags as TIFF and EXIF hold them: read, pruned and written anew, values byte for byte.

Knows the layout, not what a tag means. Hostile input ends in ValueError, never in a loop or a huge allocation.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

UNDEFINED, SHORT, LONG, RATIONAL = 7, 3, 4, 5
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


@dataclass(frozen=True)
class Entry:
    """One tag's value: its TIFF type, how many of them, and the bytes in the directory's byte order."""

    kind: int
    count: int
    raw: bytes


@dataclass
class Directory:
    """Tags of one directory and the directories that some of them point to. `order` is "<" or ">"."""

    order: str
    entries: dict[int, Entry] = field(default_factory=dict)
    children: dict[int, Directory] = field(default_factory=dict)
    next: int = 0

    def numbers(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """The unsigned integers of a tag."""
        entry = self.entries.get(tag)
        if entry is None:
            return default
        if entry.kind not in _INTEGERS:
            raise ValueError(f"tag {tag} holds no unsigned integers")
        return struct.unpack(f"{self.order}{entry.count}{_INTEGERS[entry.kind]}", entry.raw)

    def number(self, tag: int, default: int = 0) -> int:
        """The first integer of a tag."""
        return (self.numbers(tag) or (default,))[0]

    def rational(self, tag: int) -> float | None:
        """The first rational of a tag, None where there is none or its denominator is 0."""
        entry = self.entries.get(tag)
        if entry is None or entry.kind != RATIONAL or entry.count < 1:
            return None
        above, below = struct.unpack(f"{self.order}II", entry.raw[:8])
        return above / below if below else None

    def put(self, tag: int, kind: int, values: Iterable[int]) -> None:
        """Set a tag to unsigned integers (for RATIONAL: numerator and denominator in turn)."""
        values = tuple(values)
        code = "I" if kind == RATIONAL else _INTEGERS[kind]
        count = len(values) // 2 if kind == RATIONAL else len(values)
        self.entries[tag] = Entry(kind, count, struct.pack(f"{self.order}{len(values)}{code}", *values))

    def put_bytes(self, tag: int, value: bytes, kind: int = UNDEFINED) -> None:
        """Set a tag to bytes."""
        self.entries[tag] = Entry(kind, len(value), value)


def header(data: bytes) -> tuple[str, bool, int]:
    """Byte order, whether it is a BigTIFF, and the offset of the first directory. ValueError where it is no TIFF."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        raise ValueError("no TIFF header")
    (magic,) = struct.unpack_from(f"{order}H", data, 2)
    if magic == 43 and len(data) >= 16:
        return order, True, struct.unpack_from(f"{order}Q", data, 8)[0]
    if magic != 42:
        raise ValueError("no TIFF header")
    return order, False, struct.unpack_from(f"{order}I", data, 4)[0]


def read(data: bytes, offset: int, order: str, *, big: bool = False, lenient: bool = False) -> Directory:
    """The directory at `offset`, without following pointers.

    Entries that reach beyond the data raise ValueError; `lenient` leaves them out (EXIF blocks are often a bit wrong).
    """
    count_size, code, room = (8, "Q", 8) if big else (2, "H", 4)
    width, word = (20, "Q") if big else (12, "I")
    if not 8 <= offset <= len(data) - count_size:
        raise ValueError("a directory beyond the end")
    (count,) = struct.unpack_from(order + code, data, offset)
    at = offset + count_size
    end = at + count * width
    if count > 4096 or (end > len(data) and not lenient):
        raise ValueError("a directory beyond the end")
    found = Directory(order)
    for position in range(at, min(end, len(data) - width + 1), width):
        tag, kind, number = struct.unpack_from(f"{order}HH{word}", data, position)
        size = _SIZES.get(kind, 0) * number
        place = position + width - room
        if size > room:
            (place,) = struct.unpack_from(order + word, data, place)
        if kind not in _SIZES or place + size > len(data):
            if lenient or kind not in _SIZES:
                continue
            raise ValueError(f"tag {tag} reaches beyond the end")
        found.entries[tag] = Entry(kind, number, data[place : place + size])
    if end + room <= len(data):
        (found.next,) = struct.unpack_from(order + word, data, end)
    return found


def start(order: str, at: int) -> bytes:
    """The eight bytes that a classic TIFF begins with, its first directory at offset `at`."""
    return struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, at)


def write(directory: Directory, at: int) -> bytes:
    """The directory and its children as classic TIFF bytes that are to lie at offset `at`, with no next directory."""
    tags = sorted({*directory.entries, *directory.children})
    table, tail = bytearray(struct.pack(f"{directory.order}H", len(tags))), bytearray()
    start = at + 2 + 12 * len(tags) + 4
    for tag in tags:
        if tag in directory.children:
            kind, count, raw = LONG, 1, struct.pack(f"{directory.order}I", start + len(tail))
            tail += write(directory.children[tag], start + len(tail))
        else:
            entry = directory.entries[tag]
            kind, count, raw = entry.kind, entry.count, entry.raw
        if len(raw) > 4:
            place = start + len(tail)
            tail += raw + b"\0" * (len(raw) % 2)
            raw = struct.pack(f"{directory.order}I", place)
        table += struct.pack(f"{directory.order}HHI", tag, kind, count) + raw.ljust(4, b"\0")
    return bytes(table + b"\0\0\0\0" + tail)
