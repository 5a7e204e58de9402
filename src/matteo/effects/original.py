"""The original behind its own subject: darker, without colour, or lit around the subject only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.effects.background import Background
from matteo.effects.entry import effect_function
from matteo.effects.luminance import greyed
from matteo.effects.plate import clean_plate
from matteo.effects.subject import Box, box_or_all, source_of
from matteo.effects.table import check
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image

Strip = tuple[slice, NDArray[Any]]
AROUND = 0.1  # of the subject's longer side: by this the spotlight is wider than its box
NEAR, FAR = 0.7, 1.7  # of that ellipse: where the light begins to fall off, and where it ends


@effect_function
def dim(strength: float = 0.5, *, light: str = "encoded") -> Background:
    """The original, its encoded values lowered by a share: 0 leaves it as it is, 1 makes it black."""
    check("dim", strength=strength, light=light)

    def darker(plate: Image, cutout: Cutout) -> Iterator[Strip]:
        for part in strips(*plate.size_hw):
            yield part, plate.rgb[part] * np.float32(1 - strength)

    return _of_original("dim", darker, strength, light)


@effect_function
def grey(strength: float = 1, *, light: str = "encoded") -> Background:
    """The original without its colours: each pixel's own luminance as grey.

    strength: how much of the colour goes, 0 leaves it as it is.
    """
    check("grey", strength=strength, light=light)

    def greyer(plate: Image, cutout: Cutout) -> Iterator[Strip]:
        even = greyed(plate.rgb, plate.metadata)
        for part in strips(*plate.size_hw):
            own = plate.rgb[part].astype(np.float32)
            yield part, own + (even[part] - own) * np.float32(strength)

    return _of_original("grey", greyer, strength, light)


@effect_function
def spot(strength: float = 0.6, *, light: str = "encoded") -> Background:
    """The original as if a spotlight were on the subject: as it is around it, darker by `strength` far from it.

    The light is an ellipse around the subject's box and falls off smoothly.
    """
    check("spot", strength=strength, light=light)

    def lit(plate: Image, cutout: Cutout) -> Iterator[Strip]:
        box = box_or_all(cutout.alpha)
        for part in strips(*plate.size_hw):
            fall = _falloff(box, part, plate.size_hw[1])
            yield part, plate.rgb[part] * (1 - np.float32(strength) * fall)[..., None]

    return _of_original("spot", lit, strength, light)


@dataclass(frozen=True)
class _Unchanged(Background):
    """The original behind its own subject, which together are the original, bit for bit."""

    effect: str = ""

    def __call__(self, cutout: Cutout) -> Image:
        return _whole(cutout, self.effect)


def unchanged(effect: str, light: str) -> Background:
    """The original as it is, for the effect whose strength is 0."""
    return _Unchanged(lambda cutout: unmixed(source_of(cutout, effect), cutout), light, effect)


def _whole(cutout: Cutout, effect: str) -> Image:
    """The original picture itself, with the subject's own pixels where it is opaque."""
    source = source_of(cutout, effect)
    if cutout.under:
        return cutout.over(clean_plate(cutout, effect))
    rgb = np.where(cutout.alpha[..., None] == 1, cutout.rgb, source.rgb)
    opacity = None if source.opacity is None else np.maximum(source.opacity, cutout.alpha)
    return Image(rgb, opacity, cutout.metadata, cutout.format, cutout.notes)


def unmixed(picture: Image, cutout: Cutout) -> Image:
    """A picture that shows the subject, with the subject's share of the soft pixels taken out of them: the subject over
    it is that picture again. Where the subject is opaque the pixels stay as they are."""
    soft = np.flatnonzero((cutout.alpha > 0) & (cutout.alpha < 1))
    rgb: NDArray[Any] = picture.rgb.copy(order="C")
    alpha = cutout.alpha.reshape(-1)[soft][:, None]
    own = cutout.rgb.reshape(-1, 3)[soft].astype(np.float32)
    rest = (rgb.reshape(-1, 3)[soft] - alpha * own) / np.maximum(1 - alpha, np.float32(1e-3))
    rgb.reshape(-1, 3)[soft] = np.rint(np.clip(rest, 0, np.iinfo(rgb.dtype).max))
    return Image(rgb, picture.opacity, cutout.metadata)


def _of_original(
    name: str, change: Callable[[Image, Cutout], Iterator[Strip]], strength: float, light: str
) -> Background:
    """The background that the changed strips make; the original itself where the strength is 0."""
    if strength == 0:
        return unchanged(name, light)

    def behind(cutout: Cutout) -> Image:
        plate = clean_plate(cutout, name)
        rgb = np.empty_like(plate.rgb)
        for part, values in change(plate, cutout):
            rgb[part] = np.rint(values)
        return replace(plate, rgb=rgb)

    return Background(behind, light)


def _falloff(box: Box, rows: slice, width: int) -> NDArray[np.float32]:
    """0 around the subject, 1 far from it, smooth between (Hermite)."""
    more = AROUND * box.longest
    down, across = box.height / 2 + more, box.width / 2 + more
    y = (np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0.5 - (box.top + box.bottom) / 2) / down
    x = (np.arange(width, dtype=np.float32)[None] + 0.5 - (box.left + box.right) / 2) / across
    distance = np.sqrt(x * x + y * y)  # 1 on the ellipse that touches the widened box
    t = np.clip((distance - NEAR) / (FAR - NEAR), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
