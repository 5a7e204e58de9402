"""A film that was taken before a screen: alpha by its colour, frame by frame; the network tells the subject's inside.

Every frame's screen is found anew, so that the light may change; its hue is that of the first frame. A frame without
any (a cut to another place, a hand before the lens) is the network's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from matteo.errors import NoScreen
from matteo.keying.key import key
from matteo.keying.screen import find_screen, parse_screen
from matteo.matting.clean import cleaned, settle
from matteo.matting.tint import neutralise
from matteo.picture.image import Alpha, Rgb
from matteo.remover import Remover
from matteo.video.colours import edge_colours
from matteo.video.pipeline import Colours
from matteo.video.steady import sharpened
from matteo.video.step import QUALITIES, FilmStep, Looked, Memory, stepper


@dataclass(frozen=True)
class KeyStep(FilmStep):
    """The step of a film before a screen. told: as of `find_screen`."""

    told: str = "auto"

    def at_full_size(self, rgb: Rgb, looked: Looked, before: Memory | None) -> tuple[Alpha, Memory]:
        try:
            screen = find_screen(rgb, self.told)
        except NoScreen:
            return super().at_full_size(rgb, looked, before)
        now = looked.memory
        alpha = key(rgb, screen, cleaned(sharpened(now.past.alpha) if self.steady else now.past.alpha))
        settle(alpha)
        return alpha.copy(), replace(now, full=alpha, cut=self.steady and looked.way is None)


def step_of(remover: Remover, told: str | None, *, quality: str = "good", steady: bool = True) -> FilmStep:
    """`stepper`'s, or of a film before a screen. UsageError for what is no screen's colour."""
    if told is None:
        return stepper(remover, quality=quality, steady=steady)
    parse_screen(told)
    stepper(remover, quality=quality)  # what is wrong with the quality
    return KeyStep(remover, QUALITIES[quality], steady, told)


def without_spill(colours: Colours | None) -> Colours:
    """The subject's own colours, and of them what the screen's light tinted taken out."""
    find = colours or edge_colours

    def found(rgb: Rgb, alpha: Alpha, opacity: Alpha | None = None) -> Rgb:
        return neutralise(find(rgb, alpha, opacity), rgb, alpha, opacity)

    return found
