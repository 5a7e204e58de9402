"""How far an alpha can be trusted, and what speaks against it: from the alpha and the picture itself.

The reasons are facts that can be checked by eye, each with its threshold here; docs/confidence.md lists them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.picture.image import Alpha

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

NO_SUBJECT = "no clear subject"
ALL = "hardly any background"
CUT = "subject cut by the border"
LOW_LIGHT = "low light"
ALIKE = "subject and background alike"
FINE = "fine structure"
PARTLY = "partly see-through"

WORTH_A_LOOK = 0.7  # confidence under which a person should check the cut-out: see docs/confidence.md

PLAIN = 2 / 255  # what the colours of an empty surface differ by at most
LEAST_AREA = 0.002  # of the picture
MOST_AREA = 0.95  # beyond it hardly anything was taken away
LEAST_EXPECTED = 0.5  # expected overlap below which no subject stands out
TOUCH = 0.1  # of a side's length that the subject covers
DARK = 0.3  # luma, of 1, that 95 % of the pixels stay under
NEAR = 10.0  # distance in CIELAB, over half of the outline
RIM = 0.03  # of the shorter side: how far from the outline colours are compared
THIN = 0.03  # of the shorter side: what a square of this side does not fit into
THIN_SHARE = 0.12  # of the subject's area
BETWEEN = 0.1, 0.9  # alpha that is neither
WIDE = 0.02  # of the shorter side: wider than a soft edge
PARTLY_SHARE = 0.1  # of the subject's area

_TO_XYZ = np.array(  # linear sRGB to X, Y, Z, each of 1 for white
    [[0.433953, 0.376219, 0.189828], [0.212671, 0.715160, 0.072169], [0.017758, 0.109477, 0.872765]], np.float32
)
_TO_LAB = np.array([[0, 116, 0], [500, -500, 0], [0, 200, -200]], np.float32)


def is_plain(rgb: Floats) -> bool:
    """Whether nothing stands out of anything: rgb (h x w x 3 in [0, 1]) is of one colour, to PLAIN in each channel.

    What a network makes of an empty surface is its habit, not evidence.
    """
    few = np.ptp(rgb[::8, ::8], axis=(0, 1)).max()  # they say no of nearly every picture, and faster
    return bool(few <= PLAIN and np.ptp(rgb, axis=(0, 1)).max() <= PLAIN)


def expected_iou(alpha: Alpha) -> float:
    """The overlap with the truth that the network itself expects, 0 to 1.

    Alpha is read as each pixel's chance p of being the subject's. Of the mask {p > 1/2}, the sum of p inside is the
    expected intersection with the truth; the mask's area plus the sum of p outside is the expected union
    (Nowozin 2014).
    1 for a crisp matte, low for a veil, 0 where there is no subject at all.
    """
    inside = alpha > 0.5
    area = float(np.count_nonzero(inside))
    if area == 0:
        return 0.0
    intersection = float(alpha[inside].sum(dtype=np.float64))
    outside = float(alpha.sum(dtype=np.float64)) - intersection
    return intersection / (area + outside)


def reasons(alpha: Alpha, rgb: Floats) -> tuple[str, ...]:
    """What may be wrong with an alpha, in the order of the names above; empty where nothing is.

    alpha: h x w as the network gave it. rgb: h x w x 3 in [0, 1], the picture on that grid as it is: a dark one that
    was brightened for the network is dark here.
    """
    inside = alpha > 0.5
    found = [(NO_SUBJECT, not has_subject(alpha)), (LOW_LIGHT, is_dark(rgb))]
    if inside.any():
        found += [(ALL, float(inside.mean()) > MOST_AREA), (CUT, touch(inside) >= TOUCH)]
        found += [(ALIKE, contrast(inside, rgb) < NEAR), (FINE, thin_share(inside) > THIN_SHARE)]
        found += [(PARTLY, between_share(alpha) > PARTLY_SHARE)]
    held = {reason for reason, holds in found if holds}
    return tuple(reason for reason in (NO_SUBJECT, ALL, CUT, LOW_LIGHT, ALIKE, FINE, PARTLY) if reason in held)


def has_subject(alpha: Alpha) -> bool:
    """Whether something stands out: large enough, and as a shape rather than a veil."""
    return float((alpha > 0.5).mean()) >= LEAST_AREA and expected_iou(alpha) >= LEAST_EXPECTED


def touch(inside: Mask) -> float:
    """The largest share of one of the four sides that the subject covers, 0 to 1."""
    return max(float(side.mean()) for side in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))


def is_dark(rgb: Floats) -> bool:
    """Nearly all of the picture, not only a black dress in it, is below DARK."""
    luma = cv2.transform(rgb, np.array([[0.299, 0.587, 0.114]], np.float32))
    return float((luma < DARK).mean()) >= 0.95


def contrast(inside: Mask, rgb: Floats) -> float:
    """The colours' distance across the outline in CIELAB (Delta E of 1976), the outline's median; at half size.

    At each point of the outline the mean colour of what lies just inside is compared with that of what lies just
    outside; the pixel next to the outline is of both and is left out. Infinite where there is no outline.
    """
    import cv2

    height, width = (max(1, length // 2) for length in inside.shape)
    small = cv2.resize(np.ascontiguousarray(rgb, np.float32), (width, height), interpolation=cv2.INTER_AREA)
    mask = np.asarray(cv2.resize(inside.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    reach = max(2, round(RIM * min(height, width)))
    lab = _lab(np.asarray(small, np.float32))
    cross = np.ones((3, 3), np.uint8)
    within = np.asarray(cv2.erode(mask, cross), np.uint8)
    without = np.asarray(1 - cv2.dilate(mask, cross), np.uint8)
    outline = (mask > 0) & (within == 0)
    colour_in, weight_in = _local_mean(lab, within, 2 * reach + 1)
    colour_out, weight_out = _local_mean(lab, without, 2 * reach + 1)
    both = outline & (weight_in > 0.02) & (weight_out > 0.02)
    if not both.any():
        return float("inf")
    return float(np.median(np.linalg.norm(colour_in[both] - colour_out[both], axis=1)))


def thin_share(inside: Mask) -> float:
    """The area of thin parts and thin gaps, as a share of the subject's: what opening and closing change."""
    import cv2

    size = max(3, round(THIN * min(inside.shape)) | 1)
    square = np.ones((size, size), np.uint8)  # many times faster than a disc
    mask = inside.astype(np.uint8)
    opened, closed = (cv2.morphologyEx(mask, how, square) for how in (cv2.MORPH_OPEN, cv2.MORPH_CLOSE))
    return float((closed - opened).sum() / mask.sum())


