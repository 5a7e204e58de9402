"""Finds the pictures of a folder tree, and counts by reason what it passes over. Knows nothing of outputs' names."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from matteo.batch.names import is_manifest
from matteo.picture.formats import HEAD_BYTES, LAYERED, OUTPUTS, sniff

_READ = (suffix for suffix, format in OUTPUTS.items() if format not in LAYERED)
PICTURE_SUFFIXES = frozenset({*_READ, ".bmp", ".gif", ".heic", ".heif"})

HIDDEN = "hidden"
NO_PICTURE = "no picture"
OUTPUT_FOLDER = "output folder"
FOLDER_LINK = "link to a folder"  # not followed: it may lead round in a circle, or out of the tree to anywhere
BROKEN_LINK = "broken link"
SPECIAL = "no file (pipe, socket or device)"
CLOSED_FOLDER = "folder that may not be read"


def pictures(folder: Path, output: Path, passed_over: Counter[str]) -> list[str]:
    """Names (posix, relative to `folder`, sorted) of all pictures under it. A folder passed over counts as one.

    Pictures are known by their first bytes. What is none, or may not be read, stays in if its name says picture: it is
    to fail by name later and not to be lost here. Folders that an earlier run has written into are passed over, too.
    """
    return sorted(_walk(folder, os.path.realpath(output), passed_over))


def _walk(folder: Path, output: str, passed_over: Counter[str]) -> Iterator[str]:
    pending = [(str(folder), "")]
    while pending:  # no recursion: a tree may be deeper than Python's stack
        at, prefix = pending.pop()
        for entry in _entries(at, passed_over, root=not prefix):
            if reason := _why_not(entry, output):
                passed_over[reason] += 1
            elif entry.is_dir(follow_symlinks=False):
                pending.append((entry.path, f"{prefix}{entry.name}/"))
            else:
                yield prefix + entry.name


def _entries(at: str, passed_over: Counter[str], *, root: bool) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(at) as listing:
            entries = list(listing)
    except OSError:
        if root:
            raise
        passed_over[CLOSED_FOLDER] += 1
        return []
    if not root and any(is_manifest(entry.name) for entry in entries):
        passed_over[OUTPUT_FOLDER] += 1
        return []
    return entries


def _why_not(entry: os.DirEntry[str], output: str) -> str | None:
    """Why an entry is passed over; None for a picture and for a folder to look into."""
    if entry.name.startswith(".") or _hidden_on_windows(entry):
        return HIDDEN
    if entry.is_dir(follow_symlinks=False) and not _is_junction(entry):
        return OUTPUT_FOLDER if os.path.realpath(entry.path) == output else None
    if os.path.isdir(entry.path):  # the entry's own is_dir raises for a link to itself
        return FOLDER_LINK
    if not os.path.isfile(entry.path):
        return BROKEN_LINK if entry.is_symlink() else SPECIAL
    return _why_no_picture(entry)


def _why_no_picture(entry: os.DirEntry[str]) -> str | None:
    if os.path.splitext(entry.name)[1].lower() in PICTURE_SUFFIXES:
        return None  # damaged from the first byte on, or a web page saved as .jpg: its owner is to hear of it
    try:
        with open(entry.path, "rb", buffering=0) as file:
            return None if sniff(file.read(HEAD_BYTES)) is not None else NO_PICTURE
    except OSError:
        return NO_PICTURE


def _is_junction(entry: os.DirEntry[str]) -> bool:
    junction = getattr(entry, "is_junction", None)  # Windows; Python 3.12
    return bool(junction and junction())


def _hidden_on_windows(entry: os.DirEntry[str]) -> bool:
    if os.name != "nt":
        return False
    attributes: int = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    return bool(attributes & 0x2)  # FILE_ATTRIBUTE_HIDDEN
