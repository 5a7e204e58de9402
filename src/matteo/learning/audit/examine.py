"""One pair looked at: what is wrong with it, its size, its fingerprint. The pixels are let go of afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.errors import DataError
from matteo.learning.audit.checks import CHECKS, OF_CUTOUTS
from matteo.learning.audit.hashing import THUMB, Print, fingerprint
from matteo.learning.audit.judge import Judge, Opinion
from matteo.learning.audit.kinds import Finding
from matteo.learning.data.decode import fault_of, in_8_bits, own_alpha, picture_of, raw_mask, rgb_of
from matteo.learning.data.listing import Entry
from matteo.learning.data.pairs import size

Array = NDArray[np.uint8]


@dataclass(frozen=True)
class Examined:
    """size_hw and print: None where the picture cannot be read. mask_thumb: 16 x 16, None without a usable mask.

    coverage: share of the picture that is subject; iou: the mask's with the network's; None without a usable mask.
    """

    key: str
    findings: tuple[Finding, ...]
    size_hw: tuple[int, int] | None = None
    print: Print | None = None
    mask_thumb: Array | None = None
    coverage: float | None = None
    iou: float | None = None


def examine(entry: Entry, judge: Judge | None = None) -> Examined:
    """Raises nothing for what is wrong with the pair: that is what it is to find."""
    try:
        image = picture_of(entry.picture.read(), str(entry.picture))
    except DataError as error:
        return Examined(entry.key, (Finding("unreadable", entry.key, str(error)),))
    rgb = rgb_of(image)
    size_hw, seen = (rgb.shape[0], rgb.shape[1]), fingerprint(rgb)
    if entry.mask is None:
        return Examined(entry.key, (Finding("no mask", entry.key),), size_hw, seen)
    try:
        own = entry.mask is entry.picture
        mask = own_alpha(image, str(entry.picture)) if own else _mask(entry)
        _check_sizes(mask, rgb)
    except DataError as error:
        return Examined(entry.key, (Finding("unreadable", entry.key, str(error)),), size_hw, seen)
    except _Broken as broken:
        return Examined(entry.key, (Finding(broken.kind, entry.key, str(broken)),), size_hw, seen)
    thumb = np.asarray(cv2.resize(mask, (THUMB, THUMB), interpolation=cv2.INTER_AREA), np.uint8)
    opinion = judge.opinion(rgb, mask) if judge else None
    found = _judged(entry.key, _found(entry.key, rgb, mask, own), opinion)
    iou = opinion.iou if opinion else None
    return Examined(entry.key, tuple(found), size_hw, seen, thumb, float((mask > 127).mean()), iou)


class _Broken(Exception):
    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def _mask(entry: Entry) -> Array:
    assert entry.mask is not None
    try:
        raw = raw_mask(entry.mask.read(), str(entry.mask))
    except DataError as error:
        raise _Broken("unreadable", str(error)) from error
    if fault := fault_of(raw):
        raise _Broken("numbers", fault)
    return in_8_bits(raw)


def _check_sizes(mask: Array, rgb: Array) -> None:
    if mask.shape == rgb.shape[:2]:
        return
    turned = ", turned as if EXIF's orientation had been passed over" if mask.shape == rgb.shape[1::-1] else ""
    raise _Broken("size", f"picture {size(rgb.shape)}, mask {size(mask.shape)}{turned}")


def _found(key: str, rgb: Array, mask: Array, own: bool) -> list[Finding]:
    checks = CHECKS | OF_CUTOUTS if own else CHECKS
    texts = {kind: check(rgb, mask) for kind, check in checks.items()}
    return [Finding(kind, key, text) for kind, text in texts.items() if text]


def _judged(key: str, found: list[Finding], opinion: Opinion | None) -> list[Finding]:
    """The findings with the network's word: it confirms or clears an inversion, and speaks up where it is sure."""
    if opinion is None:
        return found
    if opinion.contradicts_inversion:
        return [finding for finding in found if finding.kind != "inverted"]
    if opinion.inverts:
        text = f"{opinion.inverse:.0%} overlap with its inverse"
        others = [finding for finding in found if finding.kind != "inverted"]
        return [*others, Finding("inverted", key, text, opinion.inverse)]
    if opinion.disagrees:
        text = f"overlap {opinion.iou:.0%}, expected {opinion.confidence:.0%}"
        return [*found, Finding("suspicious", key, text, opinion.confidence - opinion.iou)]
    return found
