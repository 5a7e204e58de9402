"""What an effect over time is, and several effects, still ones among them, as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from matteo.effects.background import Background
from matteo.effects.original import unmixed
from matteo.effects.poster import told
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Image
from matteo.video.effects.layers import flat, under_all
from matteo.video.frame import Frame

State: TypeAlias = Any  # numbers, texts, arrays, tuples and dataclasses of them: a value that can be written down
States: TypeAlias = tuple[State | None, ...]


@dataclass(frozen=True)
class Moving:
    """An effect over time: (cut-out, its frame, state) -> (cut-out, state), the state None where a film, a scene or a
    part begins.

    run: does it, and holds nothing of the film. whole: it changes the picture with all that lies behind the subject, so
    that a background is laid before it. opaque: after it nothing is see-through. told: what it does as a text, the same
    whenever it does the same; None where nothing says it, and then an interrupted film cannot be gone on with.
    """

    run: Callable[[Cutout, Frame, State | None], tuple[Cutout, State]]
    whole: bool = False
    opaque: bool = False
    told: str | None = None

    def __call__(self, cutout: Cutout, frame: Frame, state: State | None = None) -> tuple[Cutout, State]:
        return self.run(cutout, frame, state)


@dataclass(frozen=True)
class Timed:
    """An effect that is another at every time, or a still one. at: the one of a time (s), or None for none. whole,
    opaque, told: as in `Moving`."""

    at: Callable[[Fraction], Effect | Moving | None]
    whole: bool = False
    opaque: bool = False
    told: str | None = None


FilmEffect: TypeAlias = "Effect | Moving | Timed"


@dataclass(frozen=True)
class Chain:
    """Effects in turn: (cut-out, its frame, states or None) -> (picture, states), one state for each effect."""

    effects: tuple[FilmEffect, ...]

    @property
    def transparent(self) -> bool:
        """Whether its pictures have an opacity, those of opaque films too."""
        return not any(_opaque(effect) for effect in self.effects)

    def __call__(self, cutout: Cutout, frame: Frame, states: States | None = None) -> tuple[Image, States]:
        """UsageError where an effect makes a picture of another size or without the subject and is not the last."""
        drawn: Cutout | Image = cutout
        after: list[State | None] = []
        for number, (effect, state) in enumerate(zip(self.effects, states or self._none(), strict=True), start=1):
            assert isinstance(drawn, Cutout)
            with told(f"the frame at {float(frame.time):g} s"):
                drawn, state = _applied(effect, drawn, frame, state, number == len(self.effects))
            after.append(state)
        return flat(drawn) if isinstance(drawn, Cutout) else drawn, tuple(after)

    def _none(self) -> States:
        return (None,) * len(self.effects)


def chain(effects: Sequence[FilmEffect], background: FilmEffect | None = None) -> Chain:
    """Still effects and moving ones as one, in their order.

    background: what makes the whole picture: it is laid behind the subject before the first effect that shows the
    picture otherwise (a crop, a zoom, a grade, a spotlight), at the end where there is none.
    """
    if background is None:
        return Chain(tuple(effects))
    wholes = [number for number, effect in enumerate(effects) if getattr(effect, "whole", False)]
    place = wholes[0] if wholes else len(effects)
    return Chain((*effects[:place], background, *effects[place:]))


def _applied(
    effect: FilmEffect, cutout: Cutout, frame: Frame, state: State | None, last: bool
) -> tuple[Cutout | Image, State | None]:
    now = effect.at(frame.time) if isinstance(effect, Timed) else effect
    if now is None:
        return cutout, None
    if isinstance(now, Moving):
        return now(cutout, frame, state)
    return (now(cutout) if last else _going_on(now, cutout)), None


def _going_on(effect: Effect, cutout: Cutout) -> Cutout:
    """The cut-out after a still effect; of a whole picture what lies behind the subject becomes a layer."""
    if isinstance(effect, Background):
        return under_all(cutout, effect.behind(cutout))
    result = effect(cutout)
    if isinstance(result, Cutout):
        return result
    if result.opacity is not None or result.size_hw != cutout.size_hw:
        raise UsageError("an effect that makes a whole picture of its own is not the last; put it at the end")
    return under_all(cutout, unmixed(result, cutout))


def _opaque(effect: FilmEffect) -> bool:
    return isinstance(effect, Background) or bool(getattr(effect, "opaque", False))
