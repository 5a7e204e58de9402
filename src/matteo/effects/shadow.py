"""Shadows as soft layers beneath the subject: made ones, a mirror image, and the photograph's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from matteo.effects.entry import effect_function
from matteo.effects.shadow_cast import cast
from matteo.effects.shadow_contact import contact
from matteo.effects.shadow_drop import drop
from matteo.effects.shadow_keep import keep
from matteo.effects.shadow_reflection import reflection
from matteo.effects.shape import coloured, with_under
from matteo.effects.subject import subject_box
from matteo.effects.table import check
from matteo.errors import UsageError
from matteo.picture.colour import parse_colour
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.image import Alpha, Image
from matteo.picture.layers.drawn import Drawn

CUT = "the shadow is cut off by the canvas; give it more room, as crop with a margin or fill before it"
NAMES = {"drop": "drop shadow", "contact": "contact shadow", "cast": "cast shadow", "keep": "the photograph's shadow"}
SEEN = 0.06  # opacity of a shadow at the canvas's border that looks cut


@effect_function
def shadow(
    kind: str = "contact",
    *,
    opacity: float | None = None,
    softness: float | None = None,
    angle: float | None = None,
    length: float | None = None,
    colour: str = "black",
) -> Effect:
    """A layer of one colour (of the subject's own, mirrored, for a reflection) right beneath the subject.

    kind        what it is                                             opacity  softness  angle  length
    drop        the subject's shape, shifted                           0.35     0.02      150    0.03
    contact     dark where the subject's lowest parts meet the floor   0.7      0.04
    cast        the shape laid on the floor, softer far from the feet  0.45     0.03      55     0.7
    reflection  the subject mirrored at its ground line, fading        0.3      0                0.35
    keep        the photograph's own, from its source                  1        0.004

    opacity: at its darkest, 0 to 1; of "keep" a share of what was measured. softness: standard deviation of the blur
    as a share of the subject's longer side. angle: where it falls, degrees clockwise from upwards (away from the
    viewer on the floor). length: as a share of the subject's height. An argument that a kind has none of is refused.
    The canvas stays: a note says where it cuts the shadow, and where "keep" found none that can be told.
    """
    check("shadow", kind=kind, opacity=opacity, softness=softness, angle=angle, length=length)
    parse_colour(colour)
    values = {"opacity": opacity, "softness": softness, "angle": angle, "length": length}
    given = {name: value for name, value in values.items() if value is not None}
    make = _KINDS[kind]
    for name in given:
        if name not in (make.__kwdefaults__ or {}):
            raise UsageError(f"a shadow of kind {kind} has no {name}; it takes {', '.join(make.__kwdefaults__ or {})}")

    def shaded(cutout: Cutout) -> Cutout:
        if subject_box(cutout.alpha) is None:
            return cutout
        found = make(cutout, **given)
        if isinstance(found, str):
            return replace(cutout, notes=(*cutout.notes, found))
        if isinstance(found, Image):
            return with_under(cutout, found)
        if kind != "keep" and _is_cut(found):
            cutout = replace(cutout, notes=(*cutout.notes, CUT))
        return with_under(cutout, Drawn(coloured(colour, cutout), found, cutout.metadata, name=NAMES[kind]))

    return shaded


def _is_cut(opacity: Alpha) -> bool:
    return max(float(edge.max()) for edge in (opacity[0], opacity[-1], opacity[:, 0], opacity[:, -1])) > SEEN


# What each kind makes: the opacity of a layer, a layer with colours of its own, or a word why there is none.
_KINDS: dict[str, Callable[..., Alpha | Image | str]] = {
    "drop": drop,
    "contact": contact,
    "cast": cast,
    "reflection": reflection,
    "keep": keep,
}
