"""Whether a network has been trained on the set it is measured on, as far as names can tell.

Names are compared by their words: "train-duts-0.tar" and "DUTS-TR" are both the training part of "duts". A set and a
line of a card's `trained_on` match where

- one's words contain the other's ("train-pets" and "Oxford-IIIT pets (part)"), or one is the other's initials
  ("ccp" and "Clothing Co-Parsing"), and
- they do not name different parts: "val-eg1800" is clean of "eg1800 train". A line without a part means all of it.

Doubt counts against the network. A copy under another name is not noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

TRAINING = frozenset(("train", "training", "tr"))
HELD_OUT = frozenset(("test", "testing", "te", "val", "valid", "validation", "vd"))
SAYS_NOTHING = frozenset(("my", "our", "the", "a", "of", "and", "set", "sets", "data", "dataset", "images", "masks"))


@dataclass(frozen=True)
class Name:
    """words: what the data set is called; parts: which parts of it are named, of "training" and "held out"."""

    words: tuple[str, ...]
    parts: frozenset[str]


def parsed(name: str) -> Name:
    """The words of a name, in small letters, without parts, numbers and what is in brackets."""
    text = re.sub(r"\([^)]*\)", " ", name.lower().removesuffix(".tar"))
    words, parts = [], set()
    for word in re.findall(r"[^\W_]+", text):
        stem = word.rstrip("0123456789")
        if stem in TRAINING:
            parts.add("training")
        elif stem in HELD_OUT:
            parts.add("held out")
        elif stem and word not in SAYS_NOTHING:
            words.append(word)
    return Name(tuple(words), frozenset(parts))


def seen_in_training(set_name: str, trained_on: Iterable[str]) -> str | None:
    """The line of a card's `trained_on` that speaks of the set; None if none does."""
    return next((line for line in trained_on if _same(set_name, line)), None)


def _same(set_name: str, line: str) -> bool:
    if set_name.lower() == line.lower():
        return True
    one, other = parsed(set_name), parsed(line)
    if not one.words or not other.words:
        return False
    if one.parts and other.parts and not one.parts & other.parts:
        return False
    return set(one.words) <= set(other.words) or set(other.words) <= set(one.words) or _initials(one, other)


def _initials(one: Name, other: Name) -> bool:
    return any(
        len(long.words) > 1 and short.words == ("".join(word[0] for word in long.words),)
        for short, long in ((one, other), (other, one))
    )