def between_share(alpha: Alpha) -> float:
    """The area that is neither subject nor background, but for soft edges and thin parts, as a share of the
    subject's: a doubt, or glass."""
    size = max(3, round(WIDE * min(alpha.shape)) | 1)
    between = cv2.inRange(alpha, *BETWEEN)
    wide = cv2.morphologyEx(between, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    return cv2.countNonZero(wide) / max(1.0, float(np.count_nonzero(alpha > 0.5)))


def _lab(rgb: Floats) -> Floats:
    """CIELAB of sRGB in [0, 1] under D65 (CIE 15:2004). By hand, as OpenCV makes tables of 50 ms first."""
    linear = np.where(rgb > 0.04045, ((rgb + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4), rgb / 12.92)
    xyz = cv2.transform(linear.astype(np.float32), _TO_XYZ)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / np.float32(3 * (6 / 29) ** 2) + np.float32(4 / 29))
    return np.asarray(cv2.transform(f.astype(np.float32), _TO_LAB), np.float32) - np.array([16, 0, 0], np.float32)


def _local_mean(lab: Floats, part: NDArray[np.uint8], window: int) -> tuple[Floats, Floats]:
    """The mean colour of `part` within a square window about each pixel, and the window's share that is of it."""
    import cv2

    weight = np.asarray(cv2.blur(part.astype(np.float32), (window, window)), np.float32)
    total = cv2.blur(lab * part[..., None], (window, window))
    return np.asarray(total / np.maximum(weight, 1e-6)[..., None], np.float32), weight
