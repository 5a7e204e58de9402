"""The screen behind a subject: its colour, and what it would look like everywhere if nobody stood before it.

A screen is never lit evenly, so its colour is a smooth picture of its own, the clean plate: what is surely screen, and
between that its mean around, from ever farther away where nothing is near.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.errors import NoScreen, UsageError
from matteo.picture.geometry import resize, within
from matteo.picture.image import Rgb

Floats = NDArray[np.float32]

GRID = 320  # samples along the long side of the plate
RING = 0.1  # of the picture's sides: where a screen is looked for; not below, where a subject stands
BINS = 48  # of chroma, each way
REACH = 0.5  # of chroma (Cb and Cr, each -0.5 to 0.5) that the bins hold
SPREAD = 0.075  # how far a screen's chroma may lie from its mode
LEAST_CHROMA = 0.07  # of a screen: grey walls are none
LEAST_SHARE = 0.25  # of the ring, or of the picture for a colour that is told
HUE = np.cos(np.radians(32))  # how far the screen's own hue may lie from the colour that is told
SURE = np.cos(np.radians(14)), 0.55  # of what is surely screen: hue beside the mode's, and share of its chroma
NAMED = {
    "green": (0.0, 0.69, 0.25), "blue": (0.0, 0.28, 0.73), "red": (0.8, 0.1, 0.1), "yellow": (0.8, 0.8, 0.1),
    "magenta": (0.8, 0.1, 0.7), "cyan": (0.1, 0.75, 0.8),
}  # fmt: skip
TO_CHROMA = np.array([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)  # BT.601, of RGB


@dataclass(frozen=True)
class Screen:
    """plate: h x w x 3 in [0, 1], the screen's colour at each place. sure: h x w, where it is seen without doubt."""

    plate: Floats
    sure: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Of the picture that is surely screen."""
        return float(self.sure.mean())

    @property
    def named(self) -> str:
        """The plate's middle colour, as "#rrggbb"."""
        return "#" + bytes(round(255 * float(value)) for value in np.median(self.plate, axis=(0, 1))).hex()


def find_screen(rgb: Rgb, told: str = "auto") -> Screen:
    """rgb: H x W x 3, uint8 or uint16. told: "auto", a name of NAMED, or "#rrggbb" (about: its hue counts).

    Raises NoScreen where no screen of that colour is found, UsageError where the colour is none.
    """
    small = resize(rgb, within(rgb.shape, GRID))
    unit = small.astype(np.float32) / np.float32(np.iinfo(rgb.dtype).max)
    chroma = chroma_of(unit)
    mode = _mode(chroma, told)
    sure = _sure(chroma, mode)
    if sure.mean() < LEAST_SHARE / 3:
        raise NoScreen(_none(told))
    return Screen(clean_plate(unit, sure), sure)


def chroma_of(rgb: Floats) -> Floats:
    """H x W x 3 in [0, 1] -> H x W x 2: Cb and Cr of BT.601, -0.5 to 0.5 each. Linear: a mixture's is the mixture."""
    return np.asarray(cv2.transform(rgb, TO_CHROMA), np.float32)


def clean_plate(rgb: Floats, sure: NDArray[np.bool_]) -> Floats:
    """The screen everywhere: its own colours where sure, elsewhere their mean around, from as near as there are any."""
    kernel = np.ones((3, 3), np.uint8)
    weight = cv2.erode(sure.astype(np.uint8), kernel, borderValue=1).astype(np.float32)
    if not weight.any():
        weight = sure.astype(np.float32)
    overall = (rgb * weight[..., None]).sum((0, 1)) / weight.sum()
    plate = np.broadcast_to(overall, rgb.shape).astype(np.float32)
    for share in (0.5, 0.2, 0.08, 0.03):  # of the long side: from far to near, each where it knows enough
        sigma = max(0.8, share * max(rgb.shape[:2]) / 2)
        known = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
        mean = cv2.GaussianBlur(rgb * weight[..., None], (0, 0), sigma) / np.maximum(known, 1e-6)
        plate += np.clip(known / 0.25, 0, 1) * (mean - plate)
    return np.asarray(np.clip(plate, 0, 1), np.float32)


def parse_screen(told: str) -> NDArray[np.float32] | None:
    """The chroma of a colour that is told; None for "auto". UsageError for what is no colour, or has none."""
    text = told.strip().lower()
    if text == "auto":
        return None
    if text in NAMED:
        values = NAMED[text]
    elif len(text) == 7 and text[0] == "#" and all(letter in "0123456789abcdef" for letter in text[1:]):
        values = tuple(int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[assignment]
    else:
        raise UsageError(f"{told!r} is no screen: give auto, {', '.join(NAMED)}, or a colour as #00b140")
    chroma = TO_CHROMA @ np.array(values, np.float32)
    if np.linalg.norm(chroma) < LEAST_CHROMA:
        raise UsageError(f"{told} is nearly grey, and a key goes by hue: give the screen's own colour, or leave it out")
    return np.asarray(chroma, np.float32)


def _mode(chroma: Floats, told: str) -> NDArray[np.float32]:
    """The chroma that most of the screen has. NoScreen where there is no such."""
    wanted = parse_screen(told)
    height, width = chroma.shape[:2]
    down, across = max(1, round(RING * height)), max(1, round(RING * width))
    ring = np.ones((height, width), bool)
    ring[down:, across : width - across] = False
    mode = _mode_of(chroma[ring], wanted, LEAST_SHARE)
    if mode is None and wanted is not None:  # a screen that the subject hides at the sides
        mode = _mode_of(chroma.reshape(-1, 2), wanted, LEAST_SHARE / 3)
    if mode is None:
        raise NoScreen(_none(told))
    return mode


def _mode_of(
    values: NDArray[np.float32], wanted: NDArray[np.float32] | None, least: float
) -> NDArray[np.float32] | None:  # fmt: skip
    """The mean around the fullest place of n x 2 chroma, each counted by its strength; None where less than a share
    `least` of them lies there."""
    strength = np.linalg.norm(values, axis=1)
    coloured = strength > LEAST_CHROMA
    if wanted is not None:
        coloured &= values @ wanted > HUE * strength * np.linalg.norm(wanted)
    if coloured.mean() < least:
        return None
    edges = np.linspace(-REACH, REACH, BINS + 1)
    counts, _, _ = np.histogram2d(
        values[coloured, 0], values[coloured, 1], bins=(edges, edges), weights=strength[coloured]
    )
    smooth = cv2.GaussianBlur(counts, (0, 0), 1.0)
    peak = np.unravel_index(int(smooth.argmax()), smooth.shape)
    middle = np.array([(edges[at] + edges[at + 1]) / 2 for at in peak])
    near = np.linalg.norm(values - middle, axis=1) < SPREAD
    if (near & coloured).mean() < least:
        return None
    return np.asarray(values[near & coloured].mean(0), np.float32)


def _sure(chroma: Floats, mode: NDArray[np.float32]) -> NDArray[np.bool_]:
    strength, whole = np.linalg.norm(chroma, axis=2), float(np.linalg.norm(mode))
    hue = chroma @ mode >= SURE[0] * strength * whole
    return np.asarray(hue & (strength >= SURE[1] * whole))


def _none(told: str) -> str:
    if told.strip().lower() == "auto":
        return (
            "no screen of one strong colour is found around the subject: say its colour (green, blue, #00b140), or "
            "leave the key out and let the network find the subject"
        )
    return f"no screen of the colour {told} is found: give its own, or auto, or leave the key out"
