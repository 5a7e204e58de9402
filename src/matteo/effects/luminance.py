"""How bright a colour is: luminance in linear light, given as the encoded grey of the same luminance."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.picture.composite import strips
from matteo.picture.image import Metadata, Rgb
from matteo.picture.light import light_of


def luminance(rgb: Rgb, metadata: Metadata) -> NDArray[np.float32]:
    """H x W in [0, 1]: the Y of CIE XYZ, 1 for white, by the profile's own primaries; linear light."""
    light = light_of(metadata.icc)
    weights = (light.matrix[1] / light.matrix[1].sum()).astype(np.float32)
    out = np.empty(rgb.shape[:2], np.float32)
    for part in strips(*rgb.shape[:2]):
        out[part] = cv2.transform(light.linear(rgb[part]), weights[None])
    return out


def greyed(rgb: Rgb, metadata: Metadata) -> Rgb:
    """H x W x 3 of the same depth and profile, each pixel the grey of its own luminance."""
    light = light_of(metadata.icc)
    out: Rgb = np.empty_like(rgb)
    bright = luminance(rgb, metadata)
    for part in strips(*rgb.shape[:2]):
        out[part] = light.encoded(np.repeat(bright[part][..., None], 3, axis=2), rgb.dtype)
    return out
