"""Films made for the tests: a disc whose way is known, before noise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha, Image, Metadata
from matteo.video.effects.moving import Chain, Moving, chain
from matteo.video.frame import Frame

from ...picture.made import noise

Way = Callable[[float], tuple[float, float]]  # of the time (s): x and y in pixels
SIZE = (90, 160)
RADIUS = 20.0
COLOUR = (220, 60, 40)


def across(time: float) -> tuple[float, float]:
    """From left to right at an even 40 pixels a second."""
    return 40 + 40 * time, 45.0


def swinging(time: float) -> tuple[float, float]:
    return 80 + 30 * np.sin(2 * np.pi * 0.5 * time), 45 + 10 * np.cos(2 * np.pi * 0.3 * time)


def disc(centre_xy: tuple[float, float], size_hw: tuple[int, int] = SIZE, radius: float = RADIUS) -> Alpha:
    """With an edge of one pixel."""
    y, x = (np.arange(length) + 0.5 for length in size_hw)
    far = np.hypot(y[:, None] - centre_xy[1], x - centre_xy[0])
    return np.asarray(np.clip(radius + 0.5 - far, 0, 1), np.float32)


def cutout(
    alpha: Alpha, dtype: Any = np.uint8, icc: bytes | None = None, colour: tuple[int, int, int] = COLOUR
) -> Cutout:
    """One colour over noise, with the picture that the two make."""
    behind = _noise(alpha.shape, np.dtype(dtype))
    own = np.array(colour) * (np.iinfo(dtype).max / 255)
    whole = np.rint(behind + (own - behind) * alpha[..., None].astype(float)).astype(dtype)
    rgb: NDArray[Any] = np.broadcast_to(np.rint(own).astype(dtype), behind.shape).copy()
    rgb[alpha == 0] = 0
    metadata = Metadata(icc=icc)
    return Cutout(rgb, alpha, metadata=metadata, source=Image(whole, metadata=metadata))


@lru_cache(maxsize=8)
def _noise(size_hw: tuple[int, int], dtype: np.dtype[Any]) -> NDArray[Any]:
    return noise(*size_hw, dtype=dtype)


def film(times: Iterable[Fraction], way: Way = across, **changes: Any) -> Iterator[tuple[Cutout, Frame]]:
    for number, time in enumerate(times):
        made = cutout(disc(way(float(time))), **changes)
        assert made.source is not None
        yield made, Frame(made.source, time, number)


def times(rate: int, seconds: float = 1.0) -> list[Fraction]:
    return [Fraction(number, rate) for number in range(int(seconds * rate) + 1)]


def uneven(seconds: float = 1.0, seed: int = 0) -> list[Fraction]:
    """Times of a film of variable rate, 10 to 60 pictures a second, that meets every tenth of a second."""
    steps = np.random.default_rng(seed)
    tenths = [Fraction(n, 10) for n in range(int(seconds * 10) + 1)]
    return sorted({*tenths, *(time + Fraction(int(steps.integers(1, 100)), 1000) for time in tenths[:-1])})


def run(effect: Moving | Chain, frames: Iterable[tuple[Cutout, Frame]]) -> dict[Fraction, tuple[Any, Any]]:
    """What comes of each frame, and the state behind it."""
    found, state = {}, None
    for made, frame in frames:
        result, state = effect(made, frame, state)
        found[frame.time] = result, state
    return found


def picture_of(result: Cutout | Image) -> Image:
    return chain([])(result, Frame(Image(result.rgb), Fraction(0), 0))[0] if isinstance(result, Cutout) else result
