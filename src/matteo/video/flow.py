"""Where each pixel was in the picture before: dense inverse search (Kroeger 2016), and how far that can be trusted.

Done on a small picture, such as a network sees: what is asked is where an alpha of that size goes, not a pixel's path.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.picture.geometry import resize

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Array = TypeVar("Array", Floats, Bytes)
Places = tuple[NDArray[np.int16], NDArray[np.uint16]]

LONGEST = 160  # pixels of the grid on which flow is found
LOST = 0.3  # pixels of that grid, and a share of the path, by which a path back may miss its start
LOST_SHARE = 0.1
GAIN = 0.5, 2.0  # how far the light may change from one frame to the next
UNLIKE = 10.0  # levels of 255 by which colours may differ along a path


@dataclass(frozen=True)
class Motion:
    """back: h x w x 2, in pixels (x, y): what is at p was at p + back[p]. trust: h x w in [0, 1]; 0 where it was
    hidden, outside, or of another colour."""

    back: Floats
    trust: Floats

    @property
    def speed(self) -> Floats:
        """h x w, pixels a frame."""
        return np.asarray(cv2.magnitude(self.back[..., 0], self.back[..., 1]), np.float32)


def motion(before: Bytes, after: Bytes) -> Motion:
    """The way from each pixel of `after` back to `before`: both h x w x 3, of one size, which is the result's too."""
    size_hw = after.shape[0], after.shape[1]
    scale = min(1.0, LONGEST / max(size_hw))
    grid_hw = max(8, round(size_hw[0] * scale)), max(8, round(size_hw[1] * scale))
    old, new = (resize(np.asarray(cv2.blur(rgb, (3, 3)), np.uint8), grid_hw) for rgb in (before, after))
    old_grey, new_grey = (cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) for rgb in (old, new))
    search = _search()
    back, forth = (
        np.asarray(search.calc(*pair, None), np.float32) for pair in ((new_grey, old_grey), (old_grey, new_grey))
    )
    trust = _returns(back, forth) * _alike(new, warped(old, back))
    if grid_hw == size_hw:
        return Motion(back, trust)
    scale_xy = np.array([size_hw[1] / grid_hw[1], size_hw[0] / grid_hw[0]], np.float32)
    back, trust = (grown(values, size_hw) for values in (back, trust))
    return Motion(back * scale_xy, trust)


def grown(values: Floats, size_hw: tuple[int, ...]) -> Floats:
    """h x w or h x w x c on a finer grid: linear, pixel centres aligned."""
    return np.asarray(cv2.resize(values, size_hw[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def warped(values: Array, back: Floats, *, smooth: bool = True) -> Array:
    """`values` (h x w or h x w x c) of the picture before, where they are now; beyond the border its edge goes on."""
    return brought(values, places(back), smooth=smooth)


def places(back: Floats) -> Places:
    """The way as `brought` wants it: found once where several values take it."""
    return cv2.convertMaps(*_positions(back), cv2.CV_16SC2)  # type: ignore[return-value]


def brought(values: Array, way: Places, *, smooth: bool = True) -> Array:
    """`warped` by a way that was found before."""
    how = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST
    return cv2.remap(values, *way, how, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def _positions(back: Floats) -> tuple[Floats, Floats]:
    height, width = back.shape[:2]
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    return back[..., 0] + x, back[..., 1] + y


def _search() -> Any:
    """Between the library's presets: without "medium"'s variational refinement, which would take two thirds of the
    time."""
    search: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    search.setFinestScale(0)
    search.setGradientDescentIterations(12)
    search.setVariationalRefinementIterations(0)
    return search


def _returns(back: Floats, forth: Floats) -> Floats:
    """1 where the path back and the path forth from there end at their start, 0 where they miss it or leave."""
    height, width = back.shape[:2]
    missed = back + warped(forth, back)
    path = cv2.magnitude(back[..., 0], back[..., 1])
    error = cv2.magnitude(missed[..., 0], missed[..., 1]) / (LOST + LOST_SHARE * path)
    x, y = _positions(back)
    inside = (x > -1) & (x < width) & (y > -1) & (y < height)
    return np.asarray(np.exp(-(error**2)) * inside, np.float32)


def _alike(now: Bytes, then: Bytes) -> Floats:
    """1 where colours are among those of the past, next to where they were, apart from what changed everywhere."""
    gain, shift = _light(now[::4, ::4].astype(np.float32), then[::4, ::4].astype(np.float32))
    past = then * gain + shift
    window = np.ones((3, 3), np.uint8)
    beyond = cv2.max(now - cv2.dilate(past, window), cv2.erode(past, window) - now)
    r, g, b = cv2.split(beyond)  # channel by channel OpenCV is ten times faster than numpy along the last axis
    unlike = np.maximum(cv2.max(cv2.max(r, g), b), 0)
    return np.asarray(np.exp(-((unlike * np.float32(1 / UNLIKE)) ** 2)), np.float32)


def _light(now: Floats, then: Floats) -> tuple[np.float32, np.float32]:
    """now = gain then + shift for most of the picture: exposure, a flash, a fade. Least squares, twice, the second time
    over the half that fits."""
    x, y = then.ravel(), now.ravel()
    for _ in range(2):
        gain = np.clip(((x - x.mean()) * (y - y.mean())).mean() / max(float(x.var()), 1.0), *GAIN)
        shift = y.mean() - gain * x.mean()
        misfit = np.abs(now.ravel() - gain * then.ravel() - shift)
        fits = misfit <= np.median(misfit)
        x, y = then.ravel()[fits], now.ravel()[fits]
    return np.float32(gain), np.float32(shift)
