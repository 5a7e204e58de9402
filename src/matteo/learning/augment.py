"""What a training picture goes through: place, light, dirt, and other backgrounds. Arrays in, arrays out.

Each function takes its own random generator, so that a seed gives the same picture again.
rgb: H x W x 3 uint8; mask: H x W uint8, 255 = foreground.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.learning.data import Pair

Bytes = NDArray[np.uint8]
Generator = np.random.Generator


def as_bytes(array: NDArray[np.generic]) -> Bytes:
    return np.asarray(array, np.uint8)


def random_crop(rgb: Bytes, mask: Bytes, size_hw: tuple[int, int], rng: Generator) -> tuple[Bytes, Bytes]:
    """A crop of 45 to 100 % of the area, near the shape asked for, that keeps most of the subject; to size_hw."""
    height, width = mask.shape
    subject = int((mask > 127).sum())
    top, left, h, w = 0, 0, height, width
    if rng.random() > 0.25:
        for _ in range(4):
            area = rng.uniform(0.45, 1.0) * height * width
            aspect = size_hw[0] / size_hw[1] * np.exp(rng.uniform(-0.3, 0.3))
            h = int(np.clip(np.sqrt(area * aspect), height // 3, height))
            w = int(np.clip(np.sqrt(area / aspect), width // 3, width))
            top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
            if (mask[top : top + h, left : left + w] > 127).sum() >= 0.7 * subject:
                break
        else:
            top, left, h, w = 0, 0, height, width
    box = slice(top, top + h), slice(left, left + w)
    return resize(rgb[box], size_hw), resize(mask[box], size_hw)


def resize(array: Bytes, size_hw: tuple[int, int]) -> Bytes:
    shrinks = array.shape[0] * array.shape[1] > size_hw[0] * size_hw[1]
    return as_bytes(cv2.resize(array, size_hw[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))


def rotate(rgb: Bytes, mask: Bytes, rng: Generator, degrees: float = 15) -> tuple[Bytes, Bytes]:
    height, width = mask.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-degrees, degrees), 1.0)
    border = cv2.BORDER_REFLECT_101
    return (
        as_bytes(cv2.warpAffine(rgb, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=border)),
        as_bytes(cv2.warpAffine(mask, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=border)),
    )


def relight(rgb: Bytes, rng: Generator) -> Bytes:
    """Gamma, gain, offset and white balance as one table a channel, then saturation."""
    x = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    gamma = np.exp(rng.normal(0, 0.25))
    gain = np.exp(rng.normal(0, 0.12)) * np.exp(rng.normal(0, 0.05, 3))
    table = np.clip((x**gamma * gain + rng.normal(0, 0.03)) * 255, 0, 255).astype(np.uint8)
    rgb = as_bytes(cv2.LUT(rgb, table.reshape(256, 1, 3)))
    saturation = float(np.clip(np.exp(rng.normal(0, 0.35)), 0, 2.0)) if rng.random() > 0.06 else 0.0
    grey = cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return as_bytes(cv2.addWeighted(rgb, saturation, grey, 1 - saturation, 0))


def dirty(rgb: Bytes, rng: Generator) -> Bytes:
    """Sometimes blur, sensor noise, or hard JPEG."""
    if rng.random() < 0.12:
        rgb = as_bytes(cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.4, 1.6)))
    if rng.random() < 0.12:
        noise = rng.standard_normal(rgb.shape[:2], np.float32)[..., None] * rng.uniform(3, 18)
        rgb = np.clip(rgb + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.12:
        quality = int(rng.integers(20, 70))
        encoded = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
        assert decoded is not None  # it was encoded just now
        rgb = as_bytes(decoded)
    return rgb


def subject_of(pair: Pair) -> tuple[Bytes, Bytes] | None:
    """The subject's box, mask shrunk by a pixel so that no rim of the old background comes along; None if unfit."""
    share = float((pair.mask > 127).mean())
    if not 0.02 < share < 0.75:
        return None
    mask = as_bytes(cv2.erode(pair.mask, np.ones((3, 3), np.uint8)))
    ys, xs = np.nonzero(mask.max(1) > 127)[0], np.nonzero(mask.max(0) > 127)[0]
    if len(ys) < 16 or len(xs) < 16:
        return None
    box = slice(ys[0], ys[-1] + 1), slice(xs[0], xs[-1] + 1)
    return pair.rgb[box], mask[box]


def paste(rgb: Bytes, mask: Bytes, subject_rgb: Bytes, subject_mask: Bytes, rng: Generator) -> tuple[Bytes, Bytes]:
    """The subject at a random size and place, partly outside at times, its light drawn towards the new scene's."""
    height, width = mask.shape
    scale = rng.uniform(0.3, 0.95) * min(height / subject_mask.shape[0], width / subject_mask.shape[1])
    h, w = max(8, int(subject_mask.shape[0] * scale)), max(8, int(subject_mask.shape[1] * scale))
    subject_rgb, subject_mask = resize(subject_rgb, (h, w)), resize(subject_mask, (h, w))
    outside = 0.25 if rng.random() < 0.3 else 0.0
    top = int(rng.uniform(-outside * h, height - h + outside * h))
    left = int(rng.uniform(-outside * w, width - w + outside * w))
    y0, y1, x0, x1 = max(0, top), min(height, top + h), max(0, left), min(width, left + w)
    part = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
    place = slice(y0, y1), slice(x0, x1)
    soft = as_bytes(cv2.GaussianBlur(subject_mask, (0, 0), rng.uniform(0.4, 1.2)))[part]
    light = rgb.mean() - subject_rgb.mean()
    new = np.clip(subject_rgb[part].astype(np.float32) + rng.uniform(0, 0.5) * light, 0, 255)
    alpha = soft[..., None].astype(np.float32) / 255
    out, out_mask = rgb.copy(), mask.copy()
    out[place] = (new * alpha + out[place] * (1 - alpha) + 0.5).astype(np.uint8)
    out_mask[place] = np.maximum(out_mask[place], soft)
    return out, out_mask


def compose(pair: Pair, backgrounds: Sequence[Pair], rng: Generator) -> tuple[Bytes, Bytes]:
    """The pair's subject on another background; the pair itself where it has no subject to move."""
    subject = subject_of(pair)
    if subject is None:
        return pair.rgb, pair.mask
    scene = backgrounds[int(rng.integers(len(backgrounds)))].rgb
    if rng.random() < 0.5:
        scene = np.ascontiguousarray(scene[:, ::-1])
    return paste(scene, np.zeros(scene.shape[:2], np.uint8), *subject, rng)


def augment(
    pair: Pair, backgrounds: Sequence[Pair], size_hw: tuple[int, int], rng: Generator, share_composed: float = 0.2
) -> tuple[Bytes, Bytes]:
    """One training picture: rgb size_hw x 3 and mask size_hw."""
    composed = len(backgrounds) > 0 and rng.random() < share_composed
    rgb, mask = compose(pair, backgrounds, rng) if composed else (pair.rgb, pair.mask)
    rgb, mask = random_crop(rgb, mask, size_hw, rng)
    if rng.random() < 0.5:
        rgb, mask = np.ascontiguousarray(rgb[:, ::-1]), np.ascontiguousarray(mask[:, ::-1])
    if rng.random() < 0.25:
        rgb, mask = rotate(rgb, mask, rng)
    if rng.random() < 0.8:
        rgb = relight(rgb, rng)
    return dirty(rgb, rng), mask
