"""A film's alpha, frame by frame: `alpha, memory = step(frame, memory)`.

The network looks at every frame, or at every n-th: at the whole, then closer at the subject, in turns. What it says is
made steady on its own grid, where that is cheap, and then brought to the frame's size along the frame's own edges.
What is remembered is in `Memory`, an ordinary value: give None where a film, a scene or a part of it begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.errors import UsageError
from matteo.matting.clean import HIGH, LOW, cleaned, settle
from matteo.matting.confidence import is_plain
from matteo.matting.edges import refined
from matteo.models.fit import fit, fitted_size
from matteo.models.looks import Second, closer_look, look_again
from matteo.picture.colour import narrow
from matteo.picture.geometry import resize_by_halves
from matteo.picture.image import Alpha, Rgb
from matteo.remover import Remover, confidence_of
from matteo.video.cuts import is_cut
from matteo.video.edges import REACH, edges_steadied
from matteo.video.flow import Motion, motion
from matteo.video.steady import BOTH, CLOSER, WHOLE, Past, Seen, begun, carried, corrected, decided, sharpened, unsteady
from matteo.video.subject import is_lost, without_strangers
from matteo.video.upsample import upsampled

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Quality:
    """every: frames from one look of the network to the next. astray: share of the way that may be lost where alpha is
    uncertain, from which on the network looks all the same. edges: a key of `matteo.matting.edges.EDGES`. both: it
    looks at the whole and closer each time, instead of in turns."""

    every: int
    astray: float
    edges: str
    both: bool = False


QUALITIES = {"draft": Quality(3, 0.25, "fast"), "good": Quality(2, 0.17, "fast"), "best": Quality(1, 0.0, "fine", True)}

SLIP = 2  # frames for which the network may deny what was seen before
LOSS = 8  # the same, where it denies the whole subject
ENTRY = 5  # frames that something apart from the subject must last


@dataclass(frozen=True)
class Memory:
    """What a frame leaves to the next.

    full: H x W, the frame's alpha. small: h x w x 3, the frame as the network saw it. past: alpha on that grid, and
    what stands behind it. confidence: the network's, in [0, 1], of its last looks. flicker: how far the last differed
    from what was to be expected, as a share of the subject's area; None where nothing was. since: frames since that
    look. whole: it was one at the whole frame. lost: looks, one after the other, that saw nothing of the subject.
    cut: this frame began a scene; without steadying none is known to.
    """

    full: Alpha
    small: NDArray[np.uint8]
    past: Past
    confidence: float
    flicker: float | None = None
    since: int = 0
    whole: bool = True
    lost: int = 0
    cut: bool = False

    @property
    def alpha(self) -> Alpha:
        """The frame's alpha on the small grid, before edges: h x w in [0, 1]."""
        return self.past.alpha


Step = Callable[[Rgb, Memory | None], tuple[Alpha, Memory]]


@dataclass(frozen=True)
class Looked:
    """The first half of a step. memory: as it will be, but for the full alpha, which is still that of a frame before.
    way: from the frame before; None where nothing continues."""

    memory: Memory
    way: Motion | None


def stepper(remover: Remover, *, quality: str = "good", steady: bool = True) -> FilmStep:
    """The step of a film: (frame H x W x 3 uint8 or uint16, memory or None) -> (alpha H x W in [0, 1], memory).

    quality: a key of QUALITIES. steady=False: every frame by itself, as a picture.
    Raises UsageError for another quality. The step may be shared by films: it holds nothing of them.
    """
    if quality not in QUALITIES:
        raise UsageError(f"no quality named {quality!r}: choose one of {', '.join(QUALITIES)}")
    return FilmStep(remover, QUALITIES[quality], steady)


