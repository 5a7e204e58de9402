"""One picture of a film and when it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from matteo.picture.image import Image


@dataclass(frozen=True)
class Frame:
    """A picture of a film.

    image: upright, H x W x 3, uint8, or uint16 where the film has more than 8 bits, straight; opacity where it has one.
    time:  when it is shown, in seconds from the film's beginning, exact.
    index: its number in the film, from 0; of a part, too.
    duration: how long it is shown, in seconds; 0 where the film does not say.
    """

    image: Image
    time: Fraction
    index: int
    duration: Fraction = Fraction(0)
