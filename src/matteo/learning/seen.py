"""What the frozen network makes of pictures: the inputs and targets of the heads, once for all and kept in a file.

Failures are what the quality head must learn, and training pictures hold few, so that some pictures are shown
spoiled: cut by the border, on other backgrounds, dark, noisy, blurred, pale, or hard JPEG.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from matteo.learning.arithmetic import bf16_is_faster, normalise
from matteo.learning.augment_place import Bytes, Crop, Flip, as_bytes, resize
from matteo.learning.augment_scene import OtherScene
from matteo.learning.data import Pair
from matteo.learning.evaluation.overlap import iou
from matteo.learning.jpeg import through_jpeg
from matteo.learning.kinds import kind_of
from matteo.learning.network import Network, upsample_like
from matteo.learning.verdict import KINDS, numbers_of, pooled

BATCH = 8
UNTOLD = -1


@dataclass(frozen=True)
class View:
    """A picture as shown to the network: rgb side x side x 3, mask side x side, uint8. kind: index of KINDS or UNTOLD.
    picture: its number, the same for all views of it."""

    rgb: Bytes
    mask: Bytes
    kind: int
    picture: int


@dataclass(frozen=True)
class Seen:
    """N views. inputs: N x (2C + NUMBERS), as `Verdict` puts them together; iou: N, with the truth, 1 where both are
    empty; kind: N, index of KINDS or UNTOLD; picture: N, the number of the picture it is a view of."""

    inputs: NDArray[np.float32]
    iou: NDArray[np.float32]
    kind: NDArray[np.int64]
    picture: NDArray[np.int64]

    def save(self, path: Path) -> None:
        np.savez(path, inputs=self.inputs.astype(np.float16), iou=self.iou, kind=self.kind, picture=self.picture)

    @classmethod
    def load(cls, path: Path) -> Seen:
        with np.load(path) as file:
            return cls(file["inputs"].astype(np.float32), file["iou"], file["kind"], file["picture"])


def spoil(rgb: Bytes, rng: np.random.Generator) -> Bytes:
    """One of the ways in which pictures are bad, at a random strength."""
    way = int(rng.integers(5))
    if way == 0:
        return as_bytes(cv2.GaussianBlur(rgb, (0, 0), rng.uniform(1, 4)))
    if way == 1:
        return through_jpeg(rgb, int(rng.integers(4, 25)))
    values = rgb.astype(np.float32)
    if way == 2:
        values = values.mean() + (values - values.mean()) * rng.uniform(0.1, 0.5)
    if way == 3:
        values *= rng.uniform(0.06, 0.4)
    strength = rng.uniform(8, 50) if way == 4 else rng.uniform(0, 8)
    values += rng.standard_normal(rgb.shape, np.float32) * strength
    return np.clip(values, 0, 255).astype(np.uint8)


def plain(pair: Pair, side: int) -> tuple[Bytes, Bytes]:
    return resize(pair.rgb, (side, side)), resize(pair.mask, (side, side))


def changed(pair: Pair, scenes: Sequence[Pair], side: int, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
    """At times on another background, cropped, at times across the subject, and mostly spoiled."""
    rgb, mask = pair.rgb, pair.mask
    if rng.random() < 0.3 and mask.any():
        rgb, mask = OtherScene(scenes)(rgb, mask, rng)
    rgb, mask = Crop((side, side), keep=float(rng.choice((0.3, 0.7))))(rgb, mask, rng)
    if rng.random() < 0.5:
        rgb, mask = Flip()(rgb, mask, rng)
    return (spoil(rgb, rng) if rng.random() < 0.6 else rgb), mask


def views_of(
    pairs: Iterable[tuple[str, Pair]], scenes: Sequence[Pair], *, side: int, shown: int, share_plain: float, seed: int
) -> Iterator[View]:
    """`shown` views of each (tar, pair), plain with the chance `share_plain`; where there are several, the first is."""
    for number, (tar, pair) in enumerate(pairs):
        kind = kind_of(tar, pair.key)
        for k in range(shown):
            rng = np.random.default_rng((seed, number, k))
            is_plain = rng.random() < share_plain or (shown > 1 and k == 0)
            rgb, mask = plain(pair, side) if is_plain else changed(pair, scenes, side, rng)
            yield View(rgb, mask, UNTOLD if kind is None else KINDS.index(kind), number)


def look_at(network: Network, views: Iterable[View]) -> Seen:
    """The network is taken as it is, in eval mode; batches are made ahead by one thread."""
    bf16 = bf16_is_faster(network)
    remaining = iter(views)
    inputs, ious, shown = [], [], []

    def group_of() -> list[View]:
        return list(islice(remaining, BATCH))

    with ThreadPoolExecutor(1) as ahead:
        upcoming = ahead.submit(group_of)
        while group := upcoming.result():
            upcoming = ahead.submit(group_of)
            seen, overlaps = _look(network, group, bf16)
            inputs.append(seen)
            ious.append(overlaps)
            shown += [(view.kind, view.picture) for view in group]
    kind, picture = np.array(shown, np.int64).T
    return Seen(np.concatenate(inputs), np.concatenate(ious), kind, picture)


@torch.inference_mode()
def _look(network: Network, group: list[View], bf16: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rgb = torch.from_numpy(np.stack([view.rgb for view in group])).permute(0, 3, 1, 2)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        maps, deep = network.look(normalise(rgb))
    maps, deep = [m.float() for m in maps], deep.float()
    inputs = torch.cat([numbers_of(maps), pooled(maps, deep)], 1)
    alpha = upsample_like(maps[-1], rgb)[:, 0].sigmoid().numpy()
    true = np.stack([view.mask for view in group]) > 127
    ious = [iou(given > 0.5, mask) for given, mask in zip(alpha, true, strict=True)]
    return inputs.numpy(), np.array(ious, np.float32)
