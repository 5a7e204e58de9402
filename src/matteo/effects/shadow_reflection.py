"""A reflection: the subject mirrored at its ground line, as on a polished table."""

from __future__ import annotations

import numpy as np

from matteo.effects.shape import softened
from matteo.effects.subject import standing_box
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha, Image, Rgb
from matteo.picture.layers.drawn import Drawn

LEAST = 0.03  # of the subject's height: in less room than this no reflection is to be seen
NO_ROOM = "no room for a reflection below the subject; give it some, as crop with a margin or fill before it"


def reflection(cutout: Cutout, *, opacity: float = 0.3, softness: float = 0, length: float = 0.35) -> Image | str:
    """A layer with the subject's own colours, upside down below the ground line, fading out evenly over `length`;
    see `shadow` for the arguments."""
    box = standing_box(cutout.alpha)
    height = cutout.size_hw[0]
    if height - box.bottom <= LEAST * box.height or not length:
        return NO_ROOM
    rows = min(height - box.bottom, box.bottom)
    rgb, alpha = np.zeros_like(cutout.rgb), np.zeros_like(cutout.alpha)
    below, above = slice(box.bottom, box.bottom + rows), slice(box.bottom - rows, box.bottom)
    rgb[below] = cutout.rgb[above][::-1]
    alpha[below] = cutout.alpha[above][::-1]
    if softness:
        rgb, alpha = _blurred(rgb, alpha, softness * box.longest)
    away = np.arange(height, dtype=np.float32) + 0.5 - box.bottom
    fade = np.where(away > 0, np.clip(1 - away / np.float32(length * box.height), 0, 1), 0)
    alpha *= (np.float32(opacity) * fade).astype(np.float32)[:, None]
    return Drawn(rgb, alpha, cutout.metadata, name="reflection")


def _blurred(rgb: Rgb, alpha: Alpha, sigma: float) -> tuple[Rgb, Alpha]:
    """Colours count as much as they are seen."""
    full = np.float32(np.iinfo(rgb.dtype).max)
    soft = softened(alpha, sigma)
    share = np.divide(full, soft, out=np.zeros_like(soft), where=soft > 1e-6)
    out = np.empty_like(rgb)
    for c in range(3):
        out[..., c] = np.rint(
            np.clip(softened(np.multiply(rgb[..., c] / full, alpha, dtype=np.float32), sigma) * share, 0, full)
        )
    return out, soft
