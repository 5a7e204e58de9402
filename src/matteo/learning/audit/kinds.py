"""What can be found in a set: how grave it is, what it means, what to do. Plain data, one line a kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Gravity = Literal["error", "warning"]


@dataclass(frozen=True)
class Kind:
    """error: training would stop at it or learn what is wrong. warning: worth a look."""

    gravity: Gravity
    title: str
    advice: str


KINDS = {
    "unreadable": Kind("error", "cannot be read", "export the file again or take the pair out"),
    "no mask": Kind("error", "picture without a mask", "add the mask under the picture's name, or take it out"),
    "odd": Kind("error", "files that make no pair", "one picture and one mask under one name"),
    "size": Kind("error", "picture and mask differ in size", "make them one size; mind EXIF's orientation"),
    "numbers": Kind("error", "mask is no alpha", "save the subject as white on black, 255 for foreground"),
    "too few": Kind("error", "too few pairs", "add pairs: some to learn from, some to test on"),
    "one class": Kind("error", "one class only", "masks must hold both subject and background"),
    "inverted set": Kind("error", "masks of the whole set look inverted", "invert them: the subject is white"),
    "inverted": Kind("warning", "mask looks inverted", "look, and invert it if the subject is black"),
    "suspicious": Kind("warning", "network is sure of another subject", "look: the mask is wrong, or this is a gain"),
    "empty": Kind("warning", "mask without a subject", "right for a picture with nothing in it only"),
    "full": Kind("warning", "mask without background", "right for a close-up only"),
    "dim": Kind("warning", "mask never reaches white", "right for smoke and veils only; else save it from 0 to 255"),
    "noisy": Kind("warning", "mask with noise near black and white", "save masks as PNG, not JPEG, or round them"),
    "plateau": Kind("warning", "mask with an area of one grey", "a trimap or class numbers? decide each pixel"),
    "no ground": Kind("warning", "background is erased", "give the photograph itself with its alpha as the mask"),
    "small": Kind("warning", "picture smaller than 256 pixels", "edges cannot be learned from it; give a larger one"),
    "twice": Kind("warning", "same picture or one like it in the set", "keep one, or both on one side of a split"),
    "contradicts": Kind("warning", "same picture, other mask", "one of the two masks is wrong: keep the right one"),
    "leak": Kind("warning", "same or one like it in the other set", "take it out of one: such a test says little"),
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """kind: of KINDS. key: the pair's; "" is the set. score: how bad, within a kind. other: a second picture's key.
    other_set: the set that it is of, None for the same.
    """

    kind: str
    key: str
    text: str = ""
    score: float = 0.0
    other: str | None = None
    other_set: str | None = None

    @property
    def gravity(self) -> Gravity:
        return KINDS[self.kind].gravity
