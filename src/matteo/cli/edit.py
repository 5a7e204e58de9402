"""From a cut-out to the bytes of its result: the look's effects, the metadata asked for, the format."""

from __future__ import annotations

from dataclasses import asdict, replace
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from matteo.effects.background import Background
from matteo.effects.look import Look, Steps
from matteo.effects.look import steps as steps_of
from matteo.effects.subject import subject_box
from matteo.errors import PictureError, UsageError
from matteo.picture.cutout import Cutout
from matteo.picture.formats import LAYERED
from matteo.picture.image import Image
from matteo.picture.layers import stack as layered
from matteo.picture.limits import Limits
from matteo.picture.metadata import strip, strip_location
from matteo.picture.write import DEEP
from matteo.remover import Seconds, timed

if TYPE_CHECKING:
    from matteo.cli.run import Options

EIGHT_BITS = "written with 8 bits, as the format holds no 16"


def prepared(options: Options, limits: Limits) -> Steps:
    """The look's effects, its pictures read once for all cut-outs."""
    steps = steps_of(options.look, limits)
    named = list(replace(options.look, effect=()).files())
    if options.format == "jpeg" and named and isinstance(steps.finish, Background):
        spot = Cutout(np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.float32))
        if steps.finish.behind(spot).opacity is not None:
            raise UsageError(f"{named[0]} is see-through and JPEG is not: choose png or webp")
    return steps


def identity_of(look: Look) -> dict[str, object]:
    """What the manifest is to know of a look: of a picture its bytes, not its name."""
    known = look.with_files(lambda path: "sha256:" + sha256(path.read_bytes()).hexdigest())
    said = {name: value for name, value in asdict(known).items() if value and name not in ("effect", "format")}
    return said | {"effect": list(known.effect)}


def keeps_source(options: Options, steps: Steps) -> bool:
    """Whether the cut-out has to hold the picture that it was cut from."""
    return not options.alpha_only and (steps.needs_source or options.format in LAYERED)


def encoded(cutout: Cutout, steps: Steps, options: Options, seconds: Seconds) -> tuple[bytes, tuple[str, ...]]:
    """The bytes of the result, and what is to be said of it. PictureError where there is no subject to edit."""
    if options.strip:
        cutout = replace(cutout, metadata=strip(cutout.metadata))
    elif options.strip_location:
        cutout = replace(cutout, metadata=strip_location(cutout.metadata))
    if options.alpha_only:
        with timed(seconds, "encode"):
            return cutout.encode_alpha(options.format), _notes(cutout, options)
    if (steps.effects or steps.finish) and subject_box(cutout.alpha) is None:
        raise PictureError("no subject was found, and a picture without one is not what was asked for; give a --mask")
    with timed(seconds, "effects"):
        result = steps.layered(cutout) if options.format in LAYERED else _flat(steps(cutout))
    with timed(seconds, "encode"):
        if options.format in LAYERED:
            data = layered.encode(result, options.format, premultiplied=not options.straight)
        else:
            data = result.encode(options.format, quality=options.quality)
    return data, _notes(result, options)


def _flat(result: Cutout | Image) -> Cutout | Image:
    """A cut-out on an opaque layer is a whole picture, which JPEG holds too."""
    if isinstance(result, Cutout) and any(under.opacity is None for under in result.under):
        flat = result.flattened()
        return replace(flat, opacity=None)
    return result


def _notes(result: Cutout | Image, options: Options) -> tuple[str, ...]:
    shallow = result.depth == 16 and options.format not in (*DEEP, *LAYERED)
    return (*result.notes, EIGHT_BITS) if shallow else result.notes
