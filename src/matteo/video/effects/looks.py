"""Looks of a film's colours: plain numbers, so that one goes over into another evenly."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

LUMA = np.array([0.2126, 0.7152, 0.0722])  # of BT.709


@dataclass(frozen=True)
class Tone:
    """What a look does to encoded values.

    saturation: 1 as it is, 0 grey. contrast: 1 as it is, above it steeper in the middle; the ends stay. brightness: the
    values' exponent is 2 to the minus this. warmth: half of how much brighter so red is, and darker blue; tint: green.
    fade: how far black is lifted, a share.
    """

    saturation: float = 1.0
    contrast: float = 1.0
    brightness: float = 0.0
    warmth: float = 0.0
    tint: float = 0.0
    fade: float = 0.0


LOOKS: dict[str, Tone] = {
    "plain": Tone(),
    "warm": Tone(saturation=1.08, contrast=1.05, brightness=0.03, warmth=0.09, tint=0.01),
    "cold": Tone(saturation=0.9, contrast=1.08, warmth=-0.1, tint=0.01),
    "vivid": Tone(saturation=1.35, contrast=1.15, brightness=0.02),
    "faded": Tone(saturation=0.75, contrast=0.9, warmth=0.03, fade=0.09),
    "dusk": Tone(saturation=0.7, contrast=1.1, brightness=-0.25, warmth=-0.14),
    "gold": Tone(saturation=0.85, contrast=1.1, brightness=0.02, warmth=0.17, tint=0.03),
    "noir": Tone(saturation=0.0, contrast=1.35, brightness=-0.05),
}


def mixed(old: Tone, new: Tone, share: float) -> Tone:
    """`share` of the way, 0 to 1, from one look to another."""
    ends = ((getattr(old, field.name), getattr(new, field.name)) for field in fields(Tone))
    return Tone(*(first + (last - first) * share for first, last in ends))


def curves(tone: Tone, levels: int) -> NDArray[np.float64]:
    """levels x 3 in [0, 1]: what becomes of every encoded value of red, green and blue."""
    lighter = tone.brightness + 2 * np.array([tone.warmth, tone.tint, -tone.warmth])
    value = np.linspace(0, 1, levels)[:, None] ** 2.0**-lighter  # black and white stay, nothing is cut off
    smooth = value * value * (3 - 2 * value)  # of slope 1.5 in the middle
    value = value + (smooth - value) * 2 * (tone.contrast - 1)
    return np.asarray(np.clip(tone.fade + (1 - tone.fade) * value, 0, 1))


def matrix(tone: Tone) -> NDArray[np.float32]:
    """3 x 3, RGB to RGB: the saturation, with the luma of BT.709 kept."""
    grey = np.broadcast_to(LUMA, (3, 3))
    return np.asarray(grey + (np.eye(3) - grey) * tone.saturation, np.float32)
