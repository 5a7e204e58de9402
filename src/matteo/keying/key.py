"""Alpha from a screen's colour: a pixel's chroma is its subject's and the screen's, mixed by alpha.

Along the screen's own chroma a pixel has 1 where it is screen, 0 where it is grey, and less where it is of another hue
(what lies beside that direction counts against the screen, as in a key's triangle). What the subject has of it is told
from its opaque parts near by; alpha is where the pixel lies between the two. It is found at the picture's own size, so
that hair is as fine as the camera saw it. In the manner of colour difference keys (Vlahos 1971).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.keying.screen import Screen, chroma_of
from matteo.picture.geometry import resize, sampled, within
from matteo.picture.image import Alpha, Rgb

Floats = NDArray[np.float32]

ROWS = 256
GRID = 480  # samples along the long side, on which the subject's own colours and inside are told
BESIDE = 1.0  # what lies beside the screen's chroma counts against it so much
CORE = 0.5  # screen-likeness up to which a pixel is surely the subject's
SUBJECTS = (-1.0, 0.6)  # the likeness that a subject's own colours may have
NEAR = 0.015, 0.06  # of the long side: the subject's colours near by, and farther
NOISY, NOISIEST = (
    2000,
    0.3,
)  # one in so many of a screen's pixels may seem to be more; most that counts
SAMPLED = 600  # pixels along the long side of which that is told
CLEAR, SOLID = 0.03, 0.12  # alpha that near to 0 or 1 is that, at least
SURE = 0.97  # a network's alpha from which it is
INNER = 0.04  # of the long side: how far within its outline a network is believed
HOLE = 0.85  # likeness from which the screen is seen through a hole, whatever a network thinks


def likeness(rgb: Rgb, screen: Screen) -> Floats:
    """H x W: 1 where a pixel is the screen's, 0 where it is grey; less for other hues."""
    height, width = rgb.shape[:2]
    plate = chroma_of(screen.plate)
    full = np.float32(np.iinfo(rgb.dtype).max)
    out = np.empty((height, width), np.float32)
    for rows in _strips(height):
        cb, cr = cv2.split(enlarged(plate, rows, (height, width)))
        seen_cb, seen_cr = cv2.split(chroma_of(rgb[rows].astype(np.float32) / full))
        along, beside = seen_cb * cb + seen_cr * cr, np.abs(seen_cb * cr - seen_cr * cb)
        out[rows] = (along - BESIDE * beside) / np.maximum(cb * cb + cr * cr, 1e-6)
    return out


def key(rgb: Rgb, screen: Screen, coarse: Alpha | None = None) -> Alpha:
    """H x W alpha in [0, 1] for rgb (H x W x 3, uint8 or uint16).

    coarse: h x w, a network's alpha or a mask, of any size: well inside of what that is sure of nothing becomes
    transparent, but where the screen itself is seen.
    """
    alpha = likeness(rgb, screen)
    height, width = alpha.shape
    if coarse is not None:
        coarse = resize(coarse, within(coarse.shape, GRID))
    own, low = subjects_own(alpha, coarse), noise(alpha, screen)
    held = None if coarse is None else inside(coarse).astype(np.float32)
    for rows in _strips(height):  # in place: at 100 megapixels each of these would be 400 MB
        like = alpha[rows].copy()
        found = (1 - like) / (1 - enlarged(own, rows, (height, width)))
        alpha[rows] = np.clip((found - low) / (1 - SOLID - low), 0, 1)
        if held is not None:
            alpha[rows][(enlarged(held, rows, (height, width)) > 0.5) & (like < HOLE)] = 1
    return alpha


def noise(like: Floats, screen: Screen) -> float:
    """How unlike itself the screen is, at the picture's own size: all but one in NOISY of its pixels are less so."""
    kernel = np.ones((5, 5), np.uint8)
    sure = cv2.erode(screen.sure.astype(np.uint8), kernel, borderValue=1)
    step = max(1, round(max(like.shape) / SAMPLED))
    some = like[::step, ::step]
    seen = some[cv2.resize(sure, some.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0]
    if not seen.size:
        return CLEAR
    return float(np.clip(np.quantile(1 - seen, 1 - 1 / NOISY), CLEAR, NOISIEST))


def subjects_own(like: Floats, coarse: Alpha | None = None) -> Floats:
    """h x w, on a coarse grid: the likeness that the subject's opaque parts around each place have of themselves."""
    small = resize(like, within(like.shape, GRID))
    size_hw = small.shape[0], small.shape[1]
    core = small < CORE
    if coarse is not None:
        core = (core | (resize(coarse, size_hw) > SURE)) & (small < HOLE)
    sure = np.asarray(cv2.erode(core.astype(np.uint8), np.ones((3, 3), np.uint8)), np.float32)
    values = np.clip(small, *SUBJECTS) * sure
    own = np.zeros_like(small)
    for share in NEAR[::-1]:
        sigma = max(0.8, share * max(size_hw))
        known = cv2.GaussianBlur(sure, (0, 0), sigma)
        mean = cv2.GaussianBlur(values, (0, 0), sigma) / np.maximum(known, 1e-6)
        own += np.clip(known / 0.1, 0, 1) * (mean - own)
    return own


def inside(coarse: Alpha) -> NDArray[np.bool_]:
    """h x w: well inside of what a network's alpha of that size is sure of."""
    radius = max(1, round(INNER * max(coarse.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    return np.asarray(cv2.erode((coarse > SURE).astype(np.uint8), kernel, borderValue=1) > 0)


def enlarged(values: Floats, rows: slice, size_hw: tuple[int, int]) -> Floats:
    """Some rows of what h x w (x c) is, enlarged to a picture's size."""
    places = (np.arange(rows.start, rows.stop) + 0.5) * values.shape[0] / size_hw[0] - 0.5
    size_wh = size_hw[1], rows.stop - rows.start
    return np.asarray(cv2.resize(sampled(values, places, 0), size_wh, interpolation=cv2.INTER_LINEAR), np.float32)


def _strips(height: int) -> list[slice]:
    return [slice(top, min(height, top + ROWS)) for top in range(0, height, ROWS)]
