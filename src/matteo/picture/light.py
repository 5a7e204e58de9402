"""Between encoded values and linear light, by a picture's own tone curves."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.errors import UsageError
from matteo.picture import icc as profiles

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

FINE = 1 << 18  # steps of the way back: within 0.3 levels of 16 bits
LIGHTS = ("encoded", "linear")


@dataclass(frozen=True)
class Light:
    """The curves of one profile.

    curves: 65536 linear values in [0, 1] for the encoded ones, per channel. inverses: encoded values in [0, 1] for
    linear ones, on a grid of their square roots, which is even to the eye as the encoding is. matrix: linear RGB to
    XYZ under D50. levels: the inverses in 8 bits.
    """

    curves: tuple[Floats, Floats, Floats]
    inverses: tuple[Floats, Floats, Floats]
    matrix: NDArray[np.float64]
    levels: tuple[Bytes, Bytes, Bytes]

    def linear(self, rgb: NDArray[Any]) -> Floats:
        """... x 3, uint8 or uint16, as linear light in [0, 1]."""
        out = np.empty(rgb.shape, np.float32)
        for c, curve in enumerate(self.curves):
            np.take(curve if rgb.dtype == np.uint16 else curve[::257], rgb[..., c], out=out[..., c])
        return out

    def encoded(self, linear: Floats, dtype: Any) -> NDArray[Any]:
        """... x 3 linear light (cut off at [0, 1]) as integers of a depth, rounded."""
        top = np.float32(np.iinfo(dtype).max)
        out = np.empty(linear.shape, dtype)
        for c, (inverse, levels) in enumerate(zip(self.inverses, self.levels, strict=True)):
            at = (np.sqrt(np.clip(linear[..., c], 0, 1)) * np.float32(FINE - 1) + np.float32(0.5)).astype(np.intp)
            out[..., c] = levels.take(at) if out.dtype == np.uint8 else np.rint(inverse.take(at) * top)
        return out


def light_of(icc: bytes | None) -> Light:
    """The curves of a matrix profile; sRGB's for None and for profiles that work by tables."""
    found = profiles.matrix_profile(icc) if icc else None
    return _light(icc if found and icc else profiles.srgb())


def check_light(light: str) -> None:
    """UsageError for anything but "encoded" and "linear"."""
    if light not in LIGHTS:
        raise UsageError(f"light is {light!r}; give encoded (as viewers blend) or linear (as light adds up)")


@functools.lru_cache(maxsize=4)
def _light(icc: bytes) -> Light:
    profile = profiles.matrix_profile(icc)
    assert profile is not None
    grid, encoded = np.linspace(0, 1, FINE) ** 2, np.linspace(0, 1, profiles.LEVELS)
    red, green, blue = (
        (curve.astype(np.float32), np.interp(grid, curve, encoded).astype(np.float32)) for curve in profile.curves
    )
    levels = [np.rint(inverse * np.float32(255)).astype(np.uint8) for _, inverse in (red, green, blue)]
    return Light(
        (red[0], green[0], blue[0]), (red[1], green[1], blue[1]), profile.matrix, (levels[0], levels[1], levels[2])
    )
