"""What outlines, stickers and glows are drawn from: distances to a soft edge, blurred shapes, lengths, colours."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.placement import Placement, placed
from matteo.effects.subject import Box
from matteo.errors import UsageError
from matteo.picture import colour as colours
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha, Image, Rgb
from matteo.picture.limits import Limits

Length: TypeAlias = float | str

LONGEST = 30_000  # pixels
SMOOTH = 0.7  # pixels: makes a ramp of an edge that is sharp, and leaves its middle where it is
TILE = 1024  # pixels a side
LABELS = cv2.DIST_LABEL_PIXEL
EDGE = 0.5  # the alpha on which the edge of a soft shape lies
SMALL_SIGMA = 4.0  # pixels; a wider blur is made on a smaller picture, where it is no wider than this


def check_length(length: Length) -> tuple[float, bool]:
    """The number of a length, in pixels or in thousandths, and whether it is in pixels. UsageError for what is no
    length."""
    text = str(length).strip().lower()
    try:
        value = float(text.removesuffix("px").removesuffix("%")) * (10 if text.endswith("%") else 1)
    except ValueError:
        value = math.nan
    in_pixels = text.endswith("px")
    if not 0 <= value <= (LONGEST if in_pixels else 1000):
        raise UsageError(
            f"{length!r} is no length; give thousandths of the long side, such as 8, per cent of it as 0.8%, or pixels "
            "as 12px"
        )
    return value, in_pixels


def pixels(length: Length, size_hw: tuple[int, int]) -> float:
    """A length in pixels: a number is thousandths of the picture's long side, "0.8%" per cent of it, "12px" pixels;
    at most the long side. UsageError for what is no length."""
    value, in_pixels = check_length(length)
    return min(value if in_pixels else value * max(size_hw) / 1000, float(max(size_hw)))


def distance(alpha: Alpha, reach: float) -> NDArray[np.float32]:
    """From every pixel's middle to the subject's edge, in pixels: 0 within it, `reach` + 2 where it is farther off.

    After "Anti-aliased Euclidean distance transform" (Gustavson and Strand 2011): the nearest pixel of the subject is
    found on the grid, and the distance taken to the piece of edge that its own coverage and slope tell; on discs 0.06
    pixels off (RMS). H x W float32. Made in tiles that see `reach` beyond themselves: labels and places of all of a
    large picture would take several times its alpha.
    """
    far = np.float32(reach + 2)
    out = np.full(alpha.shape, far)
    halo = math.ceil(1.03 * reach) + 6
    side = max(TILE, 2 * halo)
    height, width = alpha.shape
    for top in range(0, height, side):
        for left in range(0, width, side):
            tile = slice(top, min(top + side, height)), slice(left, min(left + side, width))
            seen = tuple(slice(max(part.start - halo, 0), part.stop + halo) for part in tile)
            around = np.ascontiguousarray(alpha[seen])
            least, most = cv2.minMaxLoc(around)[:2]
            if most < EDGE:
                continue
            if least >= EDGE:
                out[tile] = 0
                continue
            within = tuple(slice(t.start - s.start, t.stop - s.start) for t, s in zip(tile, seen, strict=True))
            out[tile] = _near(around, reach, far)[within]
    return out


def _near(alpha: Alpha, reach: float, far: np.float32) -> NDArray[np.float32]:
    """The distances of one tile with what is around it."""
    smooth = np.asarray(cv2.GaussianBlur(alpha, (5, 5), SMOOTH), np.float32)
    inside = (smooth >= EDGE).view(np.uint8)
    found = np.where(inside, np.float32(0), far)
    rim = inside - cv2.erode(inside, np.ones((3, 3), np.uint8))
    if not rim.any():  # all of it or nothing of it
        return found
    steps, labels = cv2.distanceTransformWithLabels(1 - rim, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=LABELS)
    ring = np.nonzero((inside == 0) & (steps < 1.03 * reach + 2))  # sums of steps are 2 % off in some directions
    found[ring] = np.minimum(_to_edge(smooth, rim, labels, ring), far)
    # Here and there the grid names a neighbour of the nearest pixel: a mean over 3 x 3 takes such bumps out.
    mean: NDArray[np.float32] = np.where(found > 2, cv2.GaussianBlur(found, (3, 3), 0), found)
    return mean


def _to_edge(
    near: Alpha, rim: NDArray[Any], labels: NDArray[Any], ring: tuple[NDArray[np.intp], ...]
) -> NDArray[np.float32]:
    """From the pixels of the ring to the edge through the subject's pixel nearest to each: that edge is a straight
    piece as long as a pixel, set off from the pixel's middle along the slope."""
    foot = _feet(rim, labels, ring)
    rise = [cv2.Scharr(near, cv2.CV_32F, *axis)[foot] for axis in ((0, 1), (1, 0))]
    steepness = np.maximum(np.hypot(*rise), np.float32(1e-6))
    normal = [-one / steepness for one in rise]
    beyond = [(at + one).astype(np.float32) for at, one in zip(foot, normal, strict=True)]
    own, next_out = near[foot], _between(near, *beyond)
    offset = np.clip((own - np.float32(EDGE)) / np.maximum(own - next_out, np.float32(1e-6)), 0, 1)
    to = [(at - other).astype(np.float32) for at, other in zip(ring, foot, strict=True)]
    away = to[0] * normal[0] + to[1] * normal[1] - offset
    aside = np.abs(to[0] * normal[1] - to[1] * normal[0])
    found: NDArray[np.float32] = np.hypot(np.maximum(away, 0), np.maximum(aside - np.float32(0.5), 0))
    return found


