"""The whole set on the device as uint8, and batches made there: the device never waits for the processor."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor

from matteo.errors import UsageError
from matteo.learning.augment import Table, table
from matteo.learning.augment_place import Bytes, Crop, Flip, Rotate, Truncate, as_bytes
from matteo.learning.augment_scene import OtherScene, Paste, SecondSubject
from matteo.learning.batches import Batch, Material, batch_shape, strength
from matteo.learning.data import Pair
from matteo.learning.on_device import light, place, scene
from matteo.learning.recipes import Recipe
from matteo.learning.schedule import Plan

Canvas: TypeAlias = tuple[Tensor, Tensor, Tensor]  # rgb, mask, the pictures' own shapes
T = TypeVar("T")


def of(changes: Table, kind: type[T]) -> list[tuple[float, T]]:
    """The table's entries of a kind: one, or none."""
    return [(chance, change) for chance, change in changes if isinstance(change, kind)]


class Stored:
    """The material on a device. side: of the squares that pictures are stretched to, `longest` of the recipe.

    It takes 4 side² bytes a picture: 8.3 GB for 13,000 at 400. part: (i, n), the i-th of n processes.
    """

    def __init__(
        self, material: Material, recipe: Recipe, device: torch.device, part: tuple[int, int] = (0, 1)
    ) -> None:
        self.material, self.recipe, self.part, self.side = material, recipe, part, recipe.longest
        pairs = [*material.pairs, *material.rehearsal, *material.scenes]
        check_room(4 * self.side**2 * len(pairs), device)
        self.pixels = torch.empty(len(pairs), 4, self.side, self.side, dtype=torch.uint8, device=device)
        for i, pair in enumerate(pairs):
            self.pixels[i] = torch.from_numpy(squared(pair, self.side)).to(device)
        self.shapes = torch.tensor([pair.mask.shape for pair in pairs], dtype=torch.float32, device=device)
        self.rng = torch.Generator(device)

    def make_batch(self, plan: Plan, step: int) -> Batch:
        """The batch of a step, or this process's part of it, which the step alone decides."""
        side, size = plan.stage_at(step)
        size_hw = batch_shape(side, np.random.default_rng((self.recipe.seed, step)))
        seed = np.random.SeedSequence((self.recipe.seed, step, self.part[0])).generate_state(1, np.uint64)[0]
        self.rng.manual_seed(int(seed) >> 1)
        drawn = self._draw(size // self.part[1])
        x, shapes = self.pixels[drawn].float() / 255, self.shapes[drawn]
        changes = table(size_hw, self.material.pairs, self.material.scenes, strength(self.recipe, plan, step))
        canvas = x[:, :3], x[:, 3:], shapes
        for chance, other_scene in of(changes, OtherScene):
            canvas = self._into_scenes(canvas, chance, other_scene.paste)
        for chance, second in of(changes, SecondSubject):
            canvas = self._with_second(canvas, chance, second.paste)
        rgb, mask = self._place(canvas, changes)
        for kind, change in light.CHANGES.items():
            for chance, spec in of(changes, kind):
                rows = self._some(chance, len(rgb))
                if len(rows):
                    rgb[rows] = change(spec, rgb[rows], self.rng)
        return to_bytes(rgb), to_bytes(mask)

    def _draw(self, count: int) -> Tensor:
        """Which pictures: of the set, of what is rehearsed, or without a subject."""
        own, known, empty = len(self.material.pairs), len(self.material.rehearsal), len(self.material.scenes)
        drawn = self._integers(own, count)
        if empty:
            chosen = self._uniform(count) < self.recipe.empty
            drawn = torch.where(chosen, own + known + self._integers(empty, count), drawn)
        if known:
            drawn = torch.where(self._uniform(count) < self.recipe.rehearsed, own + self._integers(known, count), drawn)
        return drawn

    def _into_scenes(self, canvas: Canvas, chance: float, spec: Paste) -> Canvas:
        rgb, mask, shapes = canvas
        fit, shrunk, boxes = scene.fit_subjects(mask, shapes)
        rows = (fit & (self._uniform(len(rgb)) < chance)).nonzero()[:, 0]
        if len(rows):
            scenes = len(self.pixels) - 1 - self._integers(len(self.material.scenes), len(rows))
            ground = self.pixels[scenes, :3].float() / 255
            ground = torch.where(self._uniform(len(rows))[:, None, None, None] < 0.5, ground.flip(3), ground)
            subject = rgb[rows], shrunk[rows], shapes[rows], boxes[rows]
            shapes[rows] = self.shapes[scenes]
            rgb[rows], mask[rows] = scene.paste(
                spec, (ground, torch.zeros_like(mask[rows]), shapes[rows]), subject, self.rng
            )
        return rgb, mask, shapes

    def _with_second(self, canvas: Canvas, chance: float, spec: Paste) -> Canvas:
        rgb, mask, shapes = canvas
        rows = self._some(chance, len(rgb))
        others = self._integers(len(self.material.pairs), len(rows))
        x, own = self.pixels[others].float() / 255, self.shapes[others]
        fit, shrunk, boxes = scene.fit_subjects(x[:, 3:], own)
        rows = rows[fit]
        if len(rows):
            subject = x[fit, :3], shrunk[fit], own[fit], boxes[fit]
            rgb[rows], mask[rows] = scene.paste(spec, (rgb[rows], mask[rows], shapes[rows]), subject, self.rng)
        return rgb, mask, shapes

    def _place(self, canvas: Canvas, changes: Table) -> tuple[Tensor, Tensor]:
        rgb, mask, shapes = canvas
        windows = place.whole(len(rgb), rgb.device)
        flipped = torch.zeros(len(rgb), dtype=torch.bool, device=rgb.device)
        turns = torch.zeros(len(rgb), device=rgb.device)
        for chance, truncate in of(changes, Truncate):
            rows = self._some(chance, len(rgb))
            windows[rows] = place.truncate(truncate, mask[rows], self.rng)
        for chance, _ in of(changes, Flip):
            flipped = self._uniform(len(rgb)) < chance
        for chance, rotate in of(changes, Rotate):
            turns = place.angles(rotate, len(rgb), self.rng) * (self._uniform(len(rgb)) < chance)
        ((_, crop),) = of(changes, Crop)
        windows = place.crop(crop, mask, shapes, windows, self.rng)
        finer = 2 if min(crop.size_hw) * 1.5 < self.side else 1
        x = place.sample(torch.cat([rgb, mask], 1), windows, flipped, turns, crop.size_hw, finer)
        return x[:, :3], x[:, 3:]

    def _uniform(self, count: int) -> Tensor:
        return torch.rand(count, generator=self.rng, device=self.rng.device)

    def _integers(self, end: int, count: int) -> Tensor:
        return torch.randint(end, (count,), generator=self.rng, device=self.rng.device)

    def _some(self, chance: float, count: int) -> Tensor:
        return (self._uniform(count) < chance).nonzero()[:, 0]


def squared(pair: Pair, side: int) -> Bytes:
    """4 x side x side: the picture and its mask, stretched."""
    both = np.dstack([pair.rgb, pair.mask])
    shrinks = both.shape[0] * both.shape[1] > side * side
    both = as_bytes(cv2.resize(both, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))
    return np.ascontiguousarray(both.transpose(2, 0, 1))


def to_bytes(x: Tensor) -> Tensor:
    return (x * 255 + 0.5).clamp(0, 255).to(torch.uint8)


def check_room(needed: int, device: torch.device) -> None:
    """Raises UsageError where the network would be left less than half of a GPU's free memory. needed: in bytes."""
    if device.type == "cuda" and needed > (free := torch.cuda.mem_get_info(device)[0]) / 2:
        raise UsageError(
            f"the data takes {needed / 1e9:.1f} of the {free / 1e9:.1f} GB that are free on {device}: "
            "leave --augment device out, or lower `longest` in the recipe"
        )
