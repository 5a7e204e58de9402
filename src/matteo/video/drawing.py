"""What is drawn of a cut-out of a film: the still effects of a look on every frame, and effects over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from matteo.effects.background import Background
from matteo.effects.look import Look, steps
from matteo.picture.cutout import Cutout
from matteo.picture.image import Image
from matteo.picture.limits import Limits
from matteo.video.backdrop import FilmBackdrop, film_named
from matteo.video.effects.film_file import read_effects
from matteo.video.effects.moving import Chain, FilmEffect, States, chain
from matteo.video.effects.parse import entry, parse_effect
from matteo.video.effects.table import TABLE
from matteo.video.frame import Frame
from matteo.video.soft import blur_of, softened


@dataclass(frozen=True)
class Drawing:
    """What is done with every cut-out. transparent: whether what comes of it has an opacity that is kept; then the
    colours of what is not seen are hidden. start: when the film begins, for a background that is a film too. told: what
    tells one effect over time from another, its pictures too."""

    chain: Chain
    backdrop: FilmBackdrop | None = None
    start: Fraction = Fraction(0)
    transparent: bool = False
    told: tuple[str | None, ...] = ()

    def __call__(self, cutout: Cutout, frame: Frame, states: States | None) -> tuple[Image, States]:
        """The picture of a frame, and the effects' states; None begins."""
        if self.backdrop is not None:
            self.backdrop.time = frame.time - self.start
        return self.chain(cutout, frame, states)


def drawing_of(
    look: Look, moving: Sequence[FilmEffect] = (), *, effects_file: Path | None = None, limits: Limits | None = None,
    start: Fraction = Fraction(0),
) -> Drawing:  # fmt: skip
    """The drawing of a look, whose background may be a film ("office.mp4", "hold:office.mp4") and whose effects may be
    those over time: they come after the still ones, then those of the file, then `moving`."""
    named = film_named(look.background)
    backdrop = None if named is None else FilmBackdrop(*named, limits=limits)
    for text in look.effect:
        entry(text.partition(":")[0].strip())  # an unknown one is near to one of either table
    texts = [text for text in look.effect if text.partition(":")[0].strip() in TABLE]
    still = replace(look, effect=tuple(text for text in look.effect if text not in texts))
    behind = None if backdrop is None else backdrop.effect()
    done = steps(still if behind is None else replace(still, background=None), limits, behind=behind)
    strength = blur_of(look.background)
    if strength and isinstance(done.finish, Background):
        done = replace(done, finish=softened(done.finish, strength))
    ground = done.finish if isinstance(done.finish, Background) else None
    over_time = [parse_effect(text, ground, limits) for text in texts]
    if effects_file is not None:
        over_time += read_effects(effects_file, ground, limits)
    told = tuple(getattr(effect, "told", None) for effect in over_time)
    return Drawing(chain((*done.effects, *over_time, *moving), done.finish), backdrop, start, told=told)
