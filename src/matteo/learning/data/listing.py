"""Which picture belongs to which mask, by their names alone.

    images/a.jpg + masks/a.png     two folders
    a.jpg + a.png                  side by side, in a folder or a tar; the mask may be called a.mask.png, a.alpha.png,
                                   a.matte.png or a.cutout.png as well
    a.png                          transparent: its alpha is the mask

One rule serves folders and tars. A mask that has transparency itself (a cut-out beside its photograph) gives its alpha.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from PIL import Image as PilImage

from matteo.learning.data.stored import Stored, files_of

SUFFIXES = frozenset((".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"))
MASK_TAILS = (".mask", ".alpha", ".matte", ".cutout")
NO_PAIR = (".trimap",)
PICTURES, MASKS = "images", "masks"


@dataclass(frozen=True)
class Entry:
    """A picture and its mask: the picture itself where its own alpha is meant, None where there is none."""

    key: str
    picture: Stored
    mask: Stored | None


@dataclass(frozen=True)
class Listing:
    """A set by names. entries: with a mask, in order. alone: pictures without one. odd: {key: what is wrong}."""

    path: Path
    entries: tuple[Entry, ...]
    alone: tuple[Entry, ...]
    odd: dict[str, str]


@dataclass
class _Group:
    """The files of one key. either: a .png beside nothing yet, which may be the picture or the mask."""

    pictures: list[Stored] = field(default_factory=list)
    either: list[Stored] = field(default_factory=list)
    masks: list[Stored] = field(default_factory=list)


def listing(path: Path) -> Listing:
    """Finds the pairs of a folder or tar. Opens no picture but to see whether a lone one has transparency.

    Raises DataError where there is no such folder or tar.
    """
    entries, alone, odd = [], [], {}
    for key, group in _grouped(files_of(path)).items():
        found = _paired(key, group)
        if isinstance(found, str):
            odd[key] = found
        elif found.mask is None:
            alone.append(found)
        else:
            entries.append(found)
    return Listing(path, tuple(entries), tuple(alone), odd)


def _grouped(files: Iterable[Stored]) -> dict[str, _Group]:
    files = [stored for stored in files if PurePosixPath(stored.name).suffix.lower() in SUFFIXES]
    folders = {part for stored in files for part in PurePosixPath(stored.name).parts[:-1]}
    apart = {PICTURES, MASKS} <= folders
    groups: dict[str, _Group] = defaultdict(_Group)
    for stored in files:
        name = PurePosixPath(stored.name)
        place = next((part for part in name.parts[:-1] if part in (PICTURES, MASKS)), None) if apart else None
        stem, tail = _tail_of(name.stem) if place != PICTURES else (name.stem, "")
        key = "/".join([*(part for part in name.parts[:-1] if part != place), stem])
        if tail in NO_PAIR:
            continue
        group = groups[key]
        if place == MASKS or tail:
            group.masks.append(stored)
        elif place == PICTURES or name.suffix.lower() != ".png":
            group.pictures.append(stored)
        else:
            group.either.append(stored)
    return groups


def _tail_of(stem: str) -> tuple[str, str]:
    tail = next((tail for tail in (*MASK_TAILS, *NO_PAIR) if stem.endswith(tail) and stem != tail), "")
    return stem.removesuffix(tail), tail


def _paired(key: str, group: _Group) -> Entry | str:
    """The pair of a group, or what is wrong with it in words."""
    pictures, masks = group.pictures, group.masks
    if pictures:
        masks = group.either + masks
    else:
        pictures = group.either
    if len(pictures) > 1 or len(masks) > 1:
        kind, several = ("pictures", pictures) if len(pictures) > 1 else ("masks", masks)
        return f"has {len(several)} {kind} ({', '.join(sorted(stored.name for stored in several))}): keep one"
    if pictures and masks:
        return Entry(key, pictures[0], masks[0])
    (only,) = pictures or masks
    if has_transparency(only):
        return Entry(key, only, only)
    return Entry(key, only, None) if pictures else f"a mask without a picture ({only.name}): add the picture"


def has_transparency(stored: Stored) -> bool:
    """Whether a file's header speaks of alpha. A damaged PNG counts: reading it later says what is wrong with it."""
    try:
        with PilImage.open(stored.path if stored.size is None else io.BytesIO(stored.read())) as picture:
            return bool(picture.has_transparency_data)
    except Exception:
        return stored.name.lower().endswith(".png")
