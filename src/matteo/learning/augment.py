"""What a training picture goes through, as one table: place, other scenes, light, dirt.

Every augmentation is an object: its parameters are its fields, and calling it with a picture, its mask and a random
generator gives the changed two. The generator decides all: the same seed gives the same picture.
rgb: H x W x 3 uint8; mask: H x W uint8, 255 = foreground. docs/augmentation.md shows each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np

from matteo.learning.augment_light import Blur, Colour, Grey, Jpeg, Light, LowLight, Noise
from matteo.learning.augment_place import Bytes, Crop, Flip, Rotate, Truncate
from matteo.learning.augment_scene import OtherScene, SecondSubject
from matteo.learning.data import Pair


class Augmentation(Protocol):
    def __call__(self, rgb: Bytes, mask: Bytes, rng: np.random.Generator, /) -> tuple[Bytes, Bytes]: ...


Table: TypeAlias = tuple[tuple[float, Augmentation], ...]


def table(
    size_hw: tuple[int, int], pairs: Sequence[Pair] = (), scenes: Sequence[Pair] = (), strength: float = 1.0
) -> Table:
    """(chance, augmentation) in the order they are applied, ending at size_hw.

    pairs: whose subjects may be added; scenes: pictures without a subject to put subjects into. strength: a factor of
    the chance of all that makes a picture unlike a photograph as it is shown later: of all but crop and flip.
    """
    composed: Table = (
        *(((0.25, OtherScene(scenes)),) if scenes else ()),
        *(((0.05, SecondSubject(pairs)),) if pairs else ()),
    )
    all_of_it: Table = (
        *composed,
        (0.04, Truncate()),
        (1.00, Crop(size_hw)),
        (0.50, Flip()),
        (0.25, Rotate()),
        (0.80, Light()),
        (0.75, Colour()),
        (0.05, Grey()),
        (0.03, LowLight()),
        (0.12, Blur()),
        (0.12, Noise()),
        (0.12, Jpeg()),
    )
    return tuple((p if isinstance(change, Crop | Flip) else p * strength, change) for p, change in all_of_it)


def augment(rgb: Bytes, mask: Bytes, changes: Table, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
    """One training picture and its mask, of the size that the table ends at."""
    for chance, change in changes:
        if rng.random() < chance:
            rgb, mask = change(rgb, mask, rng)
    return rgb, mask
