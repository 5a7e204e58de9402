"""Edges made steady at the frame's own size.

A steady alpha on the small grid still flickers at full size: edges follow the frame's own pixels, with their noise and
their compression. Where the way back can be trusted, edges are therefore a recursive mean of their own, along the way
where it is longer than what the eye takes for still, in place where it is shorter. The faster it moves the less the
past counts: the way is known on a coarse grid, which will not do for an edge. In place an edge would fall behind a
slow motion, so the past counts only so long that it lags by no more than a part of a pixel. And there an edge stays
where it is as long as it would move by less than is seen: a head before a camera is never quite still, and its outline
would tremble with it. An alpha of 0 or 1 is always what it is now, so that nothing is left behind.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.matting.tiles import tiles_touching
from matteo.picture.image import Alpha
from matteo.video.flow import Motion
from matteo.video.upsample import enlarged

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

LONG, SHORT = 12.0, 1.0  # frames that the past counts at most: in place, along the way
STILL, MOVING = 0.4, 0.6  # pixels of the frame, from one to the next: in place up to the one, along from the other
FAST = 1.5  # pixels of the grid, from one frame to the next, at which the past counts half of SHORT
LAG = 0.3  # pixels that an edge may be behind in place, as a mean lags
SLACK = 0.22  # by which an alpha of one half may stay what it was before, in place; less towards 0 and 1
REACH = 5  # grid pixels: the window in which something is uncertain


def edges_steadied(alpha: Alpha, before: Alpha, motion: Motion, weight: Floats, coarse: Alpha) -> Alpha:
    """H x W: alpha with what is left of `before`, the steady alpha of the frame before; both H x W in [0, 1].

    On the small grid, h x w: motion; weight: frames that stand behind the past; coarse: the alpha, which tells where
    edges are.
    """
    size_hw = alpha.shape[0], alpha.shape[1]
    maps = _way_share_and_slack(motion, weight, size_hw)
    result = alpha.copy()
    for tile in tiles_touching(_uncertain(coarse), size_hw):
        rows, columns = tile
        x, y, share, slack = enlarged(maps, size_hw, tile)
        x += np.arange(columns.start, columns.stop, dtype=np.float32)
        y += np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
        past = cv2.remap(before, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        now = alpha[tile]
        mean = now + share * (past - now)
        slack *= 4 * now * (1 - now)
        result[tile] = np.clip(np.clip(past, mean - slack, mean + slack), 0, 1)
    return result


def _way_share_and_slack(motion: Motion, weight: Floats, size_hw: tuple[int, int]) -> list[Floats]:
    """Of h x w each: the way back in the frame's pixels, x and y; the past's share, in [0, 1); and by how much alpha
    may stay what it was."""
    x, y = (
        way * np.float32(length / samples)
        for way, length, samples in zip(cv2.split(motion.back), size_hw[::-1], weight.shape[::-1], strict=True)
    )
    speed = np.asarray(cv2.magnitude(x, y), np.float32)
    along = np.clip((speed - STILL) / (MOVING - STILL), 0, 1, dtype=np.float32)
    moving = SHORT / (1 + (motion.speed / np.float32(FAST)) ** 2)
    kept = np.minimum(weight, np.where(along > 0, moving, np.minimum(LONG, LAG / np.maximum(speed, 1e-3))))
    share = kept / (1 + kept)
    slack = SLACK * (1 - along) * np.minimum(kept, 1) / (1 + kept)  # around the mean, which is SLACK around what is now
    return [x * along, y * along, np.asarray(share, np.float32), np.asarray(slack, np.float32)]


def _uncertain(coarse: Alpha) -> Mask:
    window = np.ones((REACH, REACH), np.uint8)
    return np.asarray((cv2.dilate(coarse, window) > 0) & (cv2.erode(coarse, window) < 1), bool)
