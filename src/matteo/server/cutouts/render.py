"""From a picture's bytes and the options to the result's bytes and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from matteo.effects.backdrop import picture as picture_behind
from matteo.effects.background import Background, colour
from matteo.effects.look import Steps, steps
from matteo.effects.parse import FITTED, parse_effect
from matteo.errors import UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.formats import LAYERED
from matteo.picture.image import Image
from matteo.picture.layers import stack as layered
from matteo.picture.limits import Limits
from matteo.picture.metadata import strip, strip_location
from matteo.picture.read import read
from matteo.remover import Remover
from matteo.selecting.hints import Hints
from matteo.server.cutouts.options import Options

AROUND = "white"


@dataclass(frozen=True)
class Given:
    """What is sent: the picture, and beside it a background, a mask, a trimap, painted areas."""

    image: bytes
    background: bytes | None = None
    mask: bytes | None = None
    trimap: bytes | None = None
    keep_mask: bytes | None = None
    drop_mask: bytes | None = None

    def hints(self, options: Options) -> Hints:
        return Hints(options.keep, options.drop, options.box, self.keep_mask, self.drop_mask)


@dataclass(frozen=True)
class Made:
    """data: a file of `format`. size_hw: of the result; source_hw: of the picture."""

    data: bytes
    format: str
    size_hw: tuple[int, int]
    source_hw: tuple[int, int]
    model: str
    confidence: float | None
    kind: str | None
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: dict[str, float]

    @property
    def megapixels(self) -> float:
        return self.source_hw[0] * self.source_hw[1] / 1e6

    @property
    def facts(self) -> dict[str, Any]:
        """What is told of it beside the bytes, as JSON can hold it."""
        return {
            "format": self.format, "width": self.size_hw[1], "height": self.size_hw[0],
            "source_width": self.source_hw[1], "source_height": self.source_hw[0], "model": self.model,
            "confidence": None if self.confidence is None else round(self.confidence, 4), "kind": self.kind,
            "reasons": list(self.reasons), "notes": list(self.notes),
            "seconds": {stage: round(value, 4) for stage, value in self.seconds.items()},
        }  # fmt: skip


def make(remover: Remover, given: Given, options: Options, charge: Callable[[float], object]) -> Made:
    """The whole of it. charge: called with the picture's megapixels before it is worked on. Raises MatteoError."""
    image = read(given.image, limits=remover.limits)
    charge(image.size_hw[0] * image.size_hw[1] / 1e6)
    done = _steps(options, given.background, remover.limits)
    needs_source = not options.alpha_only and (done.needs_source or options.format in LAYERED)
    cutout = remover.cut(
        image, mask=given.mask, trimap=given.trimap, hints=given.hints(options), key=options.key,
        foreground=not options.alpha_only, keep_source=needs_source, **options.treatment,
    )  # fmt: skip
    if options.strip:
        cutout = replace(cutout, metadata=strip(cutout.metadata))
    elif options.strip_location:
        cutout = replace(cutout, metadata=strip_location(cutout.metadata))
    data, size_hw, notes = _encoded(cutout, done, options)
    return Made(
        data, options.format, size_hw, image.size_hw, cutout.model, cutout.confidence, cutout.kind, cutout.reasons,
        notes, dict(cutout.seconds),
    )  # fmt: skip


def check_look(options: Options, behind: bool) -> None:
    """UsageError where the look's texts make no sense: before any picture is there. behind: one will be sent."""
    if behind:
        _fitted(options, colour("white"), None)
    else:
        steps(options.look)


def _steps(options: Options, background: bytes | None, limits: Limits) -> Steps:
    """The look's effects, with the background that was sent in place of one that is named."""
    look = options.look
    if background is None:
        return steps(look, limits)
    read_one = read(background, limits=limits)
    behind = picture_behind(read_one, fit=options.background_fit, around=AROUND, light=look.light or "encoded")
    if look.harmonize is not None or any(text.partition(":")[0] in FITTED for text in look.effect):
        return replace(_fitted(options, behind, limits), finish=behind)
    return replace(steps(replace(look, light=None), limits), finish=behind)


def _fitted(options: Options, behind: Background, limits: Limits | None) -> Steps:
    """Effects that look at what lies behind, given the picture that was sent."""
    look = options.look
    plain = tuple(text for text in look.effect if text.partition(":")[0] not in FITTED)
    base = steps(replace(look, effect=plain, harmonize=None, light=None), limits)
    texts = [text for text in look.effect if text.partition(":")[0] in FITTED]
    if look.harmonize is not None:
        texts.insert(0, "harmonize" if look.harmonize == "yes" else f"harmonize:{look.harmonize}")
    return replace(base, effects=(*base.effects, *(parse_effect(text, behind, limits) for text in texts)))


def _encoded(cutout: Cutout, done: Steps, options: Options) -> tuple[bytes, tuple[int, int], tuple[str, ...]]:
    if options.alpha_only:
        return cutout.encode_alpha(options.format), cutout.size_hw, cutout.notes
    if options.format in LAYERED:
        result = done.layered(cutout)
        data = layered.encode(result, options.format, premultiplied=not options.straight)
        return data, result.size_hw, result.notes
    result = _flat(done(cutout))
    if options.format == "jpeg" and not (isinstance(result, Image) and result.opacity is None):
        raise UsageError("JPEG holds no transparency, and the result has some; choose png or webp, or a background")
    return result.encode(options.format, quality=options.quality), result.size_hw, result.notes


def _flat(result: Cutout | Image) -> Cutout | Image:
    """A cut-out on an opaque layer is a whole picture, which JPEG holds too."""
    if isinstance(result, Cutout) and any(under.opacity is None for under in result.under):
        return replace(result.flattened(), opacity=None)
    return result
