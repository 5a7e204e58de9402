"""Strands drawn one by one: hair, fur, grass. Cubic curves that taper, in clumps, coloured along their length.

They are drawn at four times the size and box-filtered, so that coverage is known down to a quarter of a pixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from matteo.learning.synthesis.layer import TINY, Floats, Generator, Layer, floats

FINER = 4  # the canvas's size over the picture's
SHIFT = 4  # fractional bits of the canvas's coordinates
PIECES = 6  # pieces of one width and colour along a strand
SAMPLES = 4 * PIECES + 1
FINEST = 0.3  # width of a tip, in pixels


@dataclass(frozen=True)
class Growth:
    """count: strands. length, width: in pixels, at the root. spread: of directions, in radians. flow: direction all
    are drawn towards (x, y) and how much, as its length. curl: sideways bend over the length, as a share of it.
    clump: 0 none to 1, tips of neighbours meet. opacity: of every strand."""

    count: int
    length: float
    width: float
    spread: float
    flow: tuple[float, float]
    curl: float
    clump: float
    opacity: float = 1.0


def hair(size: float, rng: Generator) -> Growth:
    """Few to many long strands; size: the subject's, in pixels."""
    angle = rng.uniform(0, 2 * np.pi)
    pull = rng.uniform(0, 1.5)
    return Growth(
        count=int(rng.uniform(100, 900)), length=size * float(np.exp(rng.uniform(np.log(0.02), np.log(0.3)))),
        width=float(np.exp(rng.uniform(np.log(0.5), np.log(3)))), spread=rng.uniform(0.1, 0.9),
        flow=(pull * np.cos(angle), pull * np.sin(angle)), curl=rng.uniform(0.05, 0.6), clump=rng.uniform(0, 1),
        opacity=rng.choice([1.0, rng.uniform(0.5, 1.0)]),  # fainter: finer than the canvas can show
    )  # fmt: skip


def fur(size: float, rng: Generator) -> Growth:
    """Many short strands."""
    grown = hair(size, rng)
    return replace(grown, count=int(rng.uniform(1200, 4000)), length=size * rng.uniform(0.015, 0.07),
                   width=rng.uniform(0.5, 2.0))  # fmt: skip


def grass(size: float, rng: Generator) -> Growth:
    """Broad blades that stand upright."""
    return Growth(
        count=int(rng.uniform(80, 500)), length=size * rng.uniform(0.05, 0.3), width=rng.uniform(1.5, 5),
        spread=rng.uniform(0.2, 0.6), flow=(0.0, -rng.uniform(1, 3)), curl=rng.uniform(0.1, 0.6),
        clump=rng.uniform(0, 0.5),
    )  # fmt: skip


def roots_on(alpha: Floats, rng: Generator, count: int) -> tuple[Floats, Floats]:
    """Points on the outline of alpha, count x 2 (x, y), a little inside it, and the outward directions there.

    Strands gather on parts of the outline, as hair grows on a head and not on a shoulder.
    """
    soft = cv2.GaussianBlur(alpha, (0, 0), 3)
    contours, _ = cv2.findContours((alpha > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    points = max(contours, key=len)[:, 0].astype(np.float32)
    start, share = rng.integers(len(points)), rng.uniform(0.15, 1.0)
    picked = points[(start + (rng.random(count) * share * len(points)).astype(int)) % len(points)]
    columns, rows = picked[:, 0].astype(int), picked[:, 1].astype(int)
    slope_x = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=5)[rows, columns]
    slope_y = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=5)[rows, columns]
    outward = -np.stack([slope_x, slope_y], 1)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True) + TINY
    depth = rng.uniform(0, 6, (count, 1)).astype(np.float32)
    return picked - depth * outward + rng.normal(0, 0.7, picked.shape).astype(np.float32), outward


