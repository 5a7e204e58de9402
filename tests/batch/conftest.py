"""Folders of small pictures, and a `make` that needs no network: the picture inverted, as PNG."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from matteo.batch.engine import Made
from matteo.batch.plan import Job

FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".gif": "GIF", ".bmp": "BMP"}

Tree = Callable[..., Path]


def picture(seed: int, form: str = "PNG") -> bytes:
    """A picture of its own for every seed."""
    held = io.BytesIO()
    Image.new("RGB", (8, 6), (seed * 37 % 256, seed * 91 % 256, seed % 256)).save(held, form)
    return held.getvalue()


def invert(job: Job, data: bytes) -> Made:
    held = io.BytesIO()
    with Image.open(io.BytesIO(data)) as source:
        ImageOps.invert(source.convert("RGB")).save(held, "PNG")
    return Made(held.getvalue(), {"width": source.width, "height": source.height, "confidence": 0.5})


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """tree("a.jpg", "sub/b.png") writes a picture for each name into `photos`; other suffixes are PNG inside."""

    def grow(*names: str, root: str = "photos") -> Path:
        folder = tmp_path / root
        for seed, name in enumerate(names):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture(seed, FORMATS.get(path.suffix.lower(), "PNG")))
        return folder

    return grow


def files_under(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
