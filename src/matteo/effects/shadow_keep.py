"""The photograph's own shadow on its own floor, measured and taken along as a layer."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.fill import fill
from matteo.effects.shape import softened
from matteo.effects.subject import Box, box_or_all, source_of, standing_box
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout
from matteo.picture.geometry import resize
from matteo.picture.image import Alpha, Image
from matteo.picture.light import light_of

Floats = NDArray[np.float32]

WORKING = 600  # samples along the picture's long side: a shadow is soft
AROUND = 0.8  # of the subject's longer side: so far from its box the floor is looked at
UNEVEN = 0.12  # spread of the lit floor's brightness, from which on no shadow can be told from a pattern
FAINT = 0.03  # a shadow that darkens less is none
DARKEST = 0.95
DARK = 1e-3  # linear light: no ratio can be told of what is darker
SMOOTHING = 0.004  # of the long side: takes the noise out
SAFE = 2.0  # spreads of the lit floor that count as lit still
ROUNDS = 12
EVEN, SOFTER = 0.02, 0.2  # each part of the spread beyond this makes the shadow softer by so much of the long side
FOOT = 0.4  # of the subject's height: its lower part, at which its shadow begins
LEAST = 100  # samples of lit floor that are enough to fit it

UNTOLD = "its own shadow cannot be told from the floor's pattern; use shadow contact or cast instead"
CUT = "its lower end is beyond the photograph, so that its floor is not seen; use shadow drop instead"
NONE = "no shadow of its own was found on the floor"


@dataclass(frozen=True)
class Floor:
    """residual: log of the brightness over that of the lit floor, h x w. spread: how uneven the lit floor is."""

    residual: Floats
    spread: float


def keep(cutout: Cutout, *, opacity: float = 1, softness: float = 0.004) -> Alpha | str:
    """H x W opacity of a black layer that darkens white as the shadow did, where encoded values are mixed; a word
    where none is found or can be told. See `shadow` for the arguments.

    The lit floor around the subject is taken as a surface of second degree in the logarithm of luminance, fitted to
    what is bright again and again until what is in shadow counts no more; the shadow is what is darker than that,
    where it hangs together with the subject. An uneven floor, as of wood, makes it softer, so that the pattern does not
    come along; one with too wide a spread leaves none, and it is said.
    """
    source = source_of(cutout, 'shadow("keep")')
    if standing_box(cutout.alpha).bottom >= cutout.size_hw[0]:
        return CUT
    size = _working_size(cutout.size_hw)
    bright, seen = _brightness(source, size), _floor_mask(cutout.alpha, source, size)
    box = box_or_all(resize(cutout.alpha, size))
    near = seen & _window(box, size)
    if near.sum() < LEAST:
        return NONE
    floor = _lit_floor(np.log(np.maximum(bright, np.float32(DARK))), seen, near)
    if floor.spread > UNEVEN:
        return UNTOLD
    darker = _darkening(floor, seen, box)
    if darker.max() < FAINT:
        return NONE
    large = resize(_encoded(darker, source), cutout.size_hw)
    soft = softened(large, max(softness, SOFTER * (floor.spread - EVEN)) * max(cutout.size_hw))
    return np.asarray(np.clip(soft * np.float32(opacity), 0, DARKEST), np.float32)


def _encoded(darker: Alpha, source: Image) -> Alpha:
    """What is missing of the light as what is missing of the encoded value: a third of the light is a sixth of it."""
    left = np.repeat((1 - darker)[..., None], 3, axis=2)
    values = light_of(source.metadata.icc).encoded(left, np.uint16)[..., 1]
    return np.asarray(1 - values / np.float32(65535), np.float32)


def _working_size(size_hw: tuple[int, int]) -> tuple[int, int]:
    factor = min(1.0, WORKING / max(size_hw))
    return max(1, round(size_hw[0] * factor)), max(1, round(size_hw[1] * factor))


def _brightness(source: Image, size: tuple[int, int]) -> Floats:
    """Luminance in linear light on the smaller picture."""
    tone = light_of(source.metadata.icc)
    share = tone.matrix[1].astype(np.float32)
    full = np.empty(source.size_hw, np.float32)
    for part in strips(*source.size_hw):
        full[part] = tone.linear(source.rgb[part]) @ share
    return resize(full, size)


def _floor_mask(alpha: Alpha, source: Image, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Where nothing of the subject, nor of its soft edge, is seen."""
    hidden = (alpha > 0).astype(np.float32)
    if source.opacity is not None:
        hidden = np.maximum(hidden, 1 - source.opacity)
    around = cv2.dilate((resize(hidden, size) > 0).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(around == 0)


def _window(box: Box, size: tuple[int, int]) -> NDArray[np.bool_]:
    """The floor that is looked at: beside and below the subject, and as far above its ground line as it is wide."""
    reach = round(AROUND * box.longest)
    window = np.zeros(size, bool)
    window[_top(box) : box.bottom + reach, max(0, box.left - reach) : box.right + reach] = True
    return window


def _top(box: Box) -> int:
    """The uppermost row of the floor that is looked at."""
    reach = round(AROUND * box.longest)
    return max(box.top - reach, box.bottom - max(reach, box.width), 0)


def _lit_floor(log: Floats, seen: NDArray[np.bool_], near: NDArray[np.bool_]) -> Floor:
    sigma = max(SMOOTHING * max(log.shape), 0.5)
    weight = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), sigma)
    blurred = cv2.GaussianBlur(np.where(seen, log, np.float32(0)), (0, 0), sigma)
    smooth = blurred / np.maximum(weight, np.float32(1e-3))
    y, x = (np.linspace(-1, 1, n) for n in log.shape)
    yy, xx = np.broadcast_to(y[:, None], log.shape), np.broadcast_to(x, log.shape)
    terms = np.stack([np.ones(log.shape), yy, xx, yy * yy, xx * xx, yy * xx], axis=-1).reshape(-1, 6)
    lit, residual, spread = near, smooth, 0.0
    for _ in range(ROUNDS):
        weighted = terms * lit.reshape(-1, 1)
        squares = weighted.T @ terms + 1e-9 * np.eye(6)
        surface = terms @ np.linalg.solve(squares, weighted.T @ smooth.ravel())
        residual = smooth - surface.reshape(log.shape).astype(np.float32)
        above = residual[near & (residual > 0)]
        spread = 1.4826 * float(np.median(above)) if above.size else 0.0
        fitting = near & (residual > -SAFE * max(spread, 0.005))
        if fitting.sum() < LEAST or (fitting == lit).all():
            break
        lit = fitting
    return Floor(np.asarray(residual, np.float32), spread)


