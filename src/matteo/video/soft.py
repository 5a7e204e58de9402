"""A background that is out of focus anyway, made on a smaller picture: of a film it would be most of the work."""

from __future__ import annotations

from dataclasses import replace

from matteo.effects.background import Background
from matteo.picture.cutout import Cutout
from matteo.picture.geometry import resize
from matteo.picture.image import Image

RADIUS = 4.0  # pixels that the blur's disc keeps on the smaller picture
LEAST = 320  # pixels of its long side
USUAL = 12.0  # of `blur`, in thousandths of the long side


def blur_of(text: str | None) -> float | None:
    """The strength of an even blur ("blur", "blur:8"), in thousandths of the long side; None for other backgrounds."""
    name, _, rest = (text or "").strip().partition(":")
    try:
        return (float(rest) if rest else USUAL) if name == "blur" else None
    except ValueError:
        return None


def softened(ground: Background, strength: float) -> Background:
    """The same background, found on a picture that is smaller by a whole factor, where the disc is wide enough."""

    def behind(cutout: Cutout) -> Image:
        longest = max(cutout.size_hw)
        factor = int(min(strength / 1000 * longest / RADIUS, longest / LEAST))
        if factor < 2 or cutout.source is None or cutout.source.opacity is not None:
            return ground.behind(cutout)
        size_hw = -(-cutout.size_hw[0] // factor), -(-cutout.size_hw[1] // factor)
        source = replace(cutout.source, rgb=resize(cutout.source.rgb, size_hw))
        small = replace(cutout, rgb=source.rgb, alpha=resize(cutout.alpha, size_hw), source=source, under=())
        found = ground.behind(small)
        return replace(found, rgb=resize(found.rgb, cutout.size_hw))

    return replace(ground, behind=behind)
