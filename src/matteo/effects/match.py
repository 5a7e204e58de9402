"""Grain and sharpness of the subject brought to those of a new background, so that both seem of one photograph."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.background import Behind, behind_of
from matteo.effects.entry import effect_function
from matteo.effects.table import check
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Alpha
from matteo.picture.noise import estimate_sigma

AGAIN = 1.0  # pixels: sigma of the blur that edges are compared with
STEEPEST = 0.1  # the share of crests taken as edges
MOST = 4.0  # pixels of blur
SHARP = 0.05  # pixels: less is no blur
TILES, TILE = 4, 256  # of a large picture so many tiles in each direction, of so many pixels a side
SIGMAS = np.geomspace(0.2, 8, 60).tolist()
FEWEST = 256  # pixels: a block of those that the grain is measured in
SOLID = 5  # pixels inside the subject, where its matte's edge is not taken for its sharpness


@effect_function
def match(background: Behind = "white", *, strength: float = 1) -> Effect:
    """The subject blurred where the background is less sharp, and grain added where that has more; give the same
    background to `over`. Nothing is sharpened or freed of noise, and the background is not touched.

    Sharpness after Zhuo and Sim 2011, "Defocus map estimation from a single image": how much weaker the steepest
    edges get by a known blur tells the blur that they have. Grain after Immerkaer 1996. strength: the share of the
    difference that is made up, 0 to 1. The grain is the same every time. One colour as background changes nothing.
    """
    check("match", strength=strength)

    def matched(cutout: Cutout) -> Cutout:
        behind = behind_of(background, cutout)
        if behind.rgb.shape[:2] == (1, 1) or not (cutout.alpha == 1).any():
            return cutout
        solid = _inside(cutout.alpha)
        soft, own_soft = edge_sigma(behind.rgb), edge_sigma(cutout.rgb, solid)
        missing = max(soft**2 - own_soft**2, 0) ** 0.5 * strength if own_soft and soft else 0.0
        result = _blurred(cutout, min(missing, MOST)) if missing > SHARP else cutout
        grain, own_grain = grain_sigma(behind.rgb), grain_sigma(result.rgb, result.alpha == 1)
        more = max(grain**2 - own_grain**2, 0) ** 0.5 * strength if grain and own_grain is not None else 0.0
        return _grained(result, more / 255) if more > 0.25 else result

    return matched


def edge_sigma(rgb: NDArray[Any], where: NDArray[np.bool_] | None = None) -> float:
    """The blur of the steepest edges, as sigma of a Gaussian in pixels, up to 8; 0 where there are none.

    The slope of an edge of blur s, taken between the neighbours on both sides, is erf(1 / (s sqrt 2)) of its height;
    after another blur s0 it is that of sqrt(s^2 + s0^2). The ratio of the two falls with s, which is looked up.
    """
    found = [_crests(rgb[part], None if where is None else where[part]) for part in _parts(rgb.shape, where)]
    first, again = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    if not first.size:
        return 0.0
    least = max(float(np.quantile(first, 1 - STEEPEST)), 0.02)
    edges = first >= least
    if np.count_nonzero(edges) < 20:
        return 0.0
    ratio = float(np.median(first[edges] / np.maximum(again[edges], np.float32(1e-6))))
    ratios = [_slope(sigma) / _slope(math.hypot(sigma, AGAIN)) for sigma in SIGMAS]
    return float(np.interp(-ratio, [-one for one in ratios], SIGMAS))


def _parts(shape: tuple[int, ...], where: NDArray[np.bool_] | None) -> list[tuple[slice, slice]]:
    """The whole of a small picture, and of a large one tiles in a grid, at its own scale; of the box of what is set."""
    left, top, width, height = cv2.boundingRect(where.view(np.uint8)) if where is not None else (0, 0, *shape[1::-1])
    if width * height <= TILES**2 * TILE**2:
        return [(slice(top, top + height), slice(left, left + width))]
    down, across = ([round(i * max(0, n - TILE) / (TILES - 1)) for i in range(TILES)] for n in (height, width))
    bottom, right = top + height, left + width
    return [
        (slice(top + y, min(top + y + TILE, bottom)), slice(left + x, min(left + x + TILE, right)))
        for y in down
        for x in across
    ]


def _crests(rgb: NDArray[Any], where: NDArray[np.bool_] | None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How steep the crests of all slopes are, before and after another blur."""
    rgb = np.ascontiguousarray(rgb)
    grey = cv2.transform(rgb, np.full((1, 3), 1 / 3)).astype(np.float32) / np.float32(np.iinfo(rgb.dtype).max)
    first, crest = _steepness(grey)
    again, _ = _steepness(cv2.GaussianBlur(grey, (0, 0), AGAIN))
    picked = crest if where is None else crest & where
    return first[picked], again[picked]