def _darkening(floor: Floor, seen: NDArray[np.bool_], box: Box) -> Alpha:
    """What is missing of the light, 0 to 1, where it hangs together with the subject; under it as around it."""
    least = np.float32(SAFE * max(floor.spread, 0.003))
    missing = np.clip(1 - np.exp(floor.residual), 0, DARKEST).astype(np.float32)
    # None where the floor's own unevenness is as large, all from twice that.
    missing *= np.clip(missing / least - 1, 0, 1)
    missing[~(seen & _window(box, missing.shape[:2]))] = 0
    missing[~_own(missing > 0, ~seen, box)] = 0
    return fill(missing[..., None], seen)[..., 0]


def _own(dark: NDArray[np.bool_], hidden: NDArray[np.bool_], box: Box) -> NDArray[np.bool_]:
    """The pieces that are the subject's shadow: each begins at its lower part, ends below the upper border of what is
    looked at, and they do not go on over both of its sides, as a kerb does. What is dark farther up, trees or other
    people, is no floor."""
    rows = np.arange(len(dark))[:, None]
    foot = hidden & (rows >= box.bottom - FOOT * box.height)
    beside = cv2.dilate(foot.view(np.uint8), np.ones((5, 5), np.uint8)) > 0
    _, labels = cv2.connectedComponents(dark.view(np.uint8), connectivity=8)
    reach = round(AROUND * box.longest)
    left, right = max(0, box.left - reach), min(dark.shape[1], box.right + reach) - 1
    above = labels[_top(box) : _top(box) + 2] if _top(box) > 0 else labels[:0]
    own = np.setdiff1d(labels[beside & dark], above)
    sides = [np.intersect1d(own, labels[:, at : at + 2]) for at in (left, max(right - 1, 0))]
    if all(side.size for side in sides):
        own = np.setdiff1d(own, np.concatenate(sides))
    return np.isin(labels, own)
