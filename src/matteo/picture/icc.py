"""ICC profiles, as far as they are needed beyond Pillow's ImageCms, which knows no 16-bit RGB.

Matrix profiles (three tone curves and a matrix: sRGB, Display P3, Adobe RGB, ProPhoto and their like) and grey ones
are evaluated here from their tags, ICC.1:2022, 9.2 and 10.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = 65536
Curve = NDArray[np.float64]  # LEVELS linear values for the encoded values 0, 1/65535, … 1


@dataclass(frozen=True)
class MatrixProfile:
    """curves: encoded to linear, one per channel. matrix: linear RGB to XYZ under D50."""

    curves: tuple[Curve, Curve, Curve]
    matrix: NDArray[np.float64]


def space(profile: bytes | None) -> str | None:
    """What the profile describes: "RGB", "GRAY", "CMYK", "Lab", …; None where it is no profile."""
    if profile is None or len(profile) < 132 or profile[36:40] != b"acsp":
        return None
    return profile[16:20].decode("latin-1").strip()


@functools.lru_cache(maxsize=1)
def srgb() -> bytes:
    """An sRGB profile, as littlecms makes it."""
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@functools.lru_cache(maxsize=8)
def matrix_profile(profile: bytes) -> MatrixProfile | None:
    """The profile's curves and matrix; None where it works by tables, or is damaged."""
    tags = _tags(profile)
    try:
        if b"A2B0" in tags or space(profile) != "RGB":
            return None
        red, green, blue = (_curve(tags[name + b"TRC"]) for name in (b"r", b"g", b"b"))
        matrix = np.array([_xyz(tags[name + b"XYZ"]) for name in (b"r", b"g", b"b")]).T
        np.linalg.inv(matrix)
    except (KeyError, ValueError, struct.error, np.linalg.LinAlgError):
        return None
    return MatrixProfile((red, green, blue), matrix)


def grey_curve(profile: bytes) -> Curve | None:
    """A grey profile's curve, encoded to linear; None where it has none."""
    try:
        return _curve(_tags(profile)[b"kTRC"])
    except (KeyError, ValueError, struct.error):
        return None


def _tags(profile: bytes) -> dict[bytes, bytes]:
    if len(profile) < 132:
        return {}
    (count,) = struct.unpack_from(">I", profile, 128)
    table = profile[132 : 132 + 12 * min(count, 256)]
    rows = struct.iter_unpack(">4sII", table[: len(table) // 12 * 12])
    return {name: profile[at : at + size] for name, at, size in rows}


def _xyz(tag: bytes) -> list[float]:
    return [value / 65536 for value in struct.unpack_from(">3i", tag, 8)]


def _curve(tag: bytes) -> Curve:
    x = np.linspace(0, 1, LEVELS)
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return x
        if count == 1:
            return x ** float(struct.unpack_from(">H", tag, 12)[0] / 256)
        points = np.frombuffer(tag, ">u2", count, 12) / 65535
        return np.interp(x, np.linspace(0, 1, count), points)
    if tag[:4] == b"para":
        return _parametric(tag, x)
    raise ValueError("a tone curve of an unknown kind")


def _parametric(tag: bytes, x: Curve) -> Curve:
    """ICC.1:2022, table 68: powers with a straight piece near black."""
    (kind,) = struct.unpack_from(">H", tag, 8)
    count = (1, 3, 4, 5, 7)[kind] if kind < 5 else 0
    if not count:
        raise ValueError("a tone curve of an unknown kind")
    g, a, b, c, d, e, f = _filled(kind, [value / 65536 for value in struct.unpack_from(f">{count}i", tag, 12)])
    power = np.maximum(a * x + b, 0) ** g + e
    return np.clip(np.where(x >= d, power, c * x + f), 0, 1)


def _filled(kind: int, p: list[float]) -> list[float]:
    """The seven parameters of kind 4 that make the same curve."""
    if kind == 0:
        return [p[0], 1, 0, 0, -1, 0, 0]
    if kind in (1, 2):
        offset = p[3] if kind == 2 else 0
        return [*p[:3], 0, -p[2] / p[1], offset, offset]
    return [*p[:5], 0, 0] if kind == 3 else p
