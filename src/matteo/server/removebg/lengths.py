"""The dialect's small languages: regions, margins, scales and positions, in pixels and per cent."""

from __future__ import annotations

import re
from dataclasses import dataclass

from matteo.server.refusal import Refusal

_NUMBER = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(px|%)?")
MOST_SHARE, MOST_PIXELS = 0.5, 500  # of a margin
CENTRE = (0.5, 0.5)


@dataclass(frozen=True)
class Length:
    """A number of pixels, or a share of something where `share`."""

    value: float
    share: bool

    def of(self, whole: float) -> float:
        """In pixels."""
        return self.value * whole if self.share else self.value


def lengths(text: str, refusal: Refusal) -> tuple[Length, ...]:
    """Those of "10px 20%"; a number by itself is one only where it is 0. The refusal for anything else."""
    found = []
    for part in text.split():
        matched = _NUMBER.fullmatch(part)
        if matched is None or (matched[2] is None and float(matched[1]) != 0):
            raise refusal
        found.append(Length(float(matched[1]) / (100 if matched[2] == "%" else 1), matched[2] == "%"))
    return tuple(found)


@dataclass(frozen=True)
class Region:
    """The rectangle outside of which all is background."""

    edges: tuple[Length, ...]

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels of a picture. Refusal where it juts out or holds nothing."""
        left, top, right, bottom = (edge.of(n) for edge, n in zip(self.edges, (width, height) * 2, strict=True))
        if max(left, right) > width or max(top, bottom) > height:
            raise bad("roi", "Region of interest exceeds the image", "roi_exceeds_bounds")
        box = round(left), round(top), round(right), round(bottom)
        if box[2] <= box[0] or box[3] <= box[1]:
            raise bad("roi", "Region of interest is empty", "roi_region_empty")
        return box


def bad(field: str, title: str = "", code: str = "") -> Refusal:
    """400 for a field: "invalid_" and its name where no other code is known."""
    return Refusal(400, title or f"Invalid value for parameter '{field}'", code or f"invalid_{field}")


def parse_roi(text: str) -> Region:
    edges = lengths(text, bad("roi"))
    if len(edges) != 4 or any(edge.share and edge.value > 1 for edge in edges):
        raise bad("roi")
    return Region(edges)


def parse_margin(text: str) -> tuple[Length, Length, Length, Length]:
    """Top, right, bottom, left; of one value all, of two the first is for top and bottom."""
    found = lengths(text, bad("crop_margin"))
    for one in found:
        if one.value > (MOST_SHARE if one.share else MOST_PIXELS):
            raise bad("crop_margin")
    if len(found) == 1:
        return found[0], found[0], found[0], found[0]
    if len(found) == 2:
        return found[0], found[1], found[0], found[1]
    if len(found) == 4:
        return found[0], found[1], found[2], found[3]
    raise bad("crop_margin")


def parse_scale(text: str) -> float | None:
    """A share of the canvas, 0.1 to 1; None for "original"."""
    if text == "original":
        return None
    found = lengths(text, bad("scale"))
    if len(found) != 1 or not found[0].share or not 0.1 <= found[0].value <= 1:
        raise bad("scale")
    return found[0].value


def parse_position(text: str) -> tuple[float, float] | None:
    """Shares of the free room, left and above; None for "original"."""
    if text == "original":
        return None
    if text in ("center", "centre"):
        return CENTRE
    found = lengths(text, bad("position"))
    if not 1 <= len(found) <= 2 or any((one.value > 1 or not one.share) and one.value for one in found):
        raise bad("position")
    return found[0].value, found[-1].value