@dataclass(frozen=True)
class FilmStep:
    """Called as any step; or in its two halves, so that the one may work on a frame while the other does on the next:
    what the network sees needs no more than what it saw before."""

    remover: Remover
    how: Quality
    steady: bool = True

    def __call__(self, rgb: Rgb, memory: Memory | None) -> tuple[Alpha, Memory]:
        return self.at_full_size(rgb, self.look(rgb, memory), memory)

    def look(self, rgb: Rgb, before: Memory | None) -> Looked:
        """What is known of the frame on the network's grid. before: of the last frame; its full alpha is not looked
        at, and may be another frame's of that size."""
        small = _small(rgb, self.remover)
        way = _way(rgb, small, before) if self.steady else None
        if before is None or way is None:
            return Looked(_begun(rgb, small, self.remover, self.steady), None)
        return Looked(self._gone_on(rgb, small, before, way), way)

    def at_full_size(self, rgb: Rgb, looked: Looked, before: Memory | None) -> tuple[Alpha, Memory]:
        """The alpha of the frame that was looked at. before: of the last frame."""
        now, way = looked.memory, looked.way
        coarse = cleaned(sharpened(now.past.alpha) if self.steady else now.past.alpha)
        alpha = _edged(rgb, now.small, coarse, self.how, self.remover)
        if before is not None and way is not None:
            alpha = edges_steadied(alpha, before.full, way, np.maximum(now.past.weight - 1, 0), coarse)
        settle(alpha)
        return alpha.copy(), replace(now, full=alpha, cut=self.steady and way is None)

    def _gone_on(self, rgb: Rgb, small: NDArray[np.uint8], memory: Memory, way: Motion) -> Memory:
        past = carried(memory.past, way)
        now = replace(memory, small=small, since=memory.since + 1, cut=False)
        if now.since < self.how.every and _astray(past.alpha, way) < self.how.astray:
            return replace(now, past=past)
        seen, confidence = self._seen(rgb, small, past.alpha, closer=memory.whole)
        told = _told(past.alpha, seen)
        flicker = float((np.abs(told - past.alpha) * way.trust).sum() / max(1.0, float(past.alpha.sum())))
        lost = memory.lost + 1 if is_lost(told, past.alpha) else 0
        if not 0 < lost <= _looks(LOSS, now.since):
            known, waited = without_strangers(told, past.alpha, past.waited, _looks(ENTRY, now.since))
            seen = replace(seen, alpha=np.where(known < told, np.float32(0), seen.alpha))
            past = corrected(past, seen, _looks(SLIP, now.since))
            past = replace(decided(past, seen, small, way.trust, self.remover.steadier.all_of), waited=waited)
        return replace(
            now, past=past, confidence=(confidence + memory.confidence) / 2, flicker=flicker, since=0,
            whole=seen.kind != CLOSER, lost=lost,
        )  # fmt: skip

    def _seen(self, rgb: Rgb, small: NDArray[np.uint8], around: Alpha, *, closer: bool) -> tuple[Seen, float]:
        """One look, or both, and how sure the network is. closer: at what `around` shows, if there is more than one."""
        twice = self.remover.looks > 1
        if twice and closer and not self.how.both:
            found = closer_look(rgb, around, self.remover.card, self.remover.session.look)
            if found is not None:
                alpha, valid, own, outputs = found
                return Seen(alpha, valid, CLOSER), confidence_of(own, outputs, Second(own))
        return _looked(rgb, small, self.remover, twice=twice and self.how.both)


def _told(past: Alpha, seen: Seen) -> Alpha:
    """What a look says of all of the frame: where it did not see, what is known."""
    return seen.alpha if seen.valid is None else past + seen.valid * (seen.alpha - past)


def _begun(rgb: Rgb, small: NDArray[np.uint8], remover: Remover, steady: bool) -> Memory:
    seen, confidence = _looked(rgb, small, remover, twice=remover.looks > 1)
    past = begun(seen, small, remover.steadier.all_of) if steady else unsteady(seen)
    return Memory(np.zeros(_size(rgb), np.float32), small, past, confidence)


def _looks(frames: int, since: int) -> int:
    """So many frames as looks of the network; at least one."""
    return max(1, round(frames / since))


def _astray(alpha: Alpha, way: Motion) -> float:
    """The share of the way that is lost where alpha is neither 0 nor 1."""
    window = np.ones((REACH, REACH), np.uint8)
    uncertain = (cv2.dilate(alpha, window) > LOW) & (cv2.erode(alpha, window) < HIGH)
    return 1 - float(way.trust[uncertain].mean()) if uncertain.any() else 0.0


def _size(rgb: Rgb) -> tuple[int, int]:
    return rgb.shape[0], rgb.shape[1]


def _small(rgb: Rgb, remover: Remover) -> NDArray[np.uint8]:
    """The frame on the network's grid, in 8 bits."""
    return resize_by_halves(narrow(rgb), fitted_size(_size(rgb), remover.card))


def _way(rgb: Rgb, small: NDArray[np.uint8], memory: Memory | None) -> Motion | None:
    """From the frame before to this one; None where nothing continues."""
    if memory is None or memory.full.shape != _size(rgb):
        return None
    way = motion(memory.small, small)
    return None if is_cut(memory.small, small, way) else way


def _looked(rgb: Rgb, small: NDArray[np.uint8], remover: Remover, *, twice: bool) -> tuple[Seen, float]:
    """What the network makes of the whole frame, on its grid, and how sure it is. twice: with a closer look."""
    card, look, kind = remover.card, remover.session.look, BOTH if twice else WHOLE
    fitted = fit(small if card.fit == "stretch" else rgb, card)
    if is_plain(fitted.rgb):
        return Seen(np.zeros(fitted.rgb.shape[:2], np.float32), kind=kind), 0.0
    outputs = look(fitted.tensor)
    first = fitted.coarse_alpha(outputs.alpha, card)
    # On the grid of the first look, as all of the film is.
    second = look_again(rgb, first, card, look, finest=1) if twice else Second(first)
    return Seen(second.alpha, kind=kind), confidence_of(first, outputs, second)


def _edged(rgb: Rgb, small: NDArray[np.uint8], coarse: Alpha, how: Quality, remover: Remover) -> Alpha:
    if how.edges == "fast":
        return upsampled(coarse, small, rgb)
    return refined(how.edges, rgb, coarse, run=remover.refiner.run, guessed=True)
