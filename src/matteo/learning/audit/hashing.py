"""The perceptual hash pHash (Zauner 2010, "Implementation and benchmarking of perceptual image hash functions").

A picture's coarse frequencies, each above or below their median, are 64 bits that survive another size, JPEG,
brightness and contrast. Pictures whose hashes differ in few bits are candidates; their thumbnails decide. A picture
that was cropped much is another picture here.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 32  # of the picture that is transformed
KEPT = 8  # frequencies a side
THUMB = 16  # side of the thumbnail in pixels
BLANK = 2  # standard deviation of a thumbnail below which there is nothing to compare

Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Print:
    """A picture's fingerprint. thumb: 16 x 16 uint8, grey. mirrored: the hash of the picture seen in a mirror."""

    hash: int
    mirrored: int
    thumb: NDArray[np.uint8]


def fingerprint(rgb: NDArray[np.uint8]) -> Print:
    """rgb: H x W x 3."""
    small = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    thumb = np.asarray(cv2.resize(grey, (THUMB, THUMB), interpolation=cv2.INTER_AREA), np.uint8)
    return Print(phash(grey), phash(grey[:, ::-1]), thumb)


def phash(grey: NDArray[np.uint8]) -> int:
    """64 bits of a 32 x 32 picture, row by row of its 8 x 8 lowest frequencies."""
    spectrum = cv2.dct(grey.astype(np.float32))[:KEPT, :KEPT].ravel()
    spectrum[0] = 0  # the mean says nothing of what there is to see
    bits = spectrum > np.median(spectrum)
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def likeness(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of thumbnails, N x 16 x 16 each: their correlation, and their largest difference in standard deviations.

    1 and 0 for the same picture at any brightness and contrast. Two products in one studio correlate nearly as well,
    but differ much at one place. 0 and infinity where one of the two is all but blank.
    """
    x, y = (t.reshape(len(t), -1).astype(np.float64) for t in (a, b))
    x, y = x - x.mean(1, keepdims=True), y - y.mean(1, keepdims=True)
    spread_x, spread_y = x.std(1, keepdims=True), y.std(1, keepdims=True)
    blank = ((spread_x < BLANK) | (spread_y < BLANK))[:, 0]
    x, y = x / np.maximum(spread_x, BLANK), y / np.maximum(spread_y, BLANK)
    difference = np.abs(x - y).max(axis=1, initial=0)
    return np.where(blank, 0.0, (x * y).mean(1)), np.where(blank, np.inf, difference)
