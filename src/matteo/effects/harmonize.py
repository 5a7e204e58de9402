"""Reinhard et al. 2001, "Color Transfer between Images": the subject's colours and exposure fitted to a background."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matteo.effects.background import Behind, behind_of
from matteo.effects.entry import effect_function
from matteo.effects.lab import from_lab, to_lab
from matteo.effects.table import check
from matteo.picture.composite import strips
from matteo.picture.cutout import Cutout, Effect
from matteo.picture.light import Light, light_of

SAMPLES = 200_000
# How far a subject is moved at strength 1, in units of Lab. A scene's mean is not its light alone: a meadow is green
# and nobody on it is. So the means approach one another by a share, and no farther than this.
SHARE = np.array([0.5, 0.6, 0.6], np.float32)
FARTHEST = np.array([18, 12, 12], np.float32)
# A subject is orange by itself, and its white stripe tells that the light is not. What is near to grey counts, and as a
# part of all of it: where little is, the light is taken as white.
NEAR_GREY = 20  # chroma
FEW = 0.05
CONTRAST = (0.9, 1.15)  # of the ratio of the spreads in L; those of a and b stay


@effect_function
def harmonize(background: Behind = "white", *, strength: float = 0.7) -> Effect:
    """The subject's mean L, and the a and b of the light that it stands in, are moved towards the background's means,
    and the spread of its L made more like it; give the same background to `over`.

    The paper takes mean and spread over as they are, which paints a subject in its surroundings' colours. Here the
    means meet half way (60 % in a and b), by at most 18 in L and 12 in a and b, the spread of L changes by at most
    15 %, and those of a and b stay. The subject's light is told by what is nearly grey in it: a red car is no reason
    to make its white stripe green. What is darker than the mean is moved less, black not at all: it has no light to
    colour. strength: 0 leaves the subject as it is, 1 does all of that. Alpha stays, and colours where it is 0. A
    subject or a background without a seen pixel changes nothing.
    """
    check("harmonize", strength=strength)

    def fitted(cutout: Cutout) -> Cutout:
        behind = behind_of(background, cutout)
        tone = light_of(cutout.metadata.icc)
        opacity = None if behind.opacity is None else np.asarray(behind.opacity)
        own = _statistics(cutout.rgb, cutout.alpha, tone, light=True)
        other = _statistics(behind.rgb, opacity, tone)
        if strength == 0 or own is None or other is None:
            return cutout
        shift = np.clip(SHARE * (other[0] - own[0]), -FARTHEST, FARTHEST) * np.float32(strength)
        ratio = np.clip((other[1] + 1) / (own[1] + 1), *CONTRAST) if len(behind.rgb) > 1 else 1.0
        gain = np.array([1 + (ratio - 1) * strength, 1, 1], np.float32)
        return replace(cutout, rgb=_moved(cutout, own[0], shift, gain, tone))

    return fitted


def _statistics(
    rgb: NDArray[Any], weight: NDArray[Any] | None, tone: Light, *, light: bool = False
) -> tuple[NDArray[np.float32], float] | None:
    """The mean of L, a and b and the spread of L, of a part of the pixels, as much as they are seen. light: of a and b
    those of the light, as what is nearly grey tells it."""
    step = max(1, int((rgb.shape[0] * rgb.shape[1] / SAMPLES) ** 0.5))
    lab = to_lab(tone.linear(rgb[::step, ::step].reshape(-1, 3)), tone.matrix).astype(np.float64)
    seen = np.ones(len(lab)) if weight is None else weight[::step, ::step].ravel().astype(np.float64)
    if seen.sum() <= 0:
        return None
    mean = np.average(lab, axis=0, weights=seen)
    spread = float(np.sqrt(np.average((lab[:, 0] - mean[0]) ** 2, weights=seen)))
    if light:
        near = seen * np.exp(-(lab[:, 1] ** 2 + lab[:, 2] ** 2) / NEAR_GREY**2)
        mean[1:] = near @ lab[:, 1:] / (near.sum() + FEW * seen.sum())
    return mean.astype(np.float32), spread


def _moved(
    cutout: Cutout, mean: NDArray[np.float32], shift: NDArray[np.float32], gain: NDArray[np.float32], tone: Light
) -> NDArray[Any]:
    rgb = cutout.rgb.copy()
    for part in strips(*cutout.size_hw):
        where = cutout.alpha[part] > 0
        if where.any():
            lab = to_lab(tone.linear(rgb[part][where]), tone.matrix)
            lit = np.clip(lab[:, :1] / max(float(mean[0]), 1.0), 0, 1)
            lab = lab + lit * ((lab - mean) * (gain - 1) + shift)
            rgb[part][where] = tone.encoded(from_lab(lab, tone.matrix), rgb.dtype)
    return rgb
