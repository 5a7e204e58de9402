"""The subject's own colours: blur fusion (Forte 2021, "Approximate Fast Foreground Colour Estimation"), coarse to fine.

In the band a pixel shows I = alpha F + (1 - alpha) B. F and B begin as the means of the colours around, weighted by
alpha^4 and (1 - alpha)^4; what the pixel shows beyond them, r = I - alpha F - (1 - alpha) B, is given to both in the
way that changes them least (Levin 2008 and Germer 2020 pose the same problem):

    F += alpha r / (alpha^2 + (1 - alpha)^2 + lambda),    B += (1 - alpha) r / (alpha^2 + (1 - alpha)^2 + lambda)

and the means are taken again, of a grid twice as fine and so over half the distance, level by level. Wide soft parts
get their colours from afar, strands from beside them. The means are smooth, so the finest grid may be smaller than the
picture; the pixels themselves are corrected at full size, and only where it shows.

(The paper has two levels, weighs by alpha itself and leaves B as it is. The fourth power keeps the band's mixed
colours out of the means. benchmarks/foreground.py measures it beside pymatting's multi-level estimate.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.tiles import SIDE, Tile, magnify, tiles, tiles_touching
from matteo.matting.trimap import Mask
from matteo.picture.image import ABOVE_0, BELOW_1, Alpha, Rgb

Floats = NDArray[np.float32]

WORKING = 800  # samples along the long side of the finest grid, at most
COARSEST = 24  # and of the coarsest, at least
OVERALL = 256  # and of that which tells the whole picture's mean
RADIUS = 2  # of the means, in samples of their grid
LAMBDA = 0.1
LAMBDA_FULL = 0.4  # at full size alpha is least certain: more of what is beyond the means is taken for its error
PRIOR = 1e-3  # weight of the coarser level's mean, which holds where nothing else is near
ROWS = 256
LEVEL_SIDE = 128  # samples of a tile of a grid


def estimate_foreground(
    rgb: Rgb,
    alpha: Alpha,
    opacity: Alpha | None = None,
    *,
    shown: Alpha | None = None,
    radius: int = RADIUS,
    lasting: float = LAMBDA_FULL,
    working: int = WORKING,
    near: float = 0.0,
) -> Rgb:
    """H x W x 3 in rgb's depth: rgb itself where alpha is 1 or nothing shows, else the estimated foreground's colour.

    opacity: the source's own, where it had one; colours that it hides do not count. shown: the alpha to be shown, if
    that is another: where it is above 0 the colours go on beyond alpha's edge, where it is 1 they are rgb's.
    radius: of the means, in samples; a larger one takes F and B for smoother. lasting: lambda at full size. working:
    samples along the long side of the finest grid, at most. near: so near to 0 and 1 an alpha is taken for them.
    """
    step = max(1, -(-max(alpha.shape) // working))
    small = [sample(values, step) for values in (rgb, alpha, opacity) if values is not None]
    full = np.float32(np.iinfo(rgb.dtype).max)
    shown = alpha if shown is None else shown
    small[0] *= 1 / full
    bands = list(_bands(alpha, shown, step, near))
    found = estimate_means(small[0], *small[1:], needed=_touched(bands, small[1].shape, step), radius=radius)
    foreground, background = (means * full for means in found)
    depth = cv2.CV_8U if rgb.dtype == np.uint8 else cv2.CV_16U
    result = rgb.copy()
    for tile, band in bands:
        t = alpha[tile]
        f, b = magnify(foreground, step, tile), magnify(background, step, tile)
        share = _thrice(t * _scale(t, lasting))
        given = cv2.multiply(_beyond(rgb[tile], f, b, _thrice(t)), share)
        corrected = cv2.add(f, given, dtype=depth)  # rounds and saturates
        result[tile] = cv2.copyTo(corrected, band, np.ascontiguousarray(result[tile]))
    return result


def _bands(alpha: Alpha, shown: Alpha, step: int, near: float) -> Iterator[tuple[Tile, NDArray[np.uint8]]]:
    """The tiles in which a colour is to be found, no larger than that, and in each 255 where. They begin at multiples
    of step."""
    least, most = max(ABOVE_0, near), min(BELOW_1, 1 - near)
    side, rows, band = step * max(1, SIDE // step), slice(0, 0), np.zeros((0, 0), np.uint8)
    for tile in tiles((alpha.shape[0], alpha.shape[1]), side):
        if tile[0] != rows:  # of all tiles in a row at once
            rows = tile[0]
            band = np.asarray(cv2.inRange(shown[rows], least, most), np.uint8)
            if shown is not alpha:
                cv2.bitwise_and(band, cv2.inRange(alpha[rows], 0, most), dst=band)
        part = band[:, tile[1]]
        left, top, width, height = cv2.boundingRect(part)
        if width:
            top, right_of, left, below_of = top // step * step, left + width, left // step * step, top + height
            box = slice(top, below_of), slice(left, right_of)
            corner = tile[0].start, tile[1].start
            inside = tuple(slice(c + along.start, c + along.stop) for c, along in zip(corner, box, strict=True))
            yield (inside[0], inside[1]), np.ascontiguousarray(part[box])


def _touched(bands: list[tuple[Tile, NDArray[np.uint8]]], size_hw: tuple[int, ...], step: int) -> Mask:
    """Of the samples, one every `step` pixels, those of which the bands' colours are told, with one to spare."""
    touched = np.zeros(size_hw, bool)
    for (rows, columns), _ in bands:
        touched[
            max(0, rows.start // step - 1) : -(-rows.stop // step) + 1,
            max(0, columns.start // step - 1) : -(-columns.stop // step) + 1,
        ] = True
    return touched


def hide_background(rgb: Rgb, alpha: Alpha) -> None:
    """Zeroes, in place, the colours where alpha is 0, so that nothing of the background stays in the file."""
    for top in range(0, len(rgb), ROWS):
        rows = slice(top, top + ROWS)
        seen = (alpha[rows] > 0).view(np.uint8)
        rgb[rows] = cv2.bitwise_and(rgb[rows], rgb[rows], mask=seen).reshape(rgb[rows].shape)


def estimate_means(
    rgb: Floats, alpha: Alpha, opacity: Alpha | None = None, *, needed: Mask | None = None, radius: int = RADIUS
) -> tuple[Floats, Floats]:
    """Foreground and background colours around every pixel, h x w x 3 each in [0, 1].

    needed: h x w, where they will be used; elsewhere nothing is told. Where None, everywhere.
    """
    needed = np.ones(alpha.shape, bool) if needed is None else needed
    steps = _steps(max(alpha.shape))
    levels = {step: [sample(values, step) for values in (rgb, alpha, opacity) if values is not None] for step in steps}
    few = levels[max(step for step in steps if step == 1 or max(alpha.shape) // step >= OVERALL)]
    means = [_overall(few[0], weight) for weight in weights(*few[1:])]
    for step, level in levels.items():
        size_hw = level[1].shape[0], level[1].shape[1]
        # Of the finest grid only what is needed is told, of the others all, for the next to begin with.
        found = [_enlarged(m, size_hw) if step > 1 else np.zeros((*size_hw, 3), np.float32) for m in means]
        for tile in tiles_touching(needed, size_hw, LEVEL_SIDE):
            seen, inside = _with_margin(tile, size_hw, radius)
            coarser = [_enlarged(m, size_hw, seen) for m in means]
            told = _level(*coarser, *(values[seen] for values in level), radius=radius)
            for values, new in zip(found, told, strict=True):
                values[tile] = new[inside]
        means = found
    return means[0], means[1]


def weights(alpha: Alpha, opacity: Alpha | None = None) -> tuple[Floats, Floats]:
    """alpha^4 and (1 - alpha)^4: how much a pixel says of the foreground's and of the background's colour."""
    inside, outside = (np.square(np.square(share)) for share in (alpha, 1 - alpha))
    return (inside, outside) if opacity is None else (inside * opacity, outside * opacity)


def _level(
    foreground: Floats, background: Floats, rgb: Floats, alpha: Alpha, opacity: Alpha | None = None, *, radius: int
) -> tuple[Floats, Floats]:
    """The means on one grid, given those of the coarser one on it."""
    w_f, w_b = weights(alpha, opacity)
    f, b = fuse(rgb, foreground, background, alpha)
    return _mean(f, w_f, foreground, radius), _mean(b, w_b, background, radius)


def _with_margin(tile: Tile, size_hw: tuple[int, int], margin: int) -> tuple[Tile, Tile]:
    """The tile and what lies around it; and where in that the tile is."""
    seen = [slice(max(0, t.start - margin), min(n, t.stop + margin)) for t, n in zip(tile, size_hw, strict=True)]
    inside = [slice(t.start - s.start, t.stop - s.start) for t, s in zip(tile, seen, strict=True)]
    return (seen[0], seen[1]), (inside[0], inside[1])


def fuse(rgb: Floats, foreground: Floats, background: Floats, alpha: Alpha) -> tuple[Floats, Floats]:
    """What the pixels show beyond the means is given to both. Colours H x W x 3 in [0, 1], alpha H x W."""
    scale = _scale(alpha, LAMBDA)
    beyond = _beyond(rgb, foreground, background, _thrice(alpha))
    f = cv2.add(foreground, cv2.multiply(beyond, _thrice(alpha * scale)))
    b = cv2.add(background, cv2.multiply(beyond, _thrice((1 - alpha) * scale)))
    return np.asarray(np.clip(f, 0, 1), np.float32), np.asarray(np.clip(b, 0, 1), np.float32)


def _scale(alpha: Alpha, constant: float) -> Floats:
    rest = 1 - alpha
    return np.asarray(1 / (alpha * alpha + rest * rest + np.float32(constant)), np.float32)


def _beyond(rgb: Rgb | Floats, foreground: Floats, background: Floats, alpha3: Floats) -> Floats:
    """I - alpha F - (1 - alpha) B; by OpenCV, which is several times faster here."""
    behind = cv2.subtract(rgb, background, dtype=cv2.CV_32F)
    return np.asarray(cv2.subtract(behind, cv2.multiply(alpha3, cv2.subtract(foreground, background))), np.float32)


def _mean(rgb: Floats, weight: Floats, prior: Floats, radius: int) -> Floats:
    side = (2 * radius + 1, 2 * radius + 1)
    sums = cv2.blur(cv2.multiply(rgb, _thrice(weight)), side)
    total = np.asarray(cv2.blur(weight, side), np.float32) + np.float32(PRIOR)
    return np.asarray(cv2.divide(cv2.scaleAdd(prior, PRIOR, sums), _thrice(total)), np.float32)


def _overall(rgb: Floats, weight: Floats) -> Floats:
    """The mean of the whole picture, 1 x 1 x 3; grey where nothing weighs."""
    total = float(weight.sum(dtype=np.float64))
    # No product of matrices: the threads of numpy's library would wait for the next one at full speed, a tenth of a
    # second long, and take a processor from whatever else is at work.
    sums = cv2.mean(cv2.multiply(rgb, _thrice(weight)))[:3]
    mean = np.array(sums) * weight.size / total if total > 0 else np.full(3, 0.5)
    return np.asarray(mean, np.float32).reshape(1, 1, 3)


def _steps(longest: int) -> list[int]:
    """1, 2, 4, … as long as the grid is not coarser than the coarsest; the largest first."""
    return [1 << k for k in range(16) if k == 0 or longest >> k >= COARSEST][::-1]


def _enlarged(means: Floats, size_hw: tuple[int, int], part: Tile | None = None) -> Floats:
    """The means of a grid on one twice as fine, of a part of it if one is given: a coarse sample lies between two fine
    ones, as resize takes it."""
    part = (slice(0, size_hw[0]), slice(0, size_hw[1])) if part is None else part
    if means.shape[:2] == (1, 1):
        return np.ascontiguousarray(np.broadcast_to(means, (*(p.stop - p.start for p in part), 3)))
    return np.ascontiguousarray(magnify(means, 2, part))


def _thrice(values: Floats) -> Floats:
    return np.asarray(cv2.merge([values, values, values]), np.float32)


def sample(values: NDArray[Any], step: int) -> Floats:
    """Every step-th pixel, as float32: in single pixels, not in means, alpha F + (1 - alpha) B is exact."""
    if step == 1:
        return np.asarray(values, np.float32)
    inside = np.asarray(values[step // 2 :: step, step // 2 :: step], np.float32, order="C")
    beyond = [int(0 < n % step <= step // 2) for n in values.shape[:2]]  # a last sample lies beyond the end: the end's
    if not any(beyond):
        return inside
    ends = cv2.copyMakeBorder(inside, 0, beyond[0], 0, beyond[1], cv2.BORDER_REPLICATE)
    if beyond[0]:
        ends[-1, : inside.shape[1]] = values[-1, step // 2 :: step]
    if beyond[1]:
        ends[: inside.shape[0], -1] = values[step // 2 :: step, -1]
    if all(beyond):
        ends[-1, -1] = values[-1, -1]
    return np.asarray(ends, np.float32)
