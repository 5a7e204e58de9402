"""What a person says of a picture: what to keep, what to drop, in which box to look; and the same from a file.

keep = [[310, 200], [[20, 40], [60, 80]]]   # a point; a stroke through two points
drop = [["75%", "90%"]]
box = [100, 50, 400, "100%"]                # x0, y0, x1, y1
keep-mask = "painted.png"                   # beside the file; what is bright or opaque in it is meant
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from matteo.errors import UsageError
from matteo.picture.mask import MaskSource

Length: TypeAlias = "float | str"  # pixels from the left or from the top, or per cent of the width or height: "31%"
Point: TypeAlias = tuple[Length, Length]
Mark: TypeAlias = "Point | Sequence[Point]"  # a point (x, y), or a stroke through several
Box: TypeAlias = tuple[Length, Length, Length, Length]  # x0, y0, x1, y1
Unit: TypeAlias = tuple[float, float]  # x, y as shares of width and height
Places: TypeAlias = tuple[tuple[Unit, ...], ...]

KEYS = ("keep", "drop", "box", "keep-mask", "drop-mask")


@dataclass(frozen=True)
class Hints:
    """All of it may be left out. Lengths are of the upright picture, in pixels or per cent.

    keep, drop: points and strokes on what belongs to the subject, and on what does not; where both mean the same place,
    drop does. box: nothing outside of it belongs to the subject. keep_mask, drop_mask: painted areas, pictures or
    arrays of the picture's shape at any size; what is bright or opaque there becomes wholly opaque or transparent.

    Raises UsageError for what is no point, stroke or box.
    """

    keep: Sequence[Mark] = ()
    drop: Sequence[Mark] = ()
    box: Box | None = None
    keep_mask: MaskSource | None = None
    drop_mask: MaskSource | None = None

    def __post_init__(self) -> None:
        for name in ("keep", "drop"):
            object.__setattr__(self, name, tuple(_mark(mark, name) for mark in _listed(getattr(self, name), name)))
        if self.box is not None:
            object.__setattr__(self, "box", _box(self.box))

    def __bool__(self) -> bool:
        return bool(self.keep or self.drop) or any(
            each is not None for each in (self.box, self.keep_mask, self.drop_mask)
        )

    def and_also(self, other: Hints) -> Hints:
        """Both; the other's box and masks where both have them."""
        return Hints(
            (*self.keep, *other.keep), (*self.drop, *other.drop), other.box or self.box,
            self.keep_mask if other.keep_mask is None else other.keep_mask,
            self.drop_mask if other.drop_mask is None else other.drop_mask,
        )  # fmt: skip

    def places(self, name: str, size_hw: tuple[int, int]) -> Places:
        """The marks to "keep" or "drop" in a picture of size_hw, as shares of it. UsageError for one outside of it."""
        return tuple(
            tuple((share(x, size_hw[1], "x"), share(y, size_hw[0], "y")) for x, y in mark)  # type: ignore[misc, str-unpack]
            for mark in (self.keep if name == "keep" else self.drop)
        )

    def box_in(self, size_hw: tuple[int, int]) -> tuple[float, float, float, float] | None:
        """The box as shares of the picture, cut at its border. UsageError where nothing is in it."""
        if self.box is None:
            return None
        x0, y0, x1, y1 = (
            min(1.0, max(0.0, share(at, size_hw[1 - i % 2], "xy"[i % 2], bounded=False)))
            for i, at in enumerate(self.box)
        )
        if x0 >= x1 or y0 >= y1:
            said = ",".join(str(at) for at in self.box)
            raise UsageError(
                f"the box {said} holds nothing of a picture of {size_hw[1]} x {size_hw[0]} pixels: give x0,y0,x1,y1"
            )
        return x0, y0, x1, y1