def _slope(sigma: float) -> float:
    return math.erf(1 / (sigma * math.sqrt(2)))


def _steepness(grey: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """How steep each pixel is, and whether it is steeper than its neighbours up and down the slope."""
    across, down = (np.asarray(cv2.Scharr(grey, cv2.CV_32F, *axis), np.float32) for axis in ((1, 0), (0, 1)))
    steep = np.hypot(across, down)
    beside, above = (cv2.dilate(steep, np.ones(side, np.uint8)) for side in ((1, 3), (3, 1)))
    return steep, np.asarray(steep >= np.where(np.abs(across) >= np.abs(down), beside, above))


def _inside(alpha: Alpha) -> NDArray[np.bool_]:
    ring = np.ones((2 * SOLID + 1, 2 * SOLID + 1), np.uint8)
    found = cv2.erode((alpha == 1).astype(np.uint8), ring, borderType=cv2.BORDER_REPLICATE) > 0
    return np.asarray(found if found.any() else alpha == 1)


def grain_sigma(rgb: NDArray[Any], where: NDArray[np.bool_] | None = None) -> float | None:
    """The deviation of the grain, in levels of 0 to 255, of the pixels that are set; of a large picture's tiles.
    None where too few of them were looked at to tell."""
    parts = _parts(rgb.shape, where)
    if where is not None and sum(np.count_nonzero(where[part]) for part in parts) < FEWEST:
        return None
    # Black is taken as clipped, which tells nothing of grain.
    black = rgb.dtype.type(0)
    tiles = [rgb[part] if where is None else np.where(where[part][..., None], rgb[part], black) for part in parts]
    return estimate_sigma(np.concatenate(tiles))


def _blurred(cutout: Cutout, sigma: float) -> Cutout:
    """Colours count as much as they are seen; the alpha's edge gets softer with them."""
    alpha = np.clip(np.asarray(cv2.GaussianBlur(cutout.alpha, (0, 0), sigma), np.float32), 0, 1)
    share = np.divide(1, alpha, out=np.zeros_like(alpha), where=alpha > 0)
    rgb = np.empty_like(cutout.rgb)
    for c in range(3):
        premultiplied = np.multiply(cutout.rgb[..., c], cutout.alpha, dtype=np.float32)
        values = cv2.GaussianBlur(premultiplied, (0, 0), sigma) * share
        rgb[..., c] = np.rint(np.clip(values, 0, np.iinfo(rgb.dtype).max))
    return replace(cutout, rgb=rgb, alpha=alpha)


def _grained(cutout: Cutout, sigma: float) -> Cutout:
    rng = np.random.default_rng(0)
    full = np.iinfo(cutout.rgb.dtype).max
    rgb = cutout.rgb.copy()
    for part in strips(*cutout.size_hw):
        noise = rng.standard_normal((*cutout.alpha[part].shape, 3), np.float32) * np.float32(sigma * full)
        rgb[part] = np.rint(np.clip(rgb[part] + noise * (cutout.alpha[part] > 0)[..., None], 0, full))
    return replace(cutout, rgb=rgb)
