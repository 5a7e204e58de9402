"""Subtitles that are text, from one container's way to hold them to another's."""

from __future__ import annotations

import re

TEXTS = ("subrip", "srt", "mov_text", "webvtt", "ass", "ssa", "text")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_OVERRIDE = re.compile(r"\{\\[^}]*\}")
_ASS_FIELDS = 8  # before the text of a packet: order, layer, style, name, three margins, effect


def converted(data: bytes, source: str, target: str) -> bytes | None:
    """A packet's payload for another codec: "mov_text", "subrip" or "webvtt"; None where it shows nothing."""
    text = text_of(data, source)
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
