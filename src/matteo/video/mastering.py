"""What an HDR film says of the screen it was mastered on (SMPTE ST 2086) and of its own light (CTA-861.3)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

XY = tuple[Fraction, Fraction]
_CHROMATICITY, _LUMINANCE = 50_000, 10_000  # HEVC's units: 0.00002, and 0.0001 candela a square metre


@dataclass(frozen=True)
class Mastering:
    """primaries: red, green, blue in CIE xy; white; luminance: least and most, candela a square metre. None where the
    film says nothing of the screen. light: of the brightest pixel, and of the brightest picture on average."""

    screen: tuple[XY, XY, XY, XY, tuple[Fraction, Fraction]] | None = None
    light: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return self.screen is not None or self.light is not None

    def options(self, encoder: str) -> dict[str, str]:
        """What tells it to an encoder (FFmpeg's name); nothing where that cannot be told."""
        if encoder == "libx265":
            told = {"master-display": self._screen(_whole(_CHROMATICITY), _whole(_LUMINANCE)), "max-cll": self._light()}
            return _joined("x265-params", told)
        if encoder == "libsvtav1":
            told = {"mastering-display": self._screen(_real, _real), "content-light": self._light()}
            return _joined("svtav1-params", told)
        return {}

    def _light(self) -> str | None:
        return None if self.light is None else ",".join(map(str, self.light))

    def _screen(self, place: Any, light: Any) -> str | None:
        if self.screen is None:
            return None
        red, green, blue, white, (least, most) = self.screen
        points = zip(("G", "B", "R", "WP"), (green, blue, red, white), strict=True)
        named = "".join(f"{name}({place(x)},{place(y)})" for name, (x, y) in points)
        return f"{named}L({light(most)},{light(least)})"


def mastering_of(frame: Any) -> Mastering:
    """What a decoded frame says: FFmpeg's AVMasteringDisplayMetadata and AVContentLightMetadata, as they lie in
    memory."""
    from av.sidedata.sidedata import Type

    data = frame.side_data
    screen, light = data.get(Type.MASTERING_DISPLAY_METADATA), data.get(Type.CONTENT_LIGHT_LEVEL)
    found = None
    if screen is not None:
        *ratios, has_primaries, has_luminance = (int(n) for n in np.frombuffer(bytes(screen), np.int32)[:22])
        values = [Fraction(a, b) if b else Fraction(0) for a, b in zip(ratios[::2], ratios[1::2], strict=True)]
        if has_primaries and has_luminance:
            red, green, blue, white, span = zip(values[::2], values[1::2], strict=True)
            found = red, green, blue, white, span
    levels = None if light is None else tuple(int(n) for n in np.frombuffer(bytes(light), np.uint32)[:2])
    return Mastering(found, None if levels is None else (levels[0], levels[1]))


def _whole(units: int) -> Any:
    return lambda value: round(value * units)


def _real(value: Fraction) -> str:
    return f"{float(value):.5f}"


def _joined(name: str, told: dict[str, str | None]) -> dict[str, str]:
    said = ":".join(f"{key}={value}" for key, value in told.items() if value)
    return {name: said} if said else {}
