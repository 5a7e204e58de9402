"""Subtitles that are text, from one container's way to hold them to another's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

TEXTS = ("subrip", "srt", "mov_text", "webvtt", "ass", "ssa", "text")
Shown = tuple[Fraction, Fraction, str]  # from when to when, s; the text
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_OVERRIDE = re.compile(r"\{\\[^}]*\}")
_ASS_FIELDS = 8  # before the text of a packet: order, layer, style, name, three margins, effect


def encoded(text: str, target: str) -> bytes | None:
    """A packet's payload, for "mov_text", "subrip" or "webvtt"; None where it shows nothing."""
    if not text.strip():
        return None
    if target == "mov_text":
        plain = _TAG.sub("", text).encode()[:0xFFFF]
        return len(plain).to_bytes(2, "big") + plain
    return text.encode()


def text_of(data: bytes, codec: str) -> str:
    """The text that a packet shows, lines parted by newlines."""
    if codec == "mov_text":
        return data[2 : 2 + int.from_bytes(data[:2], "big")].decode("utf-8", "replace")
    text = data.decode("utf-8", "replace").strip("\r\n\0")
    if codec in ("ass", "ssa"):
        text = text.split(",", _ASS_FIELDS)[-1]
        text = _OVERRIDE.sub("", text).replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
    return text.replace("\r\n", "\n")


@dataclass
class OneByOne:
    """Texts of which several may be shown at a time, as MP4's subtitles show them: one after the other, those that are
    shown together as lines of one. They come in the order in which they begin."""

    _shown: list[Shown] = field(default_factory=list)
    _done: Fraction = Fraction(0)

    def put(self, begin: Fraction, end: Fraction, text: str) -> Iterator[Shown]:
        """What is certain now: all until this text begins."""
        yield from self.until(begin)
        self._done = max(self._done, begin)
        self._shown.append((begin, end, text))

    def until(self, time: Fraction | None = None) -> Iterator[Shown]:
        """What is shown until then, or to the end."""
        while self._shown and (time is None or self._done < time):
            stop = min(end for _, end, _ in self._shown)
            stop = stop if time is None else min(stop, time)
            if stop > self._done:
                yield self._done, stop, "\n".join(text for _, _, text in self._shown)
            self._done = stop
            self._shown = [one for one in self._shown if one[1] > stop]
