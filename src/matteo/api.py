"""One call, one picture: `remove` and `alpha`, with one network kept for the whole process."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Unpack

from matteo.matting.treatment import Treatment
from matteo.models.table import DEFAULT, find
from matteo.picture.cutout import Cutout
from matteo.picture.image import Alpha
from matteo.picture.mask import MaskSource
from matteo.picture.read import Source
from matteo.remover import Remover
from matteo.selecting.hints import Hints

_removers: dict[str, Remover] = {}
_lock = threading.Lock()


def remove(
    source: Source,
    *,
    model: str | Path = DEFAULT,
    bgr: bool = False,
    mask: MaskSource | None = None,
    trimap: MaskSource | None = None,
    hints: Hints | None = None,
    key: str | None = None,
    foreground: bool = True,
    keep_source: bool = True,
    **treatment: Unpack[Treatment],
) -> Cutout:
    """The subject of one picture, without its background; see `Remover.remove` and `Treatment` for the arguments.

    The network is loaded when a picture first needs it and kept, so that a loop over this is no slower than one
    `Remover`. With a mask or a trimap of your own it is not needed.
    """
    return _remover(model).remove(
        source, bgr=bgr, mask=mask, trimap=trimap, hints=hints, key=key, foreground=foreground, keep_source=keep_source,
        **treatment,
    )  # fmt: skip


def alpha(
    source: Source,
    *,
    model: str | Path = DEFAULT,
    bgr: bool = False,
    mask: MaskSource | None = None,
    trimap: MaskSource | None = None,
    hints: Hints | None = None,
    key: str | None = None,
    **treatment: Unpack[Treatment],
) -> Alpha:
    """The matte alone: H x W float32 in [0, 1]."""
    return _remover(model).alpha(source, bgr=bgr, mask=mask, trimap=trimap, hints=hints, key=key, **treatment)


def _remover(model: str | Path) -> Remover:
    """The one kept for a name, or for an ONNX file wherever the working directory is; a new one where its card, which
    holds the checksum, has changed."""
    key = os.path.abspath(model) if Path(model).suffix == ".onnx" else str(model)
    card, _ = find(key)
    with _lock:
        kept = _removers.get(key)
        if kept is None or kept.card != card:
            kept = _removers[key] = Remover(key, load=False)
        return kept