def share(length: Length, whole: int, axis: str, *, bounded: bool = True) -> float:
    """A length as a share of a side of `whole` pixels. UsageError for one outside of it, where it must be inside."""
    number, relative = _number(length)
    at = number / 100 if relative else number / whole
    if bounded and not 0 <= at <= 1:
        raise UsageError(f"{axis} = {length} is outside of the picture, which has {whole} pixels there")
    return at


def hints_of(path: Path) -> Hints:
    """From a TOML file; its masks lie beside it. Raises UsageError, naming the file, for what is wrong in it."""
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (ValueError, RecursionError) as error:  # also of what is no UTF-8
        raise UsageError(f"{path}: {error}") from error
    if unknown := set(facts) - set(KEYS):
        raise UsageError(f"{path}: unknown: {', '.join(sorted(unknown))}; hints are {', '.join(KEYS)}")
    values = {key.replace("-", "_"): value for key, value in facts.items()}
    for name in ("keep_mask", "drop_mask"):
        if name in values:
            if not isinstance(values[name], str):
                raise UsageError(f"{path}: {name.replace('_', '-')} is a file's name, not {values[name]!r}")
            values[name] = _beside(path, values[name])
    try:
        return Hints(**values)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def _beside(path: Path, name: str) -> Path:
    """A file that a file of hints names. UsageError for one that lies elsewhere, or is none."""
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise UsageError(f"{path}: {name} lies elsewhere: put the mask beside the hints")
    if not (mask := path.parent / name).is_file():
        raise UsageError(f"{path}: {name} is no file; put the mask beside the hints")
    return mask


def mark_of(text: str) -> Mark:
    """A point "x,y" or a stroke "x,y,x,y,…", from an option. UsageError for anything else."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) % 2 or len(parts) < 2:
        raise UsageError(f"{text[:60]!r} is no point: give x,y in pixels or per cent, or x,y,x,y,… for a stroke")
    points = tuple(zip(parts[::2], parts[1::2], strict=True))
    return points[0] if len(points) == 1 else points


def box_of(text: str) -> Box:
    """A box "x0,y0,x1,y1". UsageError for anything else."""
    parts = tuple(part.strip() for part in text.split(","))
    return _box(parts)


def _listed(marks: Any, name: str) -> Sequence[Any]:
    if isinstance(marks, str) or not isinstance(marks, Sequence):
        raise UsageError(f"{name} is a list of points and strokes, not {marks!r}: give [(x, y), …]")
    return marks


def _mark(mark: Any, name: str) -> tuple[Point, ...]:
    """Any mark as the points of a stroke."""
    if isinstance(mark, str) or not isinstance(mark, Sequence) or not len(mark):
        raise UsageError(f"{name}: {mark!r} is no point and no stroke: give (x, y), or [(x, y), (x, y), …]")
    points = [mark] if _is_length(mark[0]) else list(mark)
    for point in points:
        if isinstance(point, str) or not isinstance(point, Sequence) or len(point) != 2:
            raise UsageError(f"{name}: {point!r} is no point: give (x, y)")
        for length in point:
            _number(length)
    return tuple((point[0], point[1]) for point in points)


def _box(box: Any) -> Box:
    if isinstance(box, str) or not isinstance(box, Sequence) or len(box) != 4:
        raise UsageError(f"{box!r} is no box: give x0,y0,x1,y1 in pixels or per cent")
    for length in box:
        _number(length)
    return box[0], box[1], box[2], box[3]


def _is_length(value: Any) -> bool:
    return isinstance(value, str) or not isinstance(value, Sequence)


def _number(length: Any) -> tuple[float, bool]:
    """The number, and whether it is in per cent."""
    match = re.fullmatch(r"\s*(-?(?:\d+\.?\d*|\.\d+))\s*(px|%)?\s*", length) if isinstance(length, str) else None
    if match is not None:
        return float(match[1]), match[2] == "%"
    try:
        if isinstance(length, (str, bool)) or not math.isfinite(number := float(length)):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{str(length)[:40]!r} is no length: give pixels, or per cent as in 31%") from None
    return number, False
