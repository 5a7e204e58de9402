"""What is neither solid nor strand: lace, nets, leaves, holes, veils, smoke, glass; and grounds that look like strands
and are none. Layers from noise and ripples."""

from __future__ import annotations

import cv2
import numpy as np

from matteo.learning.synthesis.layer import Floats, Generator, Layer
from matteo.learning.synthesis.noise import above, smooth_noise


def near_outline(alpha: Floats, reach: float, rng: Generator) -> Floats:
    """Parts of a band of about `reach` pixels around the outline, inside and outside: H x W in [0, 1], soft."""
    inside = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    outside = cv2.distanceTransform((alpha <= 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    patchy = smooth_noise((alpha.shape[0], alpha.shape[1]), 4 * reach, rng)
    return np.clip((reach * (1 + 0.7 * patchy) - (inside + outside)) / 4, 0, 1).astype(np.float32)


def net(size_hw: tuple[int, int], rng: Generator) -> Floats:
    """Threads of a net or of lace, H x W in [0, 1]: ripples of two directions on warped coordinates."""
    period, angle = rng.uniform(6, 26), rng.uniform(0, np.pi)
    y, x = np.mgrid[: size_hw[0], : size_hw[1]].astype(np.float32)
    warp = rng.uniform(0, 0.4) * period
    x = x + np.float32(warp) * smooth_noise(size_hw, 5 * period, rng)
    y = y + np.float32(warp) * smooth_noise(size_hw, 5 * period, rng)
    skew = rng.uniform(0.4, 0.6) * np.pi
    waves = [np.cos((x * np.cos(a) + y * np.sin(a)) * (2 * np.pi / period)) for a in (angle, angle + skew)]
    thickness = rng.uniform(0.05, 0.45)
    return above(np.maximum(*waves).astype(np.float32), float(np.cos(np.pi * thickness)))


def pierced(subject: Layer, rng: Generator) -> Layer:
    """The subject with a net's meshes, or with holes of all sizes, cut into it near its outline."""
    size = max(subject.alpha.shape)
    where = near_outline(subject.alpha, size * rng.uniform(0.02, 0.12), rng)
    hw = (subject.alpha.shape[0], subject.alpha.shape[1])
    if rng.random() < 0.5:
        solid = net(hw, rng)
    else:
        solid = above(smooth_noise(hw, rng.uniform(4, 60), rng, octaves=2), rng.uniform(-0.8, 0.4))
    return Layer(subject.rgb, subject.alpha * (1 - where * (1 - solid)))


def leaves(subject: Layer, rng: Generator) -> Layer:
    """Ragged shapes in clusters around the outline, as a layer of their own."""
    size = max(subject.alpha.shape)
    hw = (subject.alpha.shape[0], subject.alpha.shape[1])
    where = near_outline(subject.alpha, size * rng.uniform(0.02, 0.12), rng)
    scale = float(np.exp(rng.uniform(np.log(3), np.log(30))))
    shapes = above(smooth_noise(hw, scale, rng, octaves=3), rng.uniform(-0.3, 0.9))
    return Layer(textured(own_colour(subject, rng), hw, scale, rng), shapes * where)


def veil(subject: Layer, rng: Generator) -> Layer:
    """Smoke, a veil, or a reflection around the subject: a low alpha that changes slowly."""
    hw = (subject.alpha.shape[0], subject.alpha.shape[1])
    size = max(hw)
    reach = size * rng.uniform(0.03, 0.15)
    outside = cv2.distanceTransform((subject.alpha <= 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    fading = np.clip(1 - outside / (reach * (1 + 0.4 * smooth_noise(hw, reach, rng))).clip(2), 0, 1)
    clouds = np.clip(0.6 + 0.35 * smooth_noise(hw, size * rng.uniform(0.02, 0.2), rng, octaves=3), 0, 1)
    alpha = rng.uniform(0.15, 0.9) * fading * clouds
    pale = own_colour(subject, rng) * 0.4 + rng.uniform(0.2, 0.6)
    return Layer(textured(pale, hw, size / 8, rng), alpha.astype(np.float32))


def glass(subject: Layer, rng: Generator) -> Layer:
    """The subject turned to glass in places near its outline: clear inside, solid at the rim and in its lights."""
    hw = (subject.alpha.shape[0], subject.alpha.shape[1])
    size = max(hw)
    where = near_outline(subject.alpha, size * rng.uniform(0.04, 0.15), rng)
    depth = cv2.distanceTransform((subject.alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    rim = np.exp(-depth / (size * rng.uniform(0.004, 0.02)))
    lights = above(smooth_noise(hw, size * rng.uniform(0.01, 0.06), rng, octaves=2), rng.uniform(1.2, 2.2))
    clear = np.clip(rng.uniform(0.05, 0.5) + 0.15 * smooth_noise(hw, size / 12, rng), 0, 1)
    through = np.maximum(np.maximum(clear, rim * rng.uniform(0.3, 1)), lights * rng.uniform(0.5, 1))
    alpha = subject.alpha * (1 - where * (1 - through))
    brightened = subject.rgb + (1 - subject.rgb) * (0.8 * lights * where)[..., None]
    return Layer(brightened.astype(np.float32), alpha.astype(np.float32))


def streaks(colour: Floats, size_hw: tuple[int, int], rng: Generator) -> Floats:
    """A ground with a grain, H x W x 3: wood, straw, cloth, brushed metal. Along the grain it hardly changes, across it
    from pixel to pixel, as hair does; the colour is its mean."""
    height, width = size_hw
    length = float(np.exp(rng.uniform(np.log(8), np.log(120))))
    across = float(np.exp(rng.uniform(np.log(1.2), np.log(6))))
    angle = rng.uniform(0, np.pi)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    bent = rng.uniform(0, 3) * across * smooth_noise(size_hw, max(size_hw) * rng.uniform(0.1, 0.5), rng)
    along = (x * np.cos(angle) + y * np.sin(angle)).astype(np.float32)
    beside = (y * np.cos(angle) - x * np.sin(angle)).astype(np.float32) + bent
    total = np.zeros(size_hw, np.float32)
    for finer, share in ((1, 1.0), (4, rng.uniform(0.2, 1))):
        step = max(1.0, across * (4 if finer == 1 else 1))
        grid = rng.standard_normal((64, 256), np.float32)
        wide = np.pad(grid, 2, mode="wrap")
        places = np.mod(along / (length / finer), 64) + 2, np.mod(beside / step, 256) + 2
        total += np.float32(share) * cv2.remap(wide, places[1], places[0], cv2.INTER_CUBIC)
    contrast = float(np.exp(rng.uniform(np.log(0.04), np.log(0.45))))
    tint = 1 + rng.normal(0, 0.15, 3).astype(np.float32)  # the grain is of another colour, not only darker
    shade = 1 + rng.uniform(0, 0.2) * smooth_noise(size_hw, max(size_hw) * rng.uniform(0.2, 1), rng)
    grain = 1 + contrast * total[..., None] * tint
    return np.asarray(np.clip(colour * grain * shade[..., None], 0, 1), np.float32)


def own_colour(subject: Layer, rng: Generator) -> Floats:
    """A colour of three numbers, taken from a place of the subject, or any at times."""
    rows, columns = np.nonzero(subject.alpha > 0.9)
    if len(rows) == 0 or rng.random() < 0.3:
        return rng.random(3, np.float32)
    pick = rng.integers(len(rows))
    return np.asarray(subject.rgb[rows[pick], columns[pick]], np.float32)


def textured(colour: Floats, size_hw: tuple[int, int], scale: float, rng: Generator) -> Floats:
    """The colour with some life in it, H x W x 3."""
    shade = 1 + rng.uniform(0.02, 0.25) * smooth_noise(size_hw, scale, rng, octaves=2)
    return np.clip(colour * shade[..., None], 0, 1).astype(np.float32)
