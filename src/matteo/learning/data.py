"""Pictures and masks in memory. WebDataset tars: `<key>.<picture>` beside `<key>.png`; pictures may stand alone."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

PICTURES = (".avif", ".jpg", ".jpeg", ".webp")


@dataclass(frozen=True)
class Pair:
    """rgb: H x W x 3 uint8. mask: H x W uint8, 255 = foreground."""

    key: str
    rgb: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def read_tar(path: Path) -> dict[str, dict[str, bytes]]:
    """{key: {suffix: bytes}} of the tar's files, in the tar's order. A suffix is all after the name's first dot."""
    members: dict[str, dict[str, bytes]] = {}
    with tarfile.open(path) as tar:
        for member in tar:
            if member.isfile():
                folder, _, name = member.name.rpartition("/")
                stem, _, suffix = name.partition(".")
                file = tar.extractfile(member)
                assert file is not None  # isfile() says so
                members.setdefault(f"{folder}/{stem}".lstrip("/"), {})["." + suffix] = file.read()
    return members


def decode(data: bytes, mode: str) -> NDArray[np.uint8]:
    with PilImage.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert(mode))


def shrink(array: NDArray[np.uint8], longest: int | None) -> NDArray[np.uint8]:
    height, width = array.shape[:2]
    if longest is None or max(height, width) <= longest:
        return array
    scale = longest / max(height, width)
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(array, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def pairs_of(
    path: Path, keep: Callable[[int], bool] = lambda index: True, longest: int | None = None
) -> Iterator[Pair]:
    """The pairs of a tar whose index `keep` takes, none larger than `longest` on its long side. Two threads decode."""
    chosen = [(key, files) for i, (key, files) in enumerate(read_tar(path).items()) if keep(i)]

    def load(item: tuple[str, dict[str, bytes]]) -> Pair:
        key, files = item
        picture = next(data for suffix, data in files.items() if suffix in PICTURES)
        rgb = shrink(decode(picture, "RGB"), longest)
        mask = shrink(decode(files[".png"], "L"), longest) if ".png" in files else np.zeros(rgb.shape[:2], np.uint8)
        return Pair(key, rgb, mask)

    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(load, chosen)


def is_held_out(index: int) -> bool:
    """Every 20th pair of a training tar is never trained on: it stands in for a test set in daily work."""
    return index % 20 == 0