def _feet(
    rim: NDArray[Any], labels: NDArray[Any], ring: tuple[NDArray[np.intp], ...]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of the rim's pixel nearest to each pixel of the ring."""
    on_rim = np.flatnonzero(rim)
    places = np.zeros(len(on_rim) + 1, np.intp)
    places[labels.ravel()[on_rim]] = on_rim
    down, across = np.divmod(places[labels[ring]], rim.shape[1])
    return down, across


def _between(values: Alpha, down: NDArray[np.float32], across: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values at places between pixels, linearly; OpenCV's remap takes no list as long as this one."""
    height, width = values.shape
    down, across = np.clip(down, 0, height - 1), np.clip(across, 0, width - 1)
    top, left = down.astype(np.intp), across.astype(np.intp)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    share = across - left
    upper = values[top, left] * (1 - share) + values[top, right] * share
    lower = values[bottom, left] * (1 - share) + values[bottom, right] * share
    found: NDArray[np.float32] = upper + (lower - upper) * (down - top)
    return found


def widened(alpha: Alpha, width: float) -> Alpha:
    """The shape of what is more than half opaque, `width` pixels wider: coverage in [0, 1] with a smooth edge."""
    coverage: Alpha = distance(alpha, width)
    np.subtract(np.float32(width + 0.5), coverage, out=coverage)
    return np.clip(coverage, 0, 1, out=coverage)


def softened(coverage: Alpha, sigma: float) -> Alpha:
    """A Gaussian blur of `sigma` pixels that fades at the picture's border, as if nothing were beyond it."""
    if sigma <= 0:
        return coverage
    step = max(1, int(sigma / SMALL_SIGMA))
    height, width = coverage.shape
    more_down, more_across = -height % step, -width % step
    even: NDArray[Any] = coverage
    if more_down or more_across:
        even = cv2.copyMakeBorder(coverage, 0, more_down, 0, more_across, cv2.BORDER_CONSTANT, value=0)
    whole = even.shape[1], even.shape[0]
    if step > 1:
        even = cv2.resize(even, (whole[0] // step, whole[1] // step), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(even, (0, 0), sigma / step, borderType=cv2.BORDER_CONSTANT)
    if step > 1:
        blurred = cv2.resize(blurred, whole, interpolation=cv2.INTER_CUBIC)
    soft: Alpha = np.asarray(blurred[:height, :width], np.float32)
    return np.clip(soft, 0, 1, out=soft)


def moved(coverage: Alpha, across: float, down: float) -> Alpha:
    """The coverage shifted by pixels and parts of them, zeros behind it."""
    return _slid(_slid(coverage.T, across).T, down)  # OpenCV warps no picture of more than 32,766 pixels a side


def _slid(coverage: Alpha, by: float) -> Alpha:
    """Down by rows and parts of them, which mix two rows linearly; the very same array where that is 0."""
    if by == 0:
        return coverage
    whole = math.floor(by)
    part = np.float32(by - whole)
    out = np.zeros_like(coverage)
    for rows, share in ((whole, 1 - part), (whole + 1, part)):
        start, stop = max(rows, 0), min(len(out) + rows, len(out))
        if share and start < stop:
            for piece in strips(stop - start, out.shape[1]):
                first, last = start + piece.start, start + piece.stop
                out[first:last] += coverage[first - rows : last - rows] * share
    return out


def coloured(name: str, cutout: Cutout) -> Rgb:
    """H x W x 3 of one colour in the cut-out's profile and depth, a view that takes no room."""
    values = colours.srgb_to_profile(colours.parse_colour(name), cutout.metadata.icc, cutout.depth)
    plain: NDArray[Any] = np.array(values, cutout.rgb.dtype)
    return np.broadcast_to(plain, cutout.rgb.shape)


def with_under(cutout: Cutout, *layers: Image) -> Cutout:
    """The cut-out with more layers right beneath the subject, over what is there already."""
    return replace(cutout, under=(*cutout.under, *layers))


def with_room(cutout: Cutout, around: float, limits: Limits | None = None) -> Cutout:
    """The canvas widened where less than `around` pixels are left beside the subject; no pixel changes. limits: of the
    canvas, the reader's where None; UsageError beyond."""
    more = math.ceil(around)

    def where(box: Box) -> Placement:
        height, width = cutout.size_hw
        left, top = max(0, more - box.left), max(0, more - box.top)
        right, bottom = max(0, box.right + more - width), max(0, box.bottom + more - height)
        return Placement(1.0, left, top, (height + top + bottom, width + left + right))

    return placed(cutout, where, limits)
