"""The picture slowly closer to the subject."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.effects.entry import effect_function
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha, Image, Rgb
from matteo.video.effects.follow import Followed, followed
from matteo.video.effects.keys import EASES
from matteo.video.effects.layers import depth_of
from matteo.video.effects.moving import Moving
from matteo.video.effects.subject import where
from matteo.video.effects.table import check
from matteo.video.frame import Frame


@effect_function
def zoom_in(zoom: float = 1.5, *, begin: float = 0.0, over: float = 4.0, lag: float = 0.4) -> Moving:
    """The picture with all its layers larger by `zoom`, reached `over` seconds after `begin` with a soft start and end,
    around the subject's head and never beyond the picture's border. The canvas keeps its size.

    lag: as in `follow_spot`. Colours are resampled weighted by alpha; at zoom 1 nothing is changed.
    """
    check("zoom-in", zoom=zoom, begin=begin, over=over, lag=lag)

    def nearer(cutout: Cutout, frame: Frame, state: Followed | None) -> tuple[Cutout, Followed | None]:
        seen = where(cutout.alpha)
        goal = None if seen is None else (seen.head, seen.face)
        after = followed(state, goal, float(frame.time), lag)
        gone = float(frame.time) - begin
        share = float(np.clip(gone / over, 0, 1)) if over else float(gone >= 0)
        now = 1 + (zoom - 1) * EASES["in-out"](share)
        if now == 1:
            return cutout, after
        return magnified(cutout, now, (0.5, 0.5) if after is None else (after.place[0], after.place[1])), after

    return Moving(nearer, whole=True)


def magnified(cutout: Cutout, zoom: float, middle_xy: tuple[float, float]) -> Cutout:
    """The part of a cut-out around a point (shares of the picture), `zoom` times as large, on the same canvas."""
    start = [min(max(at - 0.5 / zoom, 0), 1 - 1 / zoom) for at in middle_xy]
    height, width = cutout.size_hw
    half = (1 / zoom - 1) / 2  # pixel centres stay aligned
    way = np.array([[1 / zoom, 0, start[0] * width + half], [0, 1 / zoom, start[1] * height + half]])
    rgb, alpha = _straight(cutout.rgb, cutout.alpha, way)
    return replace(
        cutout, rgb=rgb, alpha=alpha, under=tuple(_image(layer, way) for layer in cutout.under),
        source=None if cutout.source is None else _image(cutout.source, way),
    )  # fmt: skip


def _image(image: Image, way: NDArray[np.float64]) -> Image:
    if image.opacity is None:
        return replace(image, rgb=_warped(image.rgb, way))
    rgb, opacity = _straight(image.rgb, image.opacity, way)
    return replace(image, rgb=rgb, opacity=opacity)


def _straight(rgb: Rgb, alpha: Alpha, way: NDArray[np.float64]) -> tuple[Rgb, Alpha]:
    """Straight colours and their alpha: what is hidden does not come into the edge."""
    moved: Alpha = _warped(alpha, way)
    premultiplied = cv2.multiply(np.ascontiguousarray(rgb), cv2.merge([alpha] * 3), dtype=cv2.CV_32F)
    share = cv2.merge([1 / np.maximum(moved, np.float32(1e-4))] * 3)
    colours: Any = cv2.multiply(_warped(premultiplied, way), share, dtype=depth_of(rgb))
    return colours, moved


def _warped(array: Any, way: NDArray[np.float64]) -> Any:
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = array.shape[1], array.shape[0]
    return cv2.warpAffine(np.ascontiguousarray(array), way, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