def curves(roots: Floats, outward: Floats, growth: Growth, rng: Generator) -> Floats:
    """count x SAMPLES x 2: cubic Bezier curves from the roots."""
    count = len(roots)
    angles = np.arctan2(outward[:, 1], outward[:, 0]) + rng.normal(0, growth.spread, count)
    heading = np.stack([np.cos(angles), np.sin(angles)], 1) + np.asarray(growth.flow)
    heading /= np.linalg.norm(heading, axis=1, keepdims=True) + TINY
    beside = np.stack([-heading[:, 1], heading[:, 0]], 1)
    length = growth.length * np.exp(rng.normal(0, 0.4, (count, 1)))
    first, second, last = (rng.normal(0, growth.curl, (count, 1)) for _ in range(3))
    first_at = roots + length * (0.33 * outward + 0.3 * first * beside)
    second_at = roots + length * (0.66 * heading + 0.6 * second * beside)
    tip = roots + length * (heading + last * beside)
    if growth.clump > 0 and count > 8:
        leaders = rng.integers(count, size=max(2, count // int(rng.integers(6, 40))))
        nearest = np.argmin(((roots[:, None] - roots[leaders][None]) ** 2).sum(2), axis=1)
        tip += growth.clump * rng.uniform(0.5, 1, (count, 1)) * (tip[leaders][nearest] - tip)
    t = np.linspace(0, 1, SAMPLES)[None, :, None]
    weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
    points = (roots, first_at, second_at, tip)
    return np.asarray(sum(w * p[:, None] for w, p in zip(weights, points, strict=True)), np.float32)


def grow(subject: Layer, growth: Growth, rng: Generator) -> Layer:
    """The strands alone, as a layer of the subject's size; their colours are the subject's at the roots, lighter or
    darker towards the tips."""
    height, width = subject.alpha.shape
    roots, outward = roots_on(subject.alpha, rng, growth.count)
    canvas = np.zeros((height * FINER, width * FINER, 4), np.uint8)
    strands = curves(roots, outward, growth, rng)
    # Inwards, where the subject surely is, its colour is its own.
    inside = np.rint(roots - 3 * outward).astype(int)
    colours = subject.rgb[np.clip(inside[:, 1], 0, height - 1), np.clip(inside[:, 0], 0, width - 1)]
    tips = colours * np.exp(rng.normal(0, 0.25)) * np.exp(rng.normal(0, 0.12, (len(roots), 1))) + rng.normal(0, 0.04, 3)
    widths = floats(growth.width * np.exp(rng.normal(0, 0.3, len(roots))))
    for points, colour, thickness in pieces(strands, colours, tips, widths):
        cv2.polylines(canvas, [points], False, colour, thickness, cv2.LINE_8, SHIFT)
    return box_filtered(canvas, growth.opacity)


def pieces(
    strands: Floats, roots: Floats, tips: Floats, widths: Floats
) -> Iterator[tuple[NDArray[np.int32], list[float], int]]:
    """Points on the canvas, colour with coverage 255 as its fourth number, and thickness of every piece of every
    strand, strand by strand, from root to tip. roots and tips: colours; widths: in pixels, at the roots."""
    span = (SAMPLES - 1) // PIECES
    fixed = np.rint((strands + 0.5) * FINER * 2**SHIFT).astype(np.int32)
    t = ((np.arange(PIECES) + 0.5) / PIECES)[None, :, None]
    rgb = np.clip((roots[:, None] + t * (tips - roots)[:, None]) * 255, 0, 255)
    colours = np.concatenate([rgb, np.full((*rgb.shape[:2], 1), 255.0)], 2).tolist()
    thin = np.minimum(widths, FINEST)[:, None]
    tapered = FINER * (widths[:, None] + t[..., 0] * (thin - widths[:, None]))
    thickness = np.maximum(1, np.rint(tapered) - 1).astype(int)  # OpenCV's lines from 2 on are one wider than told
    for strand, points in enumerate(fixed):
        for piece, width in enumerate(thickness[strand].tolist()):
            yield points[piece * span : (piece + 1) * span + 1], colours[strand][piece], width


def box_filtered(canvas: NDArray[np.uint8], opacity: float) -> Layer:
    """The canvas at the picture's size: coverage and mean colour of what covers."""
    size_wh = canvas.shape[1] // FINER, canvas.shape[0] // FINER
    small = cv2.resize(canvas, size_wh, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
    coverage = small[..., 3]
    rgb = np.clip(small[..., :3] / np.maximum(coverage, TINY)[..., None], 0, 1)
    return Layer(np.asarray(rgb, np.float32), coverage * np.float32(opacity))
